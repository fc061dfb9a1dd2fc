use std::io::Read;
use std::sync::atomic::AtomicBool;

use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;

use crate::experiments::{Folder, OnError, Plan, Scenario, run, verify};

const SMALL: &str = "name = \"small\"\nquestion = \"?\"\nseed = 7\nrepeats = 2\n[base]\ndecisions = 4\n\
                     [grid]\nprotocol = [\"pbft\", \"raft\"]\n";

fn text(field: &Field) -> String {
    if let Field::Str(text) = field { text.clone() } else { field.to_string() }
}

#[test]
fn columns_hold_what_the_text_holds_and_the_folder_is_verified_with_them() {
    let runs = tempfile::tempdir().unwrap();
    let plan = Plan::new(Scenario::read(SMALL, None, &[]).unwrap()).unwrap();
    let folder = Folder::of(runs.path(), &plan);
    let threads = std::num::NonZeroUsize::MIN;
    run(&plan, &folder, (threads, OnError::Keep), &[], &AtomicBool::new(false), &|_| {}).unwrap();
    verify(&folder, &plan, 1_000_000, threads).unwrap();
    let sums = std::fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    assert!(sums.contains("  samples.parquet\n"), "{sums}");

    let mut csv = String::new();
    let zipped = std::fs::File::open(folder.path().join("samples.csv.gz")).unwrap();
    flate2::read::GzDecoder::new(zipped).read_to_string(&mut csv).unwrap();
    let columns = std::fs::File::open(folder.path().join("samples.parquet")).unwrap();
    let reader = SerializedFileReader::new(columns).unwrap();
    let rows: Vec<String> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            row.unwrap()
                .get_column_iter()
                .map(|(_, field)| text(field))
                .collect::<Vec<_>>()
                .join(",")
        })
        .collect();
    assert!(rows.len() >= 16, "{}", rows.len());
    assert_eq!(rows, csv.lines().skip(1).collect::<Vec<_>>());
}
