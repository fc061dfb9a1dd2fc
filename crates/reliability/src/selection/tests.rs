use super::{MEASURES, best, candidates, choose, fit, random_links};
use crate::{Error, Links, Protocol, Setup, Topology};

fn pbft(n: usize) -> Setup {
    Setup::new(Protocol::Pbft, n)
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-12, "{value}, expected {expected}");
}

#[test]
fn in_a_mesh_all_nodes_are_alike_and_follow_from_binomials() {
    let links = Links::new(4, 0.9, &Topology::Full).unwrap();
    let all = candidates(&pbft(4), &links).unwrap();
    for node in &all {
        // K = 3 of 3 others.
        close(node.reach, 0.9_f64.powi(3));
        close(node.reach_all, 0.9_f64.powi(3));
        close(node.mean_link, 0.9);
        close(node.weight, 0.9_f64.powi(3));
        close(node.weighted_links, 3.0 * 0.9_f64.powi(4));
        close(node.weighted_reach, 0.9_f64.powi(12));
        close(node.prepared_min, 0.81 * 0.81);
        close(node.prepared_top, (1.0 + 2.0 * 0.81 * 0.81) / 3.0);
        close(node.cohort, 0.81_f64.powi(3));
        close(node.success, 0.521_461_241_113_281_3);
        assert!((node.success - all[0].success).abs() < 1e-14);
    }
    assert_eq!(choose(&all), Some(0));
}

#[test]
fn the_cohort_has_two_f_plus_one_nodes_whatever_n_is() {
    // With N = 10 a cohort of 2f+1 = 7 that hear each other and node 0; the two others are deaf and dumb. A cohort of
    // eight would hold one of them.
    let link = |i: usize, j: usize| if i < 8 && j < 8 { 1.0 } else { 0.0 };
    let rows: Vec<Vec<f64>> = (0..10).map(|i| (0..10).map(|j| link(i, j)).collect()).collect();
    let all = candidates(&pbft(10), &Links::from_matrix(&rows).unwrap()).unwrap();
    close(all[0].cohort, 1.0);
    // With N = 4 of three, not of two: the third is deaf to node 2.
    let mut rows = vec![vec![1.0; 4]; 4];
    rows[2][3] = 0.25;
    let all = candidates(&pbft(4), &Links::from_matrix(&rows).unwrap()).unwrap();
    close(all[0].cohort, 0.25);
}

#[test]
fn betweenness_finds_the_middle_of_a_star() {
    let all = candidates(&pbft(7), &Links::from_matrix(&star()).unwrap()).unwrap();
    close(all[0].betweenness, 1.0);
    assert!(all[1..].iter().all(|node| node.betweenness == 0.0));
}

/// Links of node 0 are good; all others are worse than two of those.
fn star() -> Vec<Vec<f64>> {
    (0..7).map(|i| (0..7).map(|j| if i == 0 || j == 0 { 0.95 } else { 0.8 }).collect()).collect()
}

#[test]
fn the_best_proposer_is_found_where_it_is_obvious() {
    let all = candidates(&pbft(7), &Links::from_matrix(&star()).unwrap()).unwrap();
    assert_eq!(best(&all, |node| node.success), Some(0));
    assert_eq!(choose(&all), Some(0));
    assert_eq!(best(&[], |node| node.success), None);
}

#[test]
fn measures_foretell_success_over_random_links() {
    let (mut reach, mut success) = (Vec::new(), Vec::new());
    for number in 0..20 {
        let links = random_links(5, 0.7, 1.0, 3, number).unwrap();
        for node in candidates(&pbft(5), &links).unwrap() {
            assert!(MEASURES.iter().all(|(_, of)| of(&node).is_finite()), "{node:?}");
            reach.push(node.reach);
            success.push(node.success);
        }
    }
    let fit = fit(&reach, &success);
    assert!(fit.spearman.unwrap() > 0.3, "{fit:?}");
    assert!(
        fit.isotonic_r2.unwrap() >= fit.r2.unwrap() - 1e-12 || fit.r2.unwrap() < 0.0,
        "{fit:?}"
    );
    assert!(fit.isotonic_rmse <= 0.3 && fit.rmse <= 0.3, "{fit:?}");
}

#[test]
fn fits_equal_values_worked_out_by_hand() {
    let found = fit(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 3.0, 2.0, 5.0, 4.0]);
    close(found.spearman.unwrap(), 0.8);
    close(found.r2.unwrap(), 0.64);
    close(found.rmse, (3.6_f64 / 5.0).sqrt());
    // Pools 3 and 2, 5 and 4: residuals of a half, four times.
    close(found.isotonic_r2.unwrap(), 0.9);
    close(found.isotonic_rmse, 0.2_f64.sqrt());
    // Ties share ranks: 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    close(
        fit(&[1.0, 2.0, 2.0, 3.0], &[1.0, 2.0, 3.0, 4.0]).spearman.unwrap(),
        4.5 / 22.5_f64.sqrt(),
    );
    assert_eq!(fit(&[1.0, 1.0], &[1.0, 2.0]).spearman, None);
    assert_eq!(fit(&[], &[]).r2, None);
}

#[test]
fn impossible_ranges_are_refused() {
    assert!(matches!(random_links(4, -0.1, 1.0, 1, 0), Err(Error::Probability { .. })));
    assert!(matches!(random_links(4, 0.5, f64::NAN, 1, 0), Err(Error::Probability { .. })));
    assert!(matches!(random_links(4, 0.9, 0.5, 1, 0), Err(Error::Probability { .. })));
    assert!(matches!(random_links(0, 0.5, 0.9, 1, 0), Err(Error::Nodes { .. })));
    let links = random_links(4, 0.5, 0.5, 1, 0).unwrap();
    close(links.get(0, 1).yes, 0.5);
}
