use std::fs;

use super::super::cell::run_by;
use super::super::engine::Work;
use super::super::folder::Log;
use super::*;

/// Every file of a run but for its manifest and its lock, by name.
fn files(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let sums = fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    let named = sums.lines().map(|line| line.split_once("  ").unwrap().1.to_owned());
    let read = |name: String| {
        let bytes = fs::read(folder.path().join(&name)).unwrap();
        (name, bytes)
    };
    named.chain(["SHA256SUMS".to_owned()]).map(read).collect()
}

#[test]
fn one_thread_and_sixteen_give_the_same_bytes_and_so_does_every_interruption() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&[]);
    let one = Folder::of(&runs.path().join("1"), &plan);
    let counts = run_all(&plan, &one, 1);
    assert_eq!((counts.ok, counts.planned), (12, 12));
    let expected = files(&one);
    assert!(expected.iter().any(|(name, _)| name == "figures/cdf.pdf"));
    let sixteen = Folder::of(&runs.path().join("16"), &plan);
    run_all(&plan, &sixteen, 16);
    assert!(files(&sixteen) == expected);
    // As a kill leaves it: some whole lines, and a torn one.
    let lines = fs::read(one.path().join("cells.jsonl")).unwrap();
    for (at, kept) in [lines.len() / 3, lines.len() / 2, lines.len() - 1].into_iter().enumerate() {
        let torn = Folder::of(&runs.path().join(format!("torn{at}")), &plan);
        fs::create_dir_all(torn.path()).unwrap();
        for name in ["manifest.json", "config.toml"] {
            fs::copy(one.path().join(name), torn.path().join(name)).unwrap();
        }
        fs::write(torn.path().join("cells.jsonl"), &lines[..kept]).unwrap();
        let (kept, _) = torn.cells(&plan).unwrap();
        assert!(kept.len() < 12);
        run_all(&plan, &torn, 3);
        assert!(files(&torn) == expected);
    }
    // What is complete is left alone.
    run_all(&plan, &one, 2);
    assert!(files(&one) == expected);
}

#[test]
fn a_stopped_run_keeps_what_is_done_and_goes_on() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&["repeats=15"]);
    let folder = Folder::of(runs.path(), &plan);
    let stop = AtomicBool::new(false);
    let progress = |counts: &Counts| {
        stop.store(counts.left <= 40, std::sync::atomic::Ordering::Relaxed);
    };
    let how = (threads(2), OnError::Keep);
    let (ended, counts) = run(&plan, &folder, how, &[], &stop, &progress).unwrap();
    assert_eq!(ended, Ended::Stopped);
    assert!(counts.adds_up() && (1..=40).contains(&counts.left), "{counts:?}");
    assert!(!folder.is_complete());
    let (_, manifest, _) = Folder::open(folder.path()).unwrap();
    assert_eq!(manifest.state, State::Stopped);
    assert!(verify(&folder, &plan, 1, threads(1)).unwrap_err().what.contains("not complete"));
    run_all(&plan, &folder, 2);
    assert_eq!(verify(&folder, &plan, 50_000, threads(2)).unwrap().cells, 3);
}

/// A disk with room for so many lines.
struct SmallDisk(usize);

impl Log for SmallDisk {
    fn append(&mut self, _: &str) -> Result<(), Error> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| {
            let full = std::io::ErrorKind::StorageFull.into();
            Error::io("write", std::path::Path::new("cells.jsonl"), &full)
        })?;
        Ok(())
    }
}

fn work<'a>(
    plan: &'a Plan,
    stop: &'a AtomicBool,
    runner: &'a (dyn Fn(&Cell) -> Finished + Sync),
    on_error: OnError,
) -> Work<'a> {
    Work { cells: &plan.cells, threads: threads(4), on_error, stop, runner }
}

#[test]
fn a_full_disk_ends_the_run_with_a_reason() {
    let (plan, stop) = (plan(&[]), AtomicBool::new(false));
    let work = work(&plan, &stop, &run_cell, OnError::Keep);
    let error = work.run(Counts::default(), &mut SmallDisk(5), &|_| {}).unwrap_err();
    assert_eq!(error.kind, Kind::Failed);
    assert!(error.next.contains("free some space"), "{error:?}");
}

#[test]
fn a_cell_that_cannot_be_run_is_kept_or_ends_the_run() {
    let (plan, stop) = (plan(&[]), AtomicBool::new(false));
    let runner = |cell: &Cell| {
        run_by(cell, &|cell| {
            assert!(cell.number != 3, "the third cell fails");
            Ok(run_cell(cell))
        })
    };
    let planned = || Counts { planned: 12, left: 12, ..Counts::default() };
    let keep = work(&plan, &stop, &runner, OnError::Keep);
    let (ended, counts) = keep.run(planned(), &mut SmallDisk(99), &|_| {}).unwrap();
    assert_eq!((ended, counts.ok, counts.failed, counts.errors), (Ended::Complete, 11, 1, 1));
    assert!(counts.adds_up());
    let halt = work(&plan, &stop, &runner, OnError::Stop);
    let (ended, counts) = halt.run(planned(), &mut SmallDisk(99), &|_| {}).unwrap();
    let Ended::OnError(cell) = ended else { panic!("{ended:?}") };
    assert!(cell.why.contains("the third cell fails"), "{}", cell.why);
    assert_eq!((cell.cell, counts.ok, counts.failed, counts.left), (3, 3, 1, 8));
}

#[test]
fn a_changed_run_is_found_and_another_version_refused() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&["repeats=1"]);
    let folder = Folder::of(runs.path(), &plan);
    run_all(&plan, &folder, 2);
    assert_eq!(verify(&folder, &plan, 1_000_000, threads(2)).unwrap().cells, 4);
    let change = |name: &str, from: &str, to: &str| {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        text
    };
    let put_back = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    for (name, from, to) in [
        ("summary.csv", "pbft", "pbtf"),
        ("figures/heat.svg", "<path", "<path "),
        ("cells.jsonl", "\"repeat\":0", "\"repeat\":1"),
        ("SHA256SUMS", "  summary.csv", "  ../summary.csv"),
    ] {
        let text = change(name, from, to);
        let error = verify(&folder, &plan, 1, threads(1)).unwrap_err();
        assert_ne!(error.kind, Kind::Usage, "{name}: {error:?}");
        put_back(name, text);
    }
    // Cells that somebody made up, with sums and summaries to fit.
    let text = change("cells.jsonl", "\"view_max\":0.0", "\"view_max\":9.0");
    finish(&folder, &plan).unwrap();
    let error = verify(&folder, &plan, 1_000_000, threads(2)).unwrap_err();
    assert!(error.kind == Kind::Violated && error.what.contains("cell 0 differs"), "{error:?}");
    put_back("cells.jsonl", text);
    let text = change("manifest.json", "unisono-run/1", "unisono-run/7");
    let error = Folder::open(folder.path()).unwrap_err();
    assert!(error.what.contains("another version") && error.why.contains("run/7"), "{error:?}");
    put_back("manifest.json", text);
    let text = change("config.toml", "decisions = \"4\"", "decisions = \"5\"");
    assert!(Folder::open(folder.path()).unwrap_err().what.contains("was changed"));
    put_back("config.toml", text);
    assert!(Folder::open(folder.path()).is_ok());
    assert!(Folder::open(runs.path()).unwrap_err().what.contains("no folder of a run"));
}

#[test]
fn requests_add_up_and_the_report_needs_nothing_else() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&["repeats=2"]);
    let folder = Folder::of(runs.path(), &plan);
    run_all(&plan, &folder, 2);
    let (cells, _) = folder.cells(&plan).unwrap();
    assert!(cells.iter().all(|cell| cell.requests.adds_up() && cell.requests.sent > 0));
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Does it run?") && page.matches("<svg").count() == 5);
    let links: Vec<&str> = page.match_indices("http").map(|(at, _)| &page[at..at + 27]).collect();
    assert!(links.iter().all(|link| *link == "http://www.w3.org/2000/svg\""), "{links:?}");
    assert!(!page.contains("<script") && !page.contains("<link") && !page.contains("@import"));
    for name in ["latency.svg", "cdf.pdf", "box.svg", "violin.pdf", "heat.svg"] {
        let document = fs::read(folder.path().join("figures").join(name)).unwrap();
        let certificate = figures::verify(&document).unwrap();
        let source = certificate.figure.source.unwrap();
        assert_eq!(source.run, plan.fingerprint);
        let again = figure_of(&folder, &plan, &source.figure).unwrap().unwrap();
        assert_eq!(figures::fingerprint(&again), certificate.fingerprint);
    }
}

#[test]
fn protocols_are_compared_run_by_run() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&[
        "repeats=12",
        "protocol=[pbft,raft,central]",
        "nodes=4",
        "decisions=40",
        "warmup=8",
    ]);
    let folder = Folder::of(runs.path(), &plan);
    run_all(&plan, &folder, 2);
    let (cells, _) = folder.cells(&plan).unwrap();
    let groups = [("small".to_owned(), cells)];
    let metric = "latency_us_mean";
    let comparison = compare(&groups, metric, Some("protocol"), &Params::new()).unwrap();
    assert_eq!((comparison.groups.len(), comparison.pairs.len()), (3, 3));
    let pair = &comparison.pairs[1];
    assert!(pair.welch_p_holm.unwrap() >= pair.welch.unwrap().p);
    assert!(pair.welch_p_holm.unwrap() < 0.001, "three phases cost more than one: {pair:?}");
    assert!(pair.cliffs_delta > Some(0.9) && pair.games_howell.is_some(), "{pair:?}");
    assert!(comparison.welch_anova.unwrap().p < 0.001);
    let mixed = compare(&groups, metric, None, &Params::new()).unwrap_err();
    assert!(mixed.what.contains("different `protocol`"), "{mixed:?}");
    let one = Params::from([("protocol".to_owned(), "pbft".to_owned())]);
    assert!(compare(&groups, metric, None, &one).unwrap_err().why.contains("2 to"));
    let wrong = compare(&groups, "latency_us_p5", Some("protocol"), &Params::new()).unwrap_err();
    assert!(wrong.next.contains("latency_us_p"), "{wrong:?}");
}

#[test]
fn two_processes_do_not_run_one_folder() {
    let runs = tempfile::tempdir().unwrap();
    let plan = plan(&["repeats=1"]);
    let folder = Folder::of(runs.path(), &plan);
    let (_, lock) = folder.begin(&plan, &[]).unwrap();
    assert!(folder.is_running());
    let stop = AtomicBool::new(false);
    let how = (threads(1), OnError::Keep);
    let error = run(&plan, &folder, how, &[], &stop, &|_| {}).unwrap_err();
    assert!(error.what.contains("is being run"), "{error:?}");
    drop(lock);
    assert!(!folder.is_running());
    run_all(&plan, &folder, 1);
}
