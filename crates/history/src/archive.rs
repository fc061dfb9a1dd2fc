//! A chain in a folder of compressed files: to be kept elsewhere, and to be restored from.
//!
//! A file of the folder, a segment, holds up to [`SEGMENT_BLOCKS`] whole blocks; the manifest names every segment with
//! the digest of its bytes. Both are written to the side, synced and renamed, the manifest last: whatever is cut short
//! leaves the archive as it was.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use codec::{Decode, Encode, record};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ledger::{
    Batch, Block, By, Genesis, History, HistoryError, Lineage, Outline, Piece, Place, Tip,
};
use types::limits::{BATCH_BYTES_MAX, BLOCK_BATCHES_MAX};
use types::{Digest, Height};

/// Most blocks of a segment.
pub const SEGMENT_BLOCKS: usize = 1_000;
/// A segment ends with the block that brings it to so many bytes before compression.
pub const SEGMENT_BYTES: usize = 8 * 1024 * 1024;
/// Most bytes that a segment can have before compression: one block more than fits.
const SEGMENT_BYTES_MAX: u64 = (SEGMENT_BYTES + 2 * BLOCK_BATCHES_MAX * BATCH_BYTES_MAX) as u64;
/// Longest manifest that is read.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;
const MANIFEST: &str = "manifest";
const MAGIC: &[u8] = b"unisono-archive/1\n";

/// What an archive holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    /// The chain's genesis.
    pub genesis: Genesis,
    /// How the validators of the last block follow from it.
    pub lineage: Lineage,
    /// The segments, lowest first, without gaps from the first block on.
    pub segments: Vec<SegmentRow>,
}
record!(Manifest { genesis: Genesis, lineage: Lineage, segments: Vec<SegmentRow> });

/// A segment, as the manifest has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentRow {
    /// The height of its first block.
    pub first: Height,
    /// The height of its last block.
    pub last: Height,
    /// The hash of its last block.
    pub tip: Digest,
    /// The length of its file in bytes.
    pub bytes: u64,
    /// The digest of the file's bytes.
    pub digest: Digest,
}
record!(SegmentRow { first: Height, last: Height, tip: Digest, bytes: u64, digest: Digest });

impl SegmentRow {
    /// The name of its file.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:012}-{:012}.seg", self.first.get(), self.last.get())
    }
}

/// An archive. Looking a transaction up reads it from the first segment on; a block by its height reads one segment.
#[derive(Debug)]
pub struct Archive {
    folder: PathBuf,
    manifest: Manifest,
    /// The segment that was read last, or why it could not be.
    last_read: Mutex<Option<(Height, Blocks)>>,
    /// Blocks that come from elsewhere in the place of a segment that cannot be read, from its first on.
    mending: Vec<Block>,
}

type Blocks = Result<Arc<Vec<Block>>, HistoryError>;

fn unavailable(path: &Path, error: &io::Error) -> HistoryError {
    HistoryError::Unavailable { what: format!("{}: {error}", path.display()) }
}

impl Archive {
    /// Opens an archive, and makes it where a genesis is given and there is none.
    ///
    /// # Errors
    /// Where there is none, its manifest is damaged, or it is of another chain.
    pub fn open(folder: &Path, genesis: Option<&Genesis>) -> Result<Self, HistoryError> {
        let path = folder.join(MANIFEST);
        let manifest = match (path.is_file(), genesis) {
            (true, _) => read_manifest(&path)?,
            (false, Some(genesis)) => {
                let (genesis, lineage) = (genesis.clone(), Lineage::default());
                Manifest { genesis, lineage, segments: Vec::new() }
            }
            (false, None) => {
                let what = format!("there is no archive in {}", folder.display());
                return Err(HistoryError::Unavailable { what });
            }
        };
        let found = manifest.genesis.chain_id();
        if let Some(wanted) = genesis.map(Genesis::chain_id).filter(|wanted| *wanted != found) {
            return Err(HistoryError::WrongChain { found, wanted });
        }
        let (folder, mending) = (folder.to_owned(), Vec::new());
        Ok(Self { folder, manifest, last_read: Mutex::new(None), mending })
    }
    /// What it holds.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn row_of(&self, height: Height) -> Option<&SegmentRow> {
        let at = self.manifest.segments.partition_point(|row| row.last < height);
        self.manifest.segments.get(at).filter(|row| row.first <= height)
    }
    /// Reads a segment, whose bytes must have the digest that the manifest names.
    fn read(&self, row: &SegmentRow) -> Blocks {
        let mut last = self.last_read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, blocks)) = last.as_ref().filter(|(first, _)| *first == row.first) {
            return blocks.clone();
        }
        let blocks = self.read_anew(row);
        *last = Some((row.first, blocks.clone()));
        blocks
    }
    fn read_anew(&self, row: &SegmentRow) -> Blocks {
        let path = self.folder.join(row.name());
        let corrupt = |what: String| {
            let file = path.display();
            let (first, end) = (row.first, row.last);
            let what = format!("the file {file} (blocks {first} to {end}): {what}");
            HistoryError::corrupt(row.first, what)
        };
        let bytes = read_file(&path, row.bytes).map_err(|error| {
            let gone = [io::ErrorKind::NotFound, io::ErrorKind::UnexpectedEof];
            let is_gone = gone.contains(&error.kind());
            if is_gone { corrupt(error.to_string()) } else { unavailable(&path, &error) }
        })?;
        if crypto::hash("unisono-segment", &bytes) != row.digest {
            return Err(corrupt("its digest is not the one in the manifest".to_owned()));
        }
        let blocks = unpack(&bytes).map_err(corrupt)?;
        let heights = (row.first.get()..=row.last.get()).map(Height::new);
        if !blocks.iter().map(|block| block.header.height).eq(heights) {
            return Err(corrupt("it holds other blocks".to_owned()));
        }
        Ok(Arc::new(blocks))
    }
    fn find(&self, height: Height) -> Result<Option<Block>, HistoryError> {
        let Some(row) = self.row_of(height) else { return Ok(None) };
        let at = usize::try_from(height.get() - row.first.get()).unwrap_or(usize::MAX);
        Ok(self.read(row)?.get(at).cloned())
    }
    fn write_segment(&self, blocks: &[Block]) -> io::Result<SegmentRow> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
            return Err(io::Error::other("a segment holds a block at least"));
        };
        let bytes = pack(blocks)?;
        let row = SegmentRow {
            first: first.header.height,
            last: last.header.height,
            tip: last.header.hash(),
            bytes: bytes.len() as u64,
            digest: crypto::hash("unisono-segment", &bytes),
        };
        write_file(&self.folder, &row.name(), &bytes)?;
        Ok(row)
    }
    fn write_manifest(&self, manifest: &Manifest) -> Result<(), HistoryError> {
        let body = manifest.to_bytes();
        let checksum = crypto::hash("unisono-manifest", &body);
        let bytes = [MAGIC, checksum.as_bytes(), &body].concat();
        let written = write_file(&self.folder, MANIFEST, &bytes);
        written.map_err(|error| unavailable(&self.folder.join(MANIFEST), &error))
    }
}

fn pack(blocks: &[Block]) -> io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&blocks.to_bytes())?;
    packer.finish()
}

fn unpack(bytes: &[u8]) -> Result<Vec<Block>, String> {
    let mut plain = Vec::new();
    let read = GzDecoder::new(bytes).take(SEGMENT_BYTES_MAX + 1).read_to_end(&mut plain);
    let length = read.map_err(|error| format!("it does not unpack: {error}"))?;
    if length as u64 > SEGMENT_BYTES_MAX {
        return Err(format!("it unpacks to more than {SEGMENT_BYTES_MAX} bytes"));
    }
    Vec::from_bytes(&plain).map_err(|error| format!("it holds no blocks: {error}"))
}

fn read_manifest(path: &Path) -> Result<Manifest, HistoryError> {
    let corrupt = |what: &str| {
        let what = format!("the manifest {}: {what}", path.display());
        HistoryError::Corrupt { height: None, what }
    };
    let length = fs::metadata(path).map_err(|error| unavailable(path, &error))?.len();
    if length > MANIFEST_BYTES_MAX {
        return Err(corrupt("it is too long to be one"));
    }
    let bytes = read_file(path, length).map_err(|error| unavailable(path, &error))?;
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("it does not begin as one"))?;
    let (checksum, body) =
        rest.split_first_chunk::<32>().ok_or_else(|| corrupt("it ends too early"))?;
    if crypto::hash("unisono-manifest", body).as_bytes() != checksum {
        return Err(corrupt("its checksum does not fit"));
    }
    let manifest = Manifest::from_bytes(body).map_err(|error| corrupt(&error.to_string()))?;
    let mut next = Height::new(1);
    for row in &manifest.segments {
        if row.first != next || row.last < row.first {
            return Err(corrupt("its segments leave blocks out"));
        }
        next = row.last.next();
    }
    Ok(manifest)
}

/// Reads a file that must have a length.
fn read_file(path: &Path, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    if found != length {
        let what = format!("it has {found} bytes instead of {length}");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file to the side and puts it in its place once it is durable.
fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let side = folder.join(format!("{name}.new"));
    let mut file = File::create(&side)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&side, folder.join(name))?;
    File::open(folder)?.sync_all()
}

impl History for Archive {
    fn genesis(&self) -> &Genesis {
        &self.manifest.genesis
    }
    fn tip(&self) -> Result<Tip, HistoryError> {
        let last = self.manifest.segments.last();
        Ok(last.map_or(Tip::EMPTY, |row| Tip { height: row.last, hash: row.tip, ..Tip::EMPTY }))
    }
    fn put(&mut self, _tip: &Tip, pieces: &[Piece]) -> Result<(), HistoryError> {
        let mut manifest = self.manifest.clone();
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        let write = |blocks: &mut Vec<Block>| {
            let written = self.write_segment(&std::mem::take(blocks));
            written.map_err(|error| unavailable(&self.folder, &error))
        };
        for piece in pieces {
            let height = piece.outline.header.height;
            let block = piece.outline.clone().with(piece.batches.clone());
            let block = block.map_err(|why| HistoryError::corrupt(height, why))?;
            bytes += block.batches.iter().map(|batch| batch.bytes().len()).sum::<usize>();
            blocks.push(block);
            if blocks.len() >= SEGMENT_BLOCKS || bytes >= SEGMENT_BYTES {
                manifest.segments.push(write(&mut blocks)?);
                bytes = 0;
            }
        }
        if !blocks.is_empty() {
            manifest.segments.push(write(&mut blocks)?);
        }
        self.write_manifest(&manifest)?;
        self.manifest = manifest;
        Ok(())
    }
    fn outline(&self, height: Height) -> Result<Option<Outline>, HistoryError> {
        Ok(self.find(height)?.map(|block| Outline::of(&block)))
    }
    fn batches(&self, height: Height) -> Result<Option<Vec<Arc<Batch>>>, HistoryError> {
        Ok(self.find(height)?.map(|block| block.batches))
    }
    fn height_of(&self, hash: &Digest) -> Result<Option<Height>, HistoryError> {
        // Whoever asks for many has read the segment that is in memory.
        let read = self.last_read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let found = |blocks: &[Block]| {
            let found = blocks.iter().find(|block| block.header.hash() == *hash);
            found.map(|block| block.header.height)
        };
        if let Some(height) = read.and_then(|(_, blocks)| found(&blocks.ok()?)) {
            return Ok(Some(height));
        }
        for row in &self.manifest.segments {
            if let Some(height) = found(&self.read(row)?) {
                return Ok(Some(height));
            }
        }
        Ok(None)
    }
    fn place(&self, id: &Digest) -> Result<Option<Place>, HistoryError> {
        for row in &self.manifest.segments {
            for block in self.read(row)?.iter() {
                let ids = block.batches.iter().flat_map(|batch| batch.ids());
                if let Some((_, index)) = ids.zip(0..).find(|(found, _)| *found == id) {
                    return Ok(Some(Place { height: block.header.height, index }));
                }
            }
        }
        Ok(None)
    }
    fn places(
        &self,
        by: &By,
        after: Option<Place>,
        count_max: usize,
    ) -> Result<Vec<Place>, HistoryError> {
        let from = after.map_or(Height::ZERO, |after| after.height);
        let mut places = Vec::new();
        for row in self.manifest.segments.iter().filter(|row| row.last >= from) {
            for block in self.read(row)?.iter() {
                let height = block.header.height;
                for ((_, tx), index) in block.transactions().zip(0..) {
                    let place = Place { height, index };
                    if places.len() >= count_max {
                        return Ok(places);
                    }
                    if after.is_none_or(|after| place > after) && by.is_met(&tx) {
                        places.push(place);
                    }
                }
            }
        }
        Ok(places)
    }
    fn prune(&mut self, _up_to: Height) -> Result<(), HistoryError> {
        Err(HistoryError::ReadOnly)
    }
    fn replace(&mut self, piece: &Piece) -> Result<(), HistoryError> {
        let height = piece.outline.header.height;
        let row = *self.row_of(height).ok_or(HistoryError::missing(height))?;
        let block = piece.outline.clone().with(piece.batches.clone());
        let block = block.map_err(|why| HistoryError::corrupt(height, why))?;
        let mut blocks = match self.read(&row) {
            Ok(blocks) => blocks.as_ref().clone(),
            Err(_) => return self.mend_segment(&row, block),
        };
        let at = usize::try_from(height.get() - row.first.get()).unwrap_or(usize::MAX);
        *blocks.get_mut(at).ok_or(HistoryError::missing(height))? = block;
        self.rewrite(row.first, &blocks)
    }
    fn lineage(&self) -> Result<Lineage, HistoryError> {
        Ok(self.manifest.lineage.clone())
    }
    fn set_lineage(&mut self, lineage: &Lineage) -> Result<(), HistoryError> {
        let manifest = Manifest { lineage: lineage.clone(), ..self.manifest.clone() };
        self.write_manifest(&manifest)?;
        self.manifest = manifest;
        Ok(())
    }
}

impl Archive {
    /// Takes the blocks of a segment that cannot be read one after the other, and writes it once they are all there.
    fn mend_segment(&mut self, row: &SegmentRow, block: Block) -> Result<(), HistoryError> {
        let height = block.header.height;
        if height == row.first {
            self.mending.clear();
        }
        let next = self.mending.last().map_or(row.first, |last| last.header.height.next());
        if height != next {
            let what =
                "a segment that cannot be read is mended as a whole, from its first block on";
            return Err(HistoryError::corrupt(height, what));
        }
        self.mending.push(block);
        if height < row.last {
            return Ok(());
        }
        let blocks = std::mem::take(&mut self.mending);
        self.rewrite(row.first, &blocks)
    }
    /// Puts other blocks in the place of a segment's.
    fn rewrite(&mut self, first: Height, blocks: &[Block]) -> Result<(), HistoryError> {
        let mut manifest = self.manifest.clone();
        let row = manifest.segments.iter_mut().find(|row| row.first == first);
        let row = row.ok_or(HistoryError::missing(first))?;
        let heights = (row.first.get()..=row.last.get()).map(Height::new);
        let is_whole = blocks.iter().map(|block| block.header.height).eq(heights);
        if !is_whole || blocks.last().is_none_or(|block| block.header.hash() != row.tip) {
            let what = "these are not the blocks of the segment";
            return Err(HistoryError::corrupt(first, what));
        }
        let written = self.write_segment(blocks);
        *row = written.map_err(|error| unavailable(&self.folder, &error))?;
        self.write_manifest(&manifest)?;
        self.manifest = manifest;
        *self.last_read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}
