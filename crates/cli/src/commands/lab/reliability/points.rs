//! The points of a sweep: every combination of the values that were given.

use std::path::Path;

use lab::reliability::{Links, Protocol, Setup, Thresholds, Topology};

use super::refused;
use crate::args::{Engine, ReliabilityArgs};
use crate::failure::{Explain, Failure, Result};

/// Most points of a sweep.
const POINTS_MAX: usize = 10_000;
/// Most bytes of a file of links.
const FILE_MAX: u64 = 64 << 20;

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) setup: Setup,
    pub(super) p: f64,
    pub(super) topology: String,
    pub(super) links: Links,
}

/// What one point has instead of what the flags say.
#[derive(Clone, Debug)]
struct Choice {
    p: f64,
    nodes: usize,
    faults: Option<usize>,
    silent: usize,
    topology: String,
}

/// All points, in the order of the sweeps: the last one changes fastest.
pub(super) fn of(args: &ReliabilityArgs) -> Result<Vec<Point>> {
    let mut choices = vec![Choice {
        p: args.p,
        nodes: args.nodes,
        faults: args.faults,
        silent: args.silent,
        topology: args.topology.clone(),
    }];
    for sweep in &args.sweep {
        let (key, values) = sweep.split_once('=').ok_or_else(|| wrong(sweep, "no `=` in it"))?;
        let values = listed(sweep, values)?;
        if choices.len().saturating_mul(values.len()) > POINTS_MAX {
            return Err(wrong(sweep, &format!("more than {POINTS_MAX} points in all")));
        }
        let mut more = Vec::with_capacity(choices.len() * values.len());
        for choice in &choices {
            for value in &values {
                more.push(choice.with(sweep, key, value)?);
            }
        }
        choices = more;
    }
    let files = Files::read(args)?;
    choices.into_iter().map(|choice| point(args, &files, choice)).collect()
}

impl Choice {
    fn with(&self, sweep: &str, key: &str, value: &str) -> Result<Self> {
        let mut changed = self.clone();
        let count =
            || value.parse().map_err(|_| wrong(sweep, &format!("`{value}` is no number of nodes")));
        match key {
            "p" => {
                changed.p =
                    value.parse().map_err(|_| wrong(sweep, &format!("`{value}` is no number")))?;
            }
            "nodes" | "n" => changed.nodes = count()?,
            "faults" | "f" => changed.faults = Some(count()?),
            "silent" | "byzantine" => changed.silent = count()?,
            "topology" => changed.topology = value.to_owned(),
            _ => return Err(wrong(sweep, "it sweeps p, nodes, faults, silent or topology")),
        }
        Ok(changed)
    }
}

/// `4,7,10`, or `0.5:1:0.05` from, to and by.
fn listed(sweep: &str, values: &str) -> Result<Vec<String>> {
    let parts: Vec<&str> = values.split(':').collect();
    let [from, to, by] = parts[..] else {
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match values.iter().any(String::is_empty) {
            true => Err(wrong(sweep, "a value is missing")),
            false => Ok(values),
        };
    };
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    let (Some(from), Some(to), Some(by)) = (number(from), number(to), number(by)) else {
        return Err(wrong(sweep, "a range is three numbers: from:to:by"));
    };
    let steps = (to - from) / by;
    if !(0.0..POINTS_MAX as f64).contains(&steps) || by == 0.0 {
        return Err(wrong(sweep, &format!("a range has 1 to {POINTS_MAX} values")));
    }
    // Rounded, so that 0.1 three times is 0.3.
    let value = |step: usize| ((from + by * step as f64) * 1e12).round() / 1e12;
    Ok((0..=(steps + 1e-9) as usize).map(|step| value(step).to_string()).collect())
}

struct Files {
    matrix: Option<Links>,
    graph: Option<Vec<(usize, usize)>>,
}

impl Files {
    fn read(args: &ReliabilityArgs) -> Result<Self> {
        let matrix = args.matrix.as_deref().map(links_of).transpose()?;
        let graph = match &args.graph {
            Some(path) => Some(edges(path, &text(path)?)?),
            None => None,
        };
        Ok(Self { matrix, graph })
    }
}

/// The links in a file.
pub(crate) fn links_of(path: &Path) -> Result<Links> {
    Links::from_text(&text(path)?)
        .map_err(|error| Failure::usage(format!("{} holds no links", path.display())).why(error))
}

fn text(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).explain(|| format!("cannot read {}", path.display()))?.len();
    if size > FILE_MAX {
        let why = format!("{size} bytes, at most {FILE_MAX} are read");
        return Err(Failure::usage(format!("{} is too large", path.display())).why(why));
    }
    std::fs::read_to_string(path).explain(|| format!("cannot read {}", path.display()))
}

fn edges(path: &Path, text: &str) -> Result<Vec<(usize, usize)>> {
    let lines = text.lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, line)| {
            let ends: Vec<Option<usize>> = line
                .split([',', ' ', '\t'])
                .filter(|field| !field.is_empty())
                .map(|field| field.parse().ok())
                .collect();
            match ends[..] {
                [Some(a), Some(b)]
                    if a < lab::reliability::MATRIX_MAX && b < lab::reliability::MATRIX_MAX =>
                {
                    Ok((a, b))
                }
                _ => Err(Failure::usage(format!("{} is no graph", path.display()))
                    .why(format!("line {} is `{line}`, not two nodes", at + 1))
                    .next("write one pair of neighbours in each line, such as `0 1`")),
            }
        })
        .collect()
}

fn point(args: &ReliabilityArgs, files: &Files, choice: Choice) -> Result<Point> {
    let fail = |error| refused(&error);
    let protocol = Protocol::named(&args.protocol).map_err(fail)?;
    let nodes = files.matrix.as_ref().map_or(choice.nodes, Links::n);
    let core = args.engine.contains(&Engine::Core) && nodes > 0;
    let leader = match args.leader {
        Some(leader) => leader,
        None if core => lab::reliability::leader(protocol, nodes).map_err(fail)?,
        None => 0,
    };
    let availability = match args.availability[..] {
        [one] => vec![one; nodes],
        _ => args.availability.clone(),
    };
    let (links, topology) = match (&files.matrix, &files.graph) {
        (Some(matrix), _) => (matrix.clone(), "matrix".to_owned()),
        (None, Some(edges)) => {
            let graph = Topology::Graph { edges: edges.clone() };
            (Links::new(nodes, choice.p, &graph).map_err(fail)?, "graph".to_owned())
        }
        (None, None) => {
            let topology = Topology::named(&choice.topology, args.arity).map_err(fail)?;
            (Links::new(nodes, choice.p, &topology).map_err(fail)?, choice.topology)
        }
    };
    let setup = Setup {
        faults: choice.faults,
        thresholds: Thresholds::read(&args.thresholds).map_err(fail)?,
        leader,
        silent: choice.silent,
        availability,
        ..Setup::new(protocol, nodes)
    };
    Ok(Point { setup, p: choice.p, topology, links })
}

fn wrong(sweep: &str, why: &str) -> Failure {
    Failure::usage(format!("--sweep cannot be `{sweep}`"))
        .why(why)
        .next("write `p=0.5:1:0.05`, `nodes=4,7,10` or `topology=full,ring`")
}
