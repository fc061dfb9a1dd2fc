//! `unisono lab primary`: which node should propose, and how well simple measures tell.

#![allow(clippy::float_arithmetic, reason = "measurements are not agreed on")]

use lab::parallel::{self, processors};
use lab::reliability::selection::{
    Candidate, MEASURES, best, candidates, choose, fit, random_links,
};
use lab::reliability::{Error, Links, Protocol, Setup, Thresholds};
use serde_json::{Map, Value, json};

use super::reliability::{links_of, refused};
use crate::args::PrimaryArgs;
use crate::failure::{Failure, Result};
use crate::output::{Report, Table};
use crate::stats::round;

/// Nodes where neither a matrix nor a number says how many.
const NODES_USUAL: usize = 7;

/// Measures the candidates of one network, or of many that are drawn.
pub(crate) fn run(args: &PrimaryArgs) -> Result<Report> {
    let matrix = args.matrix.as_deref().map(links_of).transpose()?;
    let nodes = args.nodes.or(matrix.as_ref().map(Links::n)).unwrap_or(NODES_USUAL);
    let thresholds = Thresholds::read(&args.thresholds).map_err(|error| refused(&error))?;
    let setup = Setup { faults: args.faults, thresholds, ..Setup::new(Protocol::Pbft, nodes) };
    let networks = match matrix {
        Some(links) => vec![candidates(&setup, &links).map_err(|error| refused(&error))?],
        None => drawn(args, &setup)?,
    };
    match &networks[..] {
        [only] => Ok(one(args, only)),
        _ => Ok(many(args, nodes, &networks)),
    }
}

fn drawn(args: &PrimaryArgs, setup: &Setup) -> Result<Vec<Vec<Candidate>>> {
    let [low, high] = args.range[..] else {
        return Err(Failure::usage("--range needs two reliabilities").next("write 0.7:1"));
    };
    let numbers: Vec<u64> = (0..args.experiments).collect();
    let threads = args.threads.unwrap_or_else(processors);
    let work = |&number: &u64| -> std::result::Result<Vec<Candidate>, Error> {
        candidates(setup, &random_links(setup.nodes, low, high, args.seed, number)?)
    };
    // The first one alone: what is impossible is impossible for all.
    work(&0).map_err(|error| refused(&error))?;
    let all =
        parallel::map(&numbers, threads, work).into_iter().collect::<std::result::Result<_, _>>();
    all.map_err(|error| refused(&error))
}

fn one(args: &PrimaryArgs, nodes: &[Candidate]) -> Report {
    let (chosen, best_node, loss) = loss(nodes);
    let list: Vec<Value> = nodes.iter().map(measures).collect();
    let value = json!({
        "nodes": nodes.len(), "seed": args.seed, "chosen": chosen, "best": best_node, "loss": loss,
        "candidates": list,
    });
    let mut table = Table::new([
        "NODE",
        "REACH",
        "WEIGHTED",
        "INDEX",
        "BLEND",
        "BETWEENNESS",
        "COHORT",
        "SUCCESS",
    ]);
    for node in nodes {
        let short = |value: f64| format!("{value:.6}");
        table.row([
            node.node.to_string(),
            short(node.reach),
            short(node.weighted_reach),
            short(node.index),
            short(node.blend),
            short(node.betweenness),
            short(node.cohort),
            short(node.success),
        ]);
    }
    let text = format!(
        "{}\nchosen: {chosen}, best: {best_node}, which is {loss:.6} likelier to succeed\n",
        table.render()
    );
    Report::new(value, text)
}

fn many(args: &PrimaryArgs, nodes: usize, networks: &[Vec<Candidate>]) -> Report {
    let success: Vec<f64> = networks.iter().flatten().map(|node| node.success).collect();
    let mut table = Table::new([
        "MEASURE",
        "SPEARMAN",
        "R2",
        "RMSE",
        "ISOTONIC R2",
        "ISOTONIC RMSE",
        "BEST FOUND",
    ]);
    let mut items = Vec::with_capacity(MEASURES.len());
    for (name, of) in MEASURES {
        let values: Vec<f64> = networks.iter().flatten().map(of).collect();
        let fit = fit(&values, &success);
        let found =
            networks.iter().filter(|nodes| best(nodes, of) == best(nodes, |node| node.success));
        let share = found.count() as f64 / networks.len() as f64;
        let short = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
        };
        table.row([
            name.to_owned(),
            short(fit.spearman),
            short(fit.r2),
            short(Some(fit.rmse)),
            short(fit.isotonic_r2),
            short(Some(fit.isotonic_rmse)),
            short(Some(share)),
        ]);
        items.push(json!({
            "measure": name, "spearman": fit.spearman, "r2": fit.r2, "rmse": fit.rmse,
            "isotonic_r2": fit.isotonic_r2, "isotonic_rmse": fit.isotonic_rmse, "best_found": share,
        }));
    }
    let losses: Vec<f64> = networks.iter().map(|nodes| loss(nodes).2).collect();
    let loss_mean = losses.iter().sum::<f64>() / losses.len() as f64;
    let value = json!({
        "nodes": nodes, "seed": args.seed, "experiments": networks.len(), "range": args.range,
        "loss_mean": round(loss_mean, 9), "measures": items,
    });
    Report::new(
        value,
        format!("{}\nthe choice loses {loss_mean:.6} of success on average\n", table.render()),
    )
}

/// Who is chosen, who is best, and what lies between.
fn loss(nodes: &[Candidate]) -> (usize, usize, f64) {
    let chosen = choose(nodes).unwrap_or(0);
    let best_node = best(nodes, |node| node.success).unwrap_or(0);
    let success = |node: usize| nodes.get(node).map_or(0.0, |node| node.success);
    (chosen, best_node, success(best_node) - success(chosen))
}

fn measures(node: &Candidate) -> Value {
    let mut value: Map<String, Value> =
        MEASURES.iter().map(|(name, of)| ((*name).to_owned(), json!(of(node)))).collect();
    value.insert("node".to_owned(), json!(node.node));
    value.insert("weight".to_owned(), json!(node.weight));
    value.insert("prepared_min".to_owned(), json!(node.prepared_min));
    value.insert("prepared_top".to_owned(), json!(node.prepared_top));
    value.insert("success".to_owned(), json!(node.success));
    Value::Object(value)
}
