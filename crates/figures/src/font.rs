//! How wide text is in Helvetica, which PDF readers have and SVG readers have something like.

/// Widths in thousandths of the size, from the space to the tilde (Adobe's font metrics).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/// The width of a text in points.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let thousandths: u32 = text
        .chars()
        .map(|c| {
            let index = (c as usize).wrapping_sub(32);
            u32::from(WIDTHS.get(index).copied().unwrap_or(600))
        })
        .sum();
    f64::from(thousandths) * size / 1_000.0
}

/// The room that a text needs where a reader of SVG has no Helvetica and takes a wider face.
pub(crate) fn room(text: &str, size: f64) -> f64 {
    1.18 * width(text, size)
}

/// Breaks a text into lines no wider than `width_max`, where it has spaces to do so.
pub(crate) fn wrap(text: &str, size: f64, width_max: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if room(line, size) + room(word, size) + 0.4 * size <= width_max => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text in the encoding of PDF's built-in fonts; what that does not have becomes a question mark.
pub(crate) fn win_ansi(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| match c {
            ' '..='~' => c as u8,
            '\u{a0}'..='\u{ff}' => c as u32 as u8,
            '\u{2013}' => 150,
            '\u{2014}' => 151,
            '\u{2018}' => 145,
            '\u{2019}' => 146,
            '\u{201c}' => 147,
            '\u{201d}' => 148,
            _ => b'?',
        })
        .collect()
}
