//! Betweenness (Brandes 2001) over the most reliable ways: a link costs -ln of its reliability.

use crate::Links;

/// A link that never works is this bad, and no worse.
const LEAST: f64 = 1e-10;
/// Costs that differ by less are the same.
const SAME: f64 = 1e-12;

/// The share of all ordered pairs of other nodes whose most reliable ways lead through each node.
pub(super) fn betweenness(links: &Links) -> Vec<f64> {
    let n = links.n();
    let mut all = vec![0.0; n];
    for source in 0..n {
        let ways = Ways::from(links, source);
        let mut through = vec![0.0; n];
        for &node in ways.order.iter().rev() {
            for &before in &ways.before[node] {
                through[before] += ways.count[before] / ways.count[node] * (1.0 + through[node]);
            }
            if node != source {
                all[node] += through[node];
            }
        }
    }
    let pairs = (n.saturating_sub(1) * n.saturating_sub(2)).max(1) as f64;
    all.into_iter().map(|sum| sum / pairs).collect()
}

/// The best ways from one node to all others.
struct Ways {
    /// Nodes by ascending cost.
    order: Vec<usize>,
    /// How many best ways lead to each.
    count: Vec<f64>,
    /// The last but one node on them.
    before: Vec<Vec<usize>>,
}

impl Ways {
    fn from(links: &Links, source: usize) -> Self {
        let n = links.n();
        let mut cost = vec![f64::INFINITY; n];
        let mut ways =
            Self { order: Vec::with_capacity(n), count: vec![0.0; n], before: vec![Vec::new(); n] };
        (cost[source], ways.count[source]) = (0.0, 1.0);
        let mut open: Vec<usize> = (0..n).collect();
        while let Some(at) =
            (0..open.len()).min_by(|&a, &b| cost[open[a]].total_cmp(&cost[open[b]]))
        {
            let node = open.swap_remove(at);
            ways.order.push(node);
            for &to in &open {
                let next = cost[node] + (-(links.get(node, to).yes + LEAST).ln()).max(0.0);
                if next < cost[to] - SAME {
                    (cost[to], ways.count[to]) = (next, ways.count[node]);
                    ways.before[to] = vec![node];
                } else if next <= cost[to] + SAME {
                    ways.count[to] += ways.count[node];
                    ways.before[to].push(node);
                }
            }
        }
        ways
    }
}
