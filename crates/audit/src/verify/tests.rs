use std::io::Write;
use std::path::PathBuf;

use types::Time;

use super::*;
use crate::{Act, Log};

fn act(subject: &str) -> Act {
    Act { actor: "127.0.0.1".to_owned(), act: "node.partition", subject: subject.to_owned() }
}

/// A record of three acts, two lines each.
fn record() -> (tempfile::TempDir, Log) {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    for (time, subject) in ["n1", "n2", "n3"].into_iter().enumerate() {
        let now = Time::from_us(time as u64);
        let asked = log.ask(&act(subject), now).unwrap();
        let came = if subject == "n2" { Err("refused") } else { Ok("cut off") };
        log.tell(&act(subject), asked, came, now).unwrap();
    }
    (folder, log)
}
fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}
fn write(path: &Path, lines: &[String]) {
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

#[test]
fn what_is_written_holds_and_says_who_did_what() {
    let (_folder, log) = record();
    let mut seen = Vec::new();
    let verified = verify(log.path(), None, |entry| seen.push(entry.clone())).unwrap();
    assert_eq!((verified.lines, verified.torn, seen.len()), (6, 0, 6));
    let stages: Vec<_> = seen.iter().map(|entry| (entry.stage, entry.of)).collect();
    assert_eq!(stages[2..4], [(Stage::Asked, None), (Stage::Failed, Some(2))]);
    assert_eq!((seen[3].detail.as_str(), seen[3].subject.as_str()), ("refused", "n2"));
}

#[test]
fn every_changed_byte_before_the_last_line_shows() {
    let (_folder, log) = record();
    let bytes = std::fs::read(log.path()).unwrap();
    let last = bytes.len() - lines(log.path())[5].len() - 1;
    for at in 0..last {
        let mut changed = bytes.clone();
        changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
        std::fs::write(log.path(), &changed).unwrap();
        let verified = verify(log.path(), None, |_| {});
        assert!(matches!(verified, Err(AuditError::Broken { .. })), "byte {at}: {verified:?}");
    }
}

#[test]
fn lines_that_are_taken_out_put_in_or_swapped_show() {
    let (_folder, log) = record();
    let whole = lines(log.path());
    type Change = fn(&mut Vec<String>);
    let broken = |change: Change| {
        let mut lines = whole.clone();
        change(&mut lines);
        write(log.path(), &lines);
        verify(log.path(), None, |_| {}).unwrap_err()
    };
    let cases: [Change; 4] = [
        |lines| drop(lines.remove(0)),
        |lines| drop(lines.remove(2)),
        |lines| lines.swap(1, 3),
        |lines| lines.insert(2, lines[1].clone()),
    ];
    for case in cases {
        assert!(matches!(broken(case), AuditError::Broken { .. }));
    }
}

#[test]
fn a_noted_digest_shows_a_cut_end_and_a_record_written_anew() {
    let (_folder, log) = record();
    let head = verify(log.path(), None, |_| {}).unwrap().head;
    log.ask(&act("n0"), Time::from_us(9)).unwrap();
    verify(log.path(), Some(head), |_| {}).unwrap();
    let mut cut = lines(log.path());
    cut.truncate(5);
    write(log.path(), &cut);
    assert!(verify(log.path(), None, |_| {}).is_ok(), "a cut end alone does not show");
    let missing = verify(log.path(), Some(head), |_| {});
    assert!(matches!(missing, Err(AuditError::HeadMissing { .. })));
}

#[test]
fn a_line_cut_by_a_crash_is_kept_and_named() {
    for keep in [1, 40] {
        let (_folder, log) = record();
        let bytes = std::fs::read(log.path()).unwrap();
        let last = lines(log.path())[5].len() + 1;
        std::fs::write(log.path(), &bytes[..bytes.len() - last + keep]).unwrap();
        log.ask(&act("n0"), Time::from_us(9)).unwrap();
        let mut stages = Vec::new();
        let verified = verify(log.path(), None, |entry| stages.push(entry.stage)).unwrap();
        assert_eq!((verified.lines, verified.torn), (8, 1));
        assert_eq!(stages[5..], [Stage::Recovered, Stage::Asked]);
        // It cannot be exchanged for another one afterwards.
        let mut lines = lines(log.path());
        lines[5].push('x');
        write(log.path(), &lines);
        assert!(verify(log.path(), None, |_| {}).is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    std::fs::write(log.path(), "{\"se").unwrap();
    log.ask(&act("n0"), Time::from_us(9)).unwrap();
    assert_eq!(verify(log.path(), None, |_| {}).unwrap().lines, 3);
}

#[test]
fn a_torn_line_that_is_whole_but_for_its_end_is_followed_too() {
    let (_folder, log) = record();
    let mut bytes = std::fs::read(log.path()).unwrap();
    bytes.pop();
    std::fs::write(log.path(), &bytes).unwrap();
    log.ask(&act("n0"), Time::from_us(9)).unwrap();
    let verified = verify(log.path(), None, |_| {}).unwrap();
    assert_eq!((verified.lines, verified.torn), (7, 0));
}

#[test]
fn what_is_no_record_is_not_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    std::fs::write(log.path(), "hello\n").unwrap();
    let refused = log.ask(&act("n0"), Time::from_us(1));
    assert!(matches!(refused, Err(AuditError::Broken { .. })));
    let absent = verify(&PathBuf::from("/nowhere/audit.jsonl"), None, |_| {});
    assert!(matches!(absent, Err(AuditError::Disk { .. })));
    let mut file = File::create(log.path()).unwrap();
    file.write_all(&vec![b'x'; 3 * LINE_BYTES_MAX]).unwrap();
    assert!(verify(log.path(), None, |_| {}).is_err());
}

#[test]
fn long_texts_are_cut_and_odd_ones_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    for subject in ["\n\u{1}\"\\".repeat(500), "\u{4f60}".repeat(2_000)] {
        log.ask(&act(&subject), Time::from_us(1)).unwrap();
    }
    assert_eq!(verify(log.path(), None, |_| {}).unwrap().lines, 2);
    assert_eq!(lines(log.path()).len(), 2);
}

#[test]
fn several_writers_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(folder.path());
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let log = log.clone();
            std::thread::spawn(move || {
                for _ in 0..5 {
                    log.ask(&act(&format!("n{writer}")), Time::from_us(1)).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    assert_eq!(verify(log.path(), None, |_| {}).unwrap().lines, 20);
}
