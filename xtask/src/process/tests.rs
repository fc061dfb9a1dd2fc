use super::*;

fn shell(script: &str) -> Command {
    command(Path::new("/"), "sh", &["-c", script])
}

#[test]
fn stdout_and_the_end_are_told() {
    let output = output(&mut shell("echo said; exit 3"), Duration::from_secs(10)).unwrap();
    assert_eq!(output.stdout, "said\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn much_output_does_not_block() {
    let script = "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done";
    let output = output(&mut shell(script), Duration::from_secs(60)).unwrap();
    assert_eq!(output.stdout.len(), 220_000);
}

#[test]
fn what_does_not_end_is_stopped() {
    let start = Instant::now();
    assert!(output(&mut shell("exec sleep 100"), Duration::from_millis(200)).is_err());
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn failures_and_missing_programs_are_errors() {
    assert!(run(&mut shell("exit 1")).is_err());
    assert!(run(&mut command(Path::new("/"), "no-such-program", &[])).is_err());
    assert!(!answers("no-such-program", &[]));
}
