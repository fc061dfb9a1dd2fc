//! How well one list of numbers foretells another.

/// How well a measure foretells a result.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fit {
    /// The rank correlation (Spearman), ties by mean ranks; none where either list has one value only.
    pub spearman: Option<f64>,
    /// The share of the variance that the best line explains; none where there is no variance.
    pub r2: Option<f64>,
    /// The root of the mean square of what the line leaves.
    pub rmse: f64,
    /// The same of the best ascending curve (isotonic regression).
    pub isotonic_r2: Option<f64>,
    /// The root of the mean square of what that leaves.
    pub isotonic_rmse: f64,
}

/// Holds a measure against a result, pair by pair; of lists of unequal length, what both have.
#[must_use]
pub fn fit(measure: &[f64], result: &[f64]) -> Fit {
    let n = measure.len().min(result.len());
    let (x, y) = (&measure[..n], &result[..n]);
    let curve = isotonic(x, y);
    let line = line(x, y);
    Fit {
        spearman: correlation(&ranks(x), &ranks(y)),
        r2: explained(y, &line),
        rmse: left(y, &line),
        isotonic_r2: explained(y, &curve),
        isotonic_rmse: left(y, &curve),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn spread(x: &[f64], y: &[f64]) -> f64 {
    let (mean_x, mean_y) = (mean(x), mean(y));
    x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
}

fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let both = (spread(x, x) * spread(y, y)).sqrt();
    (both > 0.0).then(|| (spread(x, y) / both).clamp(-1.0, 1.0))
}

/// From one on; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let below = values.iter().filter(|&&other| other < values[group[0]]).count();
        group.iter().for_each(|&at| ranks[at] = below as f64 + (group.len() as f64 + 1.0) / 2.0);
    }
    ranks
}

fn line(x: &[f64], y: &[f64]) -> Vec<f64> {
    let wide = spread(x, x);
    let slope = if wide > 0.0 { spread(x, y) / wide } else { 0.0 };
    let (mean_x, mean_y) = (mean(x), mean(y));
    x.iter().map(|x| mean_y + slope * (x - mean_x)).collect()
}

/// The ascending curve with the least squares: blocks of neighbours that descend are pooled until none does. Equal
/// measures have one value.
fn isotonic(x: &[f64], y: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let mut blocks: Vec<(f64, f64)> = Vec::new();
    for group in order.chunk_by(|&a, &b| x[a] == x[b]) {
        let mut block = (group.iter().map(|&at| y[at]).sum::<f64>(), group.len() as f64);
        while let Some(last) = blocks.pop_if(|last| last.0 / last.1 >= block.0 / block.1) {
            block = (block.0 + last.0, block.1 + last.1);
        }
        blocks.push(block);
    }
    let mut curve = vec![0.0; x.len()];
    let levels = blocks.into_iter().flat_map(|(sum, count)| vec![sum / count; count as usize]);
    order.into_iter().zip(levels).for_each(|(at, level)| curve[at] = level);
    curve
}

fn explained(y: &[f64], fitted: &[f64]) -> Option<f64> {
    let all = spread(y, y);
    let rest: f64 = y.iter().zip(fitted).map(|(y, fitted)| (y - fitted) * (y - fitted)).sum();
    (all > 0.0).then(|| 1.0 - rest / all)
}

fn left(y: &[f64], fitted: &[f64]) -> f64 {
    let squares: f64 = y.iter().zip(fitted).map(|(y, fitted)| (y - fitted) * (y - fitted)).sum();
    (squares / y.len().max(1) as f64).sqrt()
}
