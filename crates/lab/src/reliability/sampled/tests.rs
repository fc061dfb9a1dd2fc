use std::num::NonZeroUsize;

use ::reliability::{Error, Links, Model, Protocol, Setup, Topology};

use super::{Effort, ROUNDS_MAX, estimate};

fn effort(threads: usize) -> Effort {
    Effort { rounds: None, precision: None, seed: 5, threads: NonZeroUsize::new(threads).unwrap() }
}

fn mesh(n: usize, p: f64) -> (Model, Links) {
    let model = Model::new(&Setup::new(Protocol::Pbft, n)).unwrap();
    (model, Links::new(n, p, &Topology::Full).unwrap())
}

#[test]
fn threads_change_nothing() {
    let (model, links) = mesh(4, 0.9);
    for change in [
        Effort { rounds: Some(300_001), ..effort(1) },
        Effort { precision: Some(0.002), ..effort(1) },
        Effort { rounds: Some(70_000), precision: Some(1e-6), ..effort(1) },
    ] {
        let one = estimate(&model, &links, &change).unwrap();
        for threads in [2, 3, 16] {
            let threads = NonZeroUsize::new(threads).unwrap();
            assert_eq!(estimate(&model, &links, &Effort { threads, ..change }).unwrap(), one);
        }
    }
}

#[test]
fn it_stops_where_it_is_precise_enough_or_at_the_last_round() {
    let (model, links) = mesh(4, 0.9);
    let exact = ::reliability::theory::solve(&model, &links).unwrap().success;
    let asked = Effort { precision: Some(0.002), ..effort(2) };
    let found = estimate(&model, &links, &asked).unwrap();
    assert!(found.precise && found.ci95.half_width() <= 0.002, "{found:?}");
    assert!(found.ci95.contains(exact), "{found:?}, exactly {exact}");
    let capped = Effort { rounds: Some(1_000), precision: Some(1e-4), ..effort(2) };
    let found = estimate(&model, &links, &capped).unwrap();
    assert_eq!((found.rounds, found.precise), (1_000, false));
}

#[test]
fn no_effort_and_endless_effort_are_refused() {
    let (model, links) = mesh(4, 0.9);
    for bad in [
        Effort { rounds: Some(0), ..effort(1) },
        Effort { rounds: Some(ROUNDS_MAX + 1), ..effort(1) },
        Effort { precision: Some(0.0), ..effort(1) },
        Effort { precision: Some(0.5), ..effort(1) },
        Effort { precision: Some(f64::NAN), ..effort(1) },
    ] {
        let refused = estimate(&model, &links, &bad);
        assert!(matches!(refused, Err(Error::Rounds { .. })), "{bad:?}: {refused:?}");
    }
}
