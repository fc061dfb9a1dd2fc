/// Plain aligned columns: no borders, numbers to the right.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }
    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(Vec::from(cells));
    }
    /// The lines.
    pub(crate) fn render(&self) -> String {
        let columns = self.header.len();
        let width = |column: usize| {
            let cells =
                self.rows.iter().filter_map(|row| row.get(column)).chain(self.header.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let to_right: Vec<bool> = (0..columns).map(|column| self.is_numeric(column)).collect();
        let line = |cells: &[String]| {
            let padded =
                cells.iter().zip(&widths).zip(&to_right).map(|((cell, &width), &right)| {
                    if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        std::iter::once(&self.header)
            .chain(&self.rows)
            .map(|cells| line(cells))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn is_numeric(&self, column: usize) -> bool {
        let plain = |cell: &String| {
            cell.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '%'))
        };
        !self.rows.is_empty() && self.rows.iter().filter_map(|row| row.get(column)).all(plain)
    }
}

/// Names and values under each other.
pub(crate) fn pairs(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines = rows.iter().map(|(name, value)| format!("{name:<width$}  {value}"));
    lines.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
