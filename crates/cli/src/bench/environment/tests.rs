use super::*;

#[test]
fn the_paces_are_measured_and_positive() {
    let paces = paces();
    for key in ["sha256_mib_per_s", "thread_wakeup_us", "fdatasync_us"] {
        assert!(paces[key].as_f64().is_some_and(|pace| pace > 0.0), "{key}: {paces}");
    }
}
