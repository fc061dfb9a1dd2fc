//! A migration that is killed leaves the layout before it or the one after it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::*;
use crate::sql::migrate_with;
use crate::sql::{Migration, SQLITE};

const CHILD: &str = "tests::migrations::the_child_that_is_killed";
const STORE: &str = "UNISONO_TEST_STORE";

/// A step to a layout of the future that takes its time and touches every block.
const SLOW: Migration = Migration {
    version: 3,
    sql: "ALTER TABLE blocks ADD COLUMN more BLOB;
          UPDATE blocks SET more = randomblob(1000);
          CREATE TABLE slow AS WITH RECURSIVE n(x) AS
              (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 200000)
              SELECT x, randomblob(100) FROM n;
          DROP TABLE transactions;",
};

#[test]
#[ignore = "it is started, and killed, by the test below"]
fn the_child_that_is_killed() {
    let Some(path) = std::env::var_os(STORE) else { return };
    let steps = [SQLITE, &[SLOW]].concat();
    println!("\nbegins");
    migrate_with(Path::new(&path), &steps).unwrap();
    println!("ended");
}

fn start(path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--ignored", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "begins"));
    child
}

#[test]
fn a_migration_that_is_killed_is_done_or_not_begun() {
    let (place, (_, blocks)) = (Place::new(), chain(&genesis(), 10, 2));
    let path = place.path("chain.sqlite");
    place.sqlite().append(&blocks).unwrap();
    let mut before = 0;
    for round in 0..6 {
        let mut child = start(&path);
        std::thread::sleep(Duration::from_millis(round * 25));
        child.kill().unwrap();
        child.wait().unwrap();
        match SqlHistory::sqlite(&path, None) {
            Ok(store) => {
                before += 1;
                assert_sound(&store);
                assert_eq!(
                    store.place(&blocks[3].batches[0].ids()[0]).unwrap().unwrap().height,
                    height(4)
                );
            }
            // It was quicker than the signal.
            Err(error) => assert_eq!(error, HistoryError::TooNew { found: 3, known: 2 }),
        }
    }
    assert!(before > 0, "the first signal comes while it works");
    assert!(start(&path).wait().unwrap().success());
    let newer = refused(SqlHistory::sqlite(&path, None));
    assert_eq!(newer, HistoryError::TooNew { found: 3, known: 2 });
}

#[test]
fn a_store_that_was_killed_while_it_was_made_is_made_again() {
    let place = Place::new();
    let path = place.path("chain.sqlite");
    // What such a process leaves: a file to the side.
    std::fs::write(place.path("chain.sqlite.new"), b"half of a page").unwrap();
    std::fs::write(place.path("chain.sqlite.new-wal"), b"half of a page").unwrap();
    let mut store = place.sqlite();
    store.append(&chain(&genesis(), 2, 1).1).unwrap();
    assert!(path.is_file());
    assert_sound(&store);
}

#[test]
fn an_older_layout_is_brought_up() {
    let place = Place::new();
    let path = place.path("chain.sqlite");
    migrate_with(&path, &SQLITE[..1]).unwrap();
    let mut store = place.sqlite();
    store.append(&chain(&genesis(), 3, 2).1).unwrap();
    assert_sound(&store);
}
