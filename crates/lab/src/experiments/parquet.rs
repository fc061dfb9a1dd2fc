//! Samples in columns, for tools that read Apache Parquet (feature `parquet`).

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::{Finished, Plan};

/// Its name in a run's folder.
pub(crate) const SAMPLES: &str = "samples.parquet";

/// Cells of one row group: each has 2,000 samples at most.
const CELLS_PER_GROUP: usize = 256;

/// The latencies of requests, one row each, with the columns of `samples.csv.gz`; the same cells are the same bytes.
pub(crate) fn samples(plan: &Plan, cells: &[Finished]) -> Result<Vec<u8>, ParquetError> {
    let mut bytes = Vec::new();
    // The writer's own name would change with its version.
    let properties = WriterProperties::builder().set_created_by("unisono".to_owned()).build();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, Arc::new(schema(plan)?), Arc::new(properties))?;
    for cells in cells.chunks(CELLS_PER_GROUP) {
        let mut group = writer.next_row_group()?;
        numbers(&mut group, cells, |cell, _| cell.cell as u64)?;
        for axis in &plan.axes {
            texts(&mut group, cells, |cell| cell.params.get(axis).map_or("", String::as_str))?;
        }
        numbers(&mut group, cells, |cell, _| cell.repeat.into())?;
        numbers(&mut group, cells, |cell, _| cell.seed)?;
        numbers(&mut group, cells, |cell, place| (place * cell.thinned_by) as u64)?;
        numbers(&mut group, cells, |cell, place| cell.latency_us[place])?;
        group.close()?;
    }
    writer.close()?;
    Ok(bytes)
}

fn schema(plan: &Plan) -> Result<Type, ParquetError> {
    let number = |name: &str| column(name, Physical::INT64, LogicalType::integer(64, false));
    let text = |name: &str| column(name, Physical::BYTE_ARRAY, LogicalType::String);
    let mut columns = vec![number("cell")?];
    for axis in &plan.axes {
        columns.push(text(axis)?);
    }
    for name in ["repeat", "seed", "request", "latency_us"] {
        columns.push(number(name)?);
    }
    Type::group_type_builder("samples").with_fields(columns).build()
}

fn column(name: &str, physical: Physical, logical: LogicalType) -> Result<Arc<Type>, ParquetError> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(logical))
        .build()
        .map(Arc::new)
}

/// Writes the next column: unsigned numbers, in the bits of the format's signed ones.
fn numbers(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    cells: &[Finished],
    of: impl Fn(&Finished, usize) -> u64,
) -> Result<(), ParquetError> {
    let of = &of;
    let rows =
        cells.iter().flat_map(|cell| (0..cell.latency_us.len()).map(move |place| of(cell, place)));
    let rows: Vec<i64> = rows.map(u64::cast_signed).collect();
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<Int64Type>().write_batch(&rows, None, None)?;
    column.close()
}

/// Writes the next column: the same text for all samples of a cell.
fn texts<'a>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    cells: &'a [Finished],
    of: impl Fn(&'a Finished) -> &'a str,
) -> Result<(), ParquetError> {
    let rows = cells
        .iter()
        .flat_map(|cell| std::iter::repeat_n(ByteArray::from(of(cell)), cell.latency_us.len()));
    let rows: Vec<ByteArray> = rows.collect();
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    column.typed::<ByteArrayType>().write_batch(&rows, None, None)?;
    column.close()
}

#[cfg(test)]
mod tests;
