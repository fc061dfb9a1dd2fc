use std::collections::BTreeMap;

use crate::{Host, Program, Report, Stop, Unfit, fuel};

mod hostile;

/// A host in one hand.
#[derive(Default)]
struct Desk {
    argument: Vec<u8>,
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    others: BTreeMap<(u16, Vec<u8>), Vec<u8>>,
    acts: Vec<(u16, u16, Vec<u8>)>,
    events: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Host for Desk {
    fn argument(&self) -> &[u8] {
        &self.argument
    }
    fn caller(&self) -> [u8; 32] {
        [0xca; 32]
    }
    fn address(&self) -> [u8; 32] {
        [0xad; 32]
    }
    fn stake(&self) -> u64 {
        77
    }
    fn height(&self) -> u64 {
        1_000
    }
    fn time_us(&self) -> u64 {
        2_000_000
    }
    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(Vec::as_slice)
    }
    fn put(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), Stop> {
        match value {
            Some(value) => drop(self.entries.insert(key.to_vec(), value.to_vec())),
            None => drop(self.entries.remove(key)),
        }
        Ok(())
    }
    fn read(&self, app: u16, key: &[u8]) -> Option<&[u8]> {
        self.others.get(&(app, key.to_vec())).map(Vec::as_slice)
    }
    fn act(&mut self, app: u16, verb: u16, argument: &[u8]) -> Result<u16, Stop> {
        self.acts.push((app, verb, argument.to_vec()));
        Ok(if verb == 9 { 0 } else { 206 })
    }
    fn event(&mut self, name: &[u8], body: &[u8]) -> Result<(), Stop> {
        self.events.push((name.to_vec(), body.to_vec()));
        Ok(())
    }
}

const IMPORTS: &str = r#"
    (import "unisono_1" "argument" (func $argument (param i32 i32 i32) (result i32)))
    (import "unisono_1" "caller" (func $caller (param i32)))
    (import "unisono_1" "address" (func $address (param i32)))
    (import "unisono_1" "stake" (func $stake (result i64)))
    (import "unisono_1" "height" (func $height (result i64)))
    (import "unisono_1" "time_us" (func $time_us (result i64)))
    (import "unisono_1" "get" (func $get (param i32 i32 i32 i32) (result i32)))
    (import "unisono_1" "put" (func $put (param i32 i32 i32 i32)))
    (import "unisono_1" "remove" (func $remove (param i32 i32)))
    (import "unisono_1" "read" (func $read (param i32 i32 i32 i32 i32) (result i32)))
    (import "unisono_1" "act" (func $act (param i32 i32 i32 i32) (result i32)))
    (import "unisono_1" "event" (func $event (param i32 i32 i32 i32)))
    (import "unisono_1" "output" (func $output (param i32 i32)))
    (import "unisono_1" "refuse" (func $refuse (param i32)))
"#;

/// A module with the host's functions, one page of memory and the text at its start.
fn module(text: &str, body: &str) -> Vec<u8> {
    let memory = format!(r#"(memory (export "memory") 1) (data (i32.const 0) "{text}")"#);
    wat::parse_str(format!("(module {IMPORTS} {memory} {body})")).unwrap()
}

fn load(code: &[u8]) -> Result<Program, Unfit> {
    let program = Program::load(code)?;
    program.try_out().map(|()| program)
}

/// Runs `go` with plenty of fuel.
fn go(desk: &mut Desk, text: &str, body: &str) -> Report {
    let code = module(text, &format!(r#"(func (export "go") {body})"#));
    load(&code).unwrap().run("go", desk, 5_000_000)
}

#[test]
fn a_contract_sees_its_call() {
    let mut desk = Desk { argument: b"argument".to_vec(), ..Desk::default() };
    let report = go(
        &mut desk,
        "",
        "(i32.store (i32.const 0) (call $argument (i32.const 4) (i32.const 2) (i32.const 3)))
         (call $caller (i32.const 16)) (call $address (i32.const 48))
         (i64.store (i32.const 80) (call $stake)) (i64.store (i32.const 88) (call $height))
         (i64.store (i32.const 96) (call $time_us)) (call $output (i32.const 0) (i32.const 104))",
    );
    let mut wanted = [0; 104];
    wanted[0] = 8;
    wanted[4..7].copy_from_slice(b"gum");
    wanted[16..48].fill(0xca);
    wanted[48..80].fill(0xad);
    wanted[80..88].copy_from_slice(&77_u64.to_le_bytes());
    wanted[88..96].copy_from_slice(&1_000_u64.to_le_bytes());
    wanted[96..104].copy_from_slice(&2_000_000_u64.to_le_bytes());
    assert_eq!(report.answer, Ok(wanted.to_vec()));
}

#[test]
fn a_contract_keeps_entries_and_reads_others() {
    let mut desk = Desk::default();
    desk.entries.insert(b"old".to_vec(), b"12345678".to_vec());
    desk.others.insert((6, b"old".to_vec()), b"xyz".to_vec());
    let report = go(
        &mut desk,
        "oldnew",
        "(i32.store (i32.const 100) (call $get (i32.const 0) (i32.const 3) (i32.const 120) (i32.const 4)))
         (i32.store (i32.const 104) (call $get (i32.const 3) (i32.const 3) (i32.const 120) (i32.const 4)))
         (i32.store (i32.const 108)
            (call $read (i32.const 6) (i32.const 0) (i32.const 3) (i32.const 124) (i32.const 8)))
         (i32.store (i32.const 112)
            (call $read (i32.const 7) (i32.const 0) (i32.const 3) (i32.const 124) (i32.const 8)))
         (call $put (i32.const 3) (i32.const 3) (i32.const 0) (i32.const 6))
         (call $remove (i32.const 0) (i32.const 3))
         (call $output (i32.const 100) (i32.const 28))",
    );
    let numbers = [8_i32, -1, 3, -1].map(i32::to_le_bytes).concat();
    let wanted = [numbers.as_slice(), &[0; 4], b"1234xyz\0"].concat();
    assert_eq!(report.answer, Ok(wanted[..28].to_vec()));
    assert_eq!(desk.entries, BTreeMap::from([(b"new".to_vec(), b"oldnew".to_vec())]));
}

#[test]
fn a_contract_acts_tells_and_refuses() {
    let mut desk = Desk::default();
    let report = go(
        &mut desk,
        "toldhow",
        "(i32.store (i32.const 100) (call $act (i32.const 6) (i32.const 9) (i32.const 0) (i32.const 4)))
         (i32.store (i32.const 104) (call $act (i32.const 7) (i32.const 4) (i32.const 4) (i32.const 3)))
         (call $event (i32.const 0) (i32.const 4) (i32.const 4) (i32.const 3))
         (call $output (i32.const 100) (i32.const 8))",
    );
    assert_eq!(report.answer, Ok([0_i32, 206].map(i32::to_le_bytes).concat()));
    assert_eq!(desk.acts, [(6, 9, b"told".to_vec()), (7, 4, b"how".to_vec())]);
    assert_eq!(desk.events, [(b"told".to_vec(), b"how".to_vec())]);
    let refused = go(&mut desk, "", "(call $refuse (i32.const 42))");
    assert_eq!(refused.answer, Err(Stop::Refused(42)));
}

/// The numbers are part of the agreement: a change of any price, or of the interpreter's counting, changes state roots.
#[test]
fn fuel_is_counted_exactly() {
    let empty = module("", r#"(func (export "go"))"#);
    let program = load(&empty).unwrap();
    let load_fuel = fuel::load(empty.len()) + fuel::LOAD_PER_PAGE;
    assert_eq!(program.load_fuel(), load_fuel);
    let base = program.run("go", &mut Desk::default(), 1_000_000).fuel - load_fuel;
    let cost = |body: &str| {
        let code = module("key", &format!(r#"(func (export "go") {body})"#));
        let program = load(&code).unwrap();
        let report = program.run("go", &mut Desk::default(), 1_000_000);
        assert!(report.answer.is_ok(), "{body}: {report:?}");
        report.fuel - program.load_fuel() - base
    };
    let added = "(drop (i32.add (i32.const 1) (i32.load (i32.const 8))))";
    assert_eq!(cost(added), cost(&added.repeat(2)) - cost(added));
    // Three instructions, the call, the host's own price, and three bytes of a key that is not there.
    let get = "(drop (call $get (i32.const 0) (i32.const 3) (i32.const 64) (i32.const 8)))";
    assert_eq!(cost(get), 4 + 10 + fuel::GET + 3 * fuel::PER_BYTE_READ);
    let put = "(call $put (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 8))";
    assert_eq!(cost(put), 4 + 10 + fuel::PUT + 11 * fuel::PER_BYTE_KEPT);
    let count = "(local $n i32) (loop $again
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 1000))))";
    // Eight instructions a round, and one for the jump back.
    assert_eq!(cost(count), 9_000);
}

/// With one unit less than it needs, a call has none left; with exactly that, it ends.
#[test]
fn a_call_needs_what_it_uses() {
    let code = module(
        "",
        r#"(func (export "go") (call $put (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4)))"#,
    );
    let program = load(&code).unwrap();
    let whole = program.run("go", &mut Desk::default(), 1_000_000).fuel;
    assert!(program.run("go", &mut Desk::default(), whole).answer.is_ok());
    let short = program.run("go", &mut Desk::default(), whole - 1);
    assert_eq!(short, Report { fuel: whole - 1, answer: Err(Stop::OutOfFuel) });
    let unloaded = program.run("go", &mut Desk::default(), program.load_fuel() - 1);
    assert_eq!(unloaded.answer, Err(Stop::OutOfFuel));
}

#[test]
fn only_functions_without_parameters_can_be_called() {
    let code = module(
        "",
        r#"(func (export "go")) (func (export "takes") (param i32)) (func (export "gives") (result i32) (i32.const 1))
           (global (export "global") i32 (i32.const 1))"#,
    );
    let program = load(&code).unwrap();
    assert!(program.has("go"));
    for name in ["takes", "gives", "global", "memory", "nothing", ""] {
        let report = program.run(name, &mut Desk::default(), 1_000_000);
        assert_eq!(report.answer, Err(Stop::FunctionUnknown), "{name}");
    }
}
