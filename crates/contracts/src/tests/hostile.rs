//! Modules that mean harm: each is shut out, or stopped with no more used than it was given.

use super::*;
use crate::{CODE_BYTES_MAX, EVENTS_MAX, FUNCTIONS_MAX, LOCALS_MAX, MEMORY_PAGES_MAX, WRITES_MAX};

#[track_caller]
fn unfit(body: &str) -> Unfit {
    load(&wat::parse_str(format!("(module {body})")).unwrap()).unwrap_err()
}

#[test]
fn what_is_shut_out() {
    let go = r#"(func (export "go"))"#;
    for floats in [
        "(func (drop (f64.add (f64.const 1) (f64.const 2))))",
        "(func (param f32))",
        "(func (drop (i32.trunc_sat_f32_s (f32.const 1))))",
        "(global f64 (f64.const 0)) (func)",
    ] {
        assert_eq!(unfit(floats), Unfit::Floats, "{floats}");
    }
    for imports in [
        r#"(import "env" "exit" (func))"#,
        r#"(import "unisono_2" "stake" (func (result i64)))"#,
        r#"(import "unisono_1" "random" (func (result i64)))"#,
        r#"(import "unisono_1" "stake" (func (param i64)))"#,
        r#"(import "unisono_1" "stake" (global i64))"#,
        r#"(import "unisono_1" "stake" (memory 1))"#,
    ] {
        assert_eq!(unfit(&format!("{imports} {go}")), Unfit::Imports, "{imports}");
    }
    assert_eq!(unfit("(func $f) (start $f)"), Unfit::Start);
    for memory in [
        format!("(memory {})", MEMORY_PAGES_MAX + 1),
        "(memory 65536)".to_owned(),
        "(memory 1) (memory 1)".to_owned(),
        "(table 1025 funcref)".to_owned(),
        "(table 10000000 funcref)".to_owned(),
    ] {
        assert_eq!(unfit(&format!("{memory} {go}")), Unfit::Memory, "{memory}");
    }
    for other in [
        "(memory i64 1) (func)",
        "(memory 1 1 shared) (func)",
        "(func (drop (i32x4.splat (i32.const 1))))",
        "(func $f (return_call $f))",
        "(memory 1) (data (i32.const 65530) \"beyond it\") (func)",
        "",
    ] {
        assert_eq!(unfit(other), Unfit::Invalid, "{other}");
    }
    let locals = format!("(func (local {}))", "i64 ".repeat(LOCALS_MAX as usize + 1));
    assert_eq!(unfit(&locals), Unfit::TooComplex);
    assert_eq!(unfit(&"(func)".repeat(FUNCTIONS_MAX as usize + 1)), Unfit::TooComplex);
    assert_eq!(unfit(&format!("(func (param {}))", "i64 ".repeat(33))), Unfit::TooComplex);
}

#[test]
fn what_is_no_module() {
    let good = module("", r#"(func (export "go"))"#);
    assert!(load(&good).is_ok());
    // Without names: a module that lacks those is whole.
    let bare =
        wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "go")))"#).unwrap();
    assert!(load(&bare).is_ok());
    for cut in 0..bare.len() {
        assert!(Program::load(&bare[..cut]).is_err(), "the first {cut} bytes");
    }
    assert_eq!(load(&vec![0; CODE_BYTES_MAX + 1]).unwrap_err(), Unfit::TooLarge);
    // Any one byte changed: loaded or shut out, and run to an end either way.
    for at in 0..good.len() {
        for bit in [0x01, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= bit;
            if let Ok(program) = load(&bad) {
                let report = program.run("go", &mut Desk::default(), 100_000);
                assert!(report.fuel <= 100_000);
            }
        }
    }
}

/// Whatever it does, it ends for the reason given, and uses no more than its fuel.
#[test]
fn what_is_stopped() {
    let loops = "(loop $again (br $again))";
    let bomb = "(loop $again (drop (memory.grow (i32.const 1))) (br $again))";
    let fill =
        "(loop $again (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $again))";
    let put = "(call $put (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))";
    let event = "(call $event (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 4))";
    let act = "(drop (call $act (i32.const 6) (i32.const 9) (i32.const 0) (i32.const 4)))";
    for (body, wanted) in [
        (loops.to_owned(), Stop::OutOfFuel),
        (bomb.to_owned(), Stop::OutOfFuel),
        (fill.to_owned(), Stop::OutOfFuel),
        ("unreachable".to_owned(), Stop::Trapped),
        ("(drop (i32.load (i32.const 65536)))".to_owned(), Stop::Trapped),
        ("(drop (i32.div_u (i32.const 1) (i32.const 0)))".to_owned(), Stop::Trapped),
        (put.repeat(WRITES_MAX as usize + 1), Stop::Beyond),
        (event.repeat(EVENTS_MAX as usize + 1), Stop::Beyond),
        (act.repeat(17), Stop::Beyond),
        // Lengths and places that no memory has.
        ("(call $output (i32.const 0) (i32.const 1025))".to_owned(), Stop::Beyond),
        ("(call $output (i32.const 65535) (i32.const 2))".to_owned(), Stop::Trapped),
        ("(call $output (i32.const -1) (i32.const 4))".to_owned(), Stop::Trapped),
        (
            "(call $put (i32.const 0) (i32.const -1) (i32.const 0) (i32.const 1))".to_owned(),
            Stop::Beyond,
        ),
        (
            "(call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 8193))".to_owned(),
            Stop::Beyond,
        ),
        ("(call $caller (i32.const 65530))".to_owned(), Stop::Trapped),
        (
            "(drop (call $act (i32.const 65537) (i32.const 1) (i32.const 0) (i32.const 0)))"
                .to_owned(),
            Stop::Beyond,
        ),
    ] {
        let report = go(&mut Desk::default(), "abcd", &body);
        assert_eq!(report.answer, Err(wanted), "{}", &body[..body.len().min(60)]);
        assert!(report.fuel <= 5_000_000);
        assert_eq!(report.fuel == 5_000_000, wanted == Stop::OutOfFuel);
    }
    // Deep recursion, with few values and with many.
    for locals in ["", "(local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)"] {
        let code = module("", &format!(r#"(func $go (export "go") {locals} (call $go))"#));
        let report = load(&code).unwrap().run("go", &mut Desk::default(), 5_000_000);
        assert_eq!(report.answer, Err(Stop::TooDeep));
    }
}

/// A module that grows as far as it can has as much memory as any may have, not more.
#[test]
fn memory_is_bounded() {
    let body = "(block $full (loop $again
            (br_if $full (i32.eq (memory.grow (i32.const 1)) (i32.const -1))) (br $again)))
        (i32.store (i32.const 0) (memory.size)) (call $output (i32.const 0) (i32.const 4))";
    let report = go(&mut Desk::default(), "", body);
    assert_eq!(report.answer, Ok(MEMORY_PAGES_MAX.to_le_bytes().to_vec()));
}

/// Without its memory exported, a contract reaches no host function that needs it.
#[test]
fn memory_that_is_not_exported_is_not_reached() {
    let code = wat::parse_str(
        r#"(module (import "unisono_1" "caller" (func $caller (param i32))) (memory 1)
            (func (export "go") (call $caller (i32.const 0))))"#,
    );
    let program = load(&code.unwrap()).unwrap();
    assert_eq!(program.run("go", &mut Desk::default(), 1_000_000).answer, Err(Stop::Trapped));
}
