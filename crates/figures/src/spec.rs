//! A figure as data: what a drawing is made of, and what it carries in its metadata.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most points, cells, groups or messages in one figure.
pub(crate) const ITEMS_MAX: usize = 200_000;
/// Most lines, groups, rows or replicas beside each other.
pub(crate) const PARTS_MAX: usize = 256;

/// One figure.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What it shows, in a few words.
    pub title: String,
    /// What a reader must know: how many runs, which intervals, which seed.
    pub caption: String,
    /// How large it is in print.
    pub size: Size,
    /// Where the data come from.
    pub source: Option<Source>,
    /// The data and how they are drawn.
    pub plot: Plot,
}

/// The width in a publication.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// One of two columns: 88 mm.
    Column,
    /// The whole page: 180 mm.
    Page,
}

/// The run that a figure was made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The fingerprint of the run's configuration.
    pub run: String,
    /// The figure's name in the run's folder.
    pub figure: String,
}

/// What is drawn.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plot {
    /// Lines over an axis: series with bands, cumulative distributions, curves with a residual panel.
    Lines(Lines),
    /// Groups beside each other: boxes or violins.
    Groups(Groups),
    /// A table of coloured numbers.
    Heat(Heat),
    /// Replicas, and the messages between them over time.
    SpaceTime(SpaceTime),
}

/// How an axis counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal steps are equally far apart.
    Linear,
    /// Equal factors are equally far apart; nothing below or at zero is drawn.
    Log,
}

/// One axis.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What it counts, with the unit.
    pub label: String,
    /// How it counts.
    pub scale: Scale,
    /// Where it begins, whatever the data.
    pub min: Option<f64>,
    /// Where it ends, whatever the data.
    pub max: Option<f64>,
}

impl Axis {
    /// A linear axis as wide as the data.
    #[must_use]
    pub fn linear(label: impl Into<String>) -> Self {
        Self { label: label.into(), scale: Scale::Linear, min: None, max: None }
    }
    /// A logarithmic axis as wide as the data.
    #[must_use]
    pub fn log(label: impl Into<String>) -> Self {
        Self { scale: Scale::Log, ..Self::linear(label) }
    }
    /// The same from one value to another.
    #[must_use]
    pub fn between(self, min: f64, max: f64) -> Self {
        Self { min: Some(min), max: Some(max), ..self }
    }
}

/// How one series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// A line with a mark at every point.
    Marked,
    /// A line only: theory, or so many points that marks would hide it.
    Plain,
    /// Steps, as a cumulative distribution has them.
    Steps,
    /// Marks only: measurements.
    Marks,
}

/// One series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// What it is.
    pub label: String,
    /// How it is drawn.
    pub style: Style,
    /// Pairs of x and y, by ascending x.
    pub points: Vec<[f64; 2]>,
    /// The lower and the upper bound at each point; empty where there are none.
    pub band: Vec<[f64; 2]>,
}

/// Lines over a common axis.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The lines.
    pub series: Vec<Series>,
    /// A panel under them with what theory leaves unexplained.
    pub residuals: Option<Residuals>,
}

/// The panel under a curve: measurement minus theory.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residuals {
    /// What it shows, with the unit.
    pub label: String,
    /// One series for each above that is compared; the colours are those of the labels above.
    pub series: Vec<Series>,
}

/// How groups are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupStyle {
    /// Box and whiskers (Tukey).
    Box,
    /// An estimated density, mirrored, with the quartiles.
    Violin,
}

/// One group of values.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// What it is.
    pub label: String,
    /// How many values.
    pub n: u64,
    /// Lower whisker, lower quartile, median, upper quartile, upper whisker.
    pub five: [f64; 5],
    /// The mean.
    pub mean: f64,
    /// The interval of the mean.
    pub mean_interval: Option<[f64; 2]>,
    /// Values beyond the whiskers.
    pub outliers: Vec<f64>,
    /// Places and densities, for violins.
    pub density: Vec<[f64; 2]>,
}

/// Groups beside each other.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// How they are drawn.
    pub style: GroupStyle,
    /// What tells them apart.
    pub x_label: String,
    /// The vertical axis.
    pub y: Axis,
    /// The groups, from left to right.
    pub groups: Vec<Group>,
}

/// A table of coloured numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heat {
    /// What the columns are.
    pub x_label: String,
    /// What the rows are.
    pub y_label: String,
    /// What the numbers are, with the unit.
    pub value_label: String,
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows' names, from the bottom up.
    pub rows: Vec<String>,
    /// For each row its numbers; none where nothing was measured.
    pub values: Vec<Vec<Option<f64>>>,
}

/// A message between two replicas.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The sender's place.
    pub from: u32,
    /// The receiver's place.
    pub to: u32,
    /// When it left.
    pub sent_us: u64,
    /// When it arrived; none where it was lost.
    pub arrived_us: Option<u64>,
    /// What it is.
    pub kind: String,
}

/// Something that happened at one replica.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// Whose place.
    pub replica: u32,
    /// When.
    pub at_us: u64,
    /// What, in a word.
    pub label: String,
}

/// Replicas and what passes between them: time runs to the right.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceTime {
    /// The replicas' names, from the top down.
    pub replicas: Vec<String>,
    /// The messages.
    pub messages: Vec<Message>,
    /// What happened besides.
    pub moments: Vec<Moment>,
}

/// Why a figure cannot be drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TooMuch {
    /// More of something than a figure may hold.
    Items {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        have: usize,
        /// How many there may be.
        max: usize,
    },
    /// A number that is infinite or none.
    NotFinite {
        /// Where it stands.
        what: &'static str,
    },
    /// Lists that belong together and are not equally long.
    Uneven {
        /// Which.
        what: &'static str,
    },
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Items { what, have, max } => {
                write!(f, "{have} {what} in one figure, at most {max} can be drawn")
            }
            Self::NotFinite { what } => write!(f, "a number of {what} is not finite"),
            Self::Uneven { what } => write!(f, "{what} are not equally many"),
        }
    }
}
impl std::error::Error for TooMuch {}

fn at_most(what: &'static str, have: usize, max: usize) -> Result<(), TooMuch> {
    if have > max { Err(TooMuch::Items { what, have, max }) } else { Ok(()) }
}
fn finite(what: &'static str, numbers: impl IntoIterator<Item = f64>) -> Result<(), TooMuch> {
    if numbers.into_iter().all(f64::is_finite) { Ok(()) } else { Err(TooMuch::NotFinite { what }) }
}
fn even(what: &'static str, is_even: bool) -> Result<(), TooMuch> {
    if is_even { Ok(()) } else { Err(TooMuch::Uneven { what }) }
}

impl Figure {
    /// Whether it can be drawn.
    pub(crate) fn check(&self) -> Result<(), TooMuch> {
        match &self.plot {
            Plot::Lines(lines) => lines.check(),
            Plot::Groups(groups) => groups.check(),
            Plot::Heat(heat) => heat.check(),
            Plot::SpaceTime(plot) => plot.check(),
        }
    }
}

fn check_axis(axis: &Axis) -> Result<(), TooMuch> {
    finite("an axis", axis.min.into_iter().chain(axis.max))
}

impl Lines {
    fn check(&self) -> Result<(), TooMuch> {
        check_axis(&self.x)?;
        check_axis(&self.y)?;
        let residuals = self.residuals.iter().flat_map(|panel| &panel.series);
        let all = || self.series.iter().chain(residuals.clone());
        at_most("series", all().count(), PARTS_MAX)?;
        at_most("points", all().map(|series| series.points.len()).sum(), ITEMS_MAX)?;
        for series in all() {
            finite("a series", series.points.iter().chain(&series.band).flatten().copied())?;
            let banded = series.band.is_empty() || series.band.len() == series.points.len();
            even("the points of a series and the bounds of its band", banded)?;
        }
        Ok(())
    }
}

impl Groups {
    fn check(&self) -> Result<(), TooMuch> {
        check_axis(&self.y)?;
        at_most("groups", self.groups.len(), PARTS_MAX)?;
        let sizes = self.groups.iter().map(|group| group.outliers.len() + group.density.len());
        at_most("values", sizes.sum(), ITEMS_MAX)?;
        self.groups.iter().try_for_each(|group| {
            let bounds = group.mean_interval.iter().chain(&group.density).flatten();
            let others = group.five.iter().chain(&group.outliers).chain([&group.mean]);
            finite("a group", bounds.chain(others).copied())
        })
    }
}

impl Heat {
    fn check(&self) -> Result<(), TooMuch> {
        at_most("rows", self.rows.len(), PARTS_MAX)?;
        at_most("columns", self.columns.len(), PARTS_MAX)?;
        let columns = self.columns.len();
        let fits = self.values.len() == self.rows.len()
            && self.values.iter().all(|row| row.len() == columns);
        even("the numbers of a heat map and its rows and columns", fits)?;
        finite("a heat map", self.values.iter().flatten().flatten().copied())
    }
}

impl SpaceTime {
    fn check(&self) -> Result<(), TooMuch> {
        let n = self.replicas.len();
        at_most("replicas", n, PARTS_MAX)?;
        at_most("messages", self.messages.len() + self.moments.len(), ITEMS_MAX)?;
        let known = |replica: u32| (replica as usize) < n;
        let all_known = self.messages.iter().all(|m| known(m.from) && known(m.to))
            && self.moments.iter().all(|moment| known(moment.replica));
        even("the replicas named by messages and those given", all_known)
    }
}
