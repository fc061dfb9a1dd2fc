//! The host's functions, as a module imports them.
//!
//! Pointers and lengths are the module's; a range that is not whole within its memory is a trap. What is longer than
//! its bound is [`Stop::Beyond`], before anything is copied.

use std::fmt;

use wasmi::errors::HostError;
use wasmi::{Caller, Engine, Error, Extern, Linker, Memory, TrapCode};

use crate::program::Running;
use crate::{
    ACTS_MAX, EVENT_BODY_BYTES_MAX, EVENT_NAME_BYTES_MAX, EVENTS_MAX, INTERFACE, KEY_BYTES_MAX,
    OUTPUT_BYTES_MAX, Stop, VALUE_BYTES_MAX, WRITES_MAX, fuel,
};

/// How a host function ends a call.
#[derive(Debug)]
pub(crate) struct Halt(pub(crate) Stop);

impl HostError for Halt {}
impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host ended the call: {:?}", self.0)
    }
}

fn halt(stop: Stop) -> Error {
    Error::host(Halt(stop))
}

macro_rules! functions {
    ($($name:ident),+) => {
        /// The names of all functions.
        pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),+];

        /// All functions, for one engine.
        pub(crate) fn linker<'a>(engine: &Engine) -> Result<Linker<Running<'a>>, Error> {
            let mut linker = Linker::new(engine);
            $(linker.func_wrap(INTERFACE, stringify!($name), $name)?;)+
            Ok(linker)
        }
    };
}
functions!(
    argument, caller, address, stake, height, time_us, get, put, remove, read, act, event, output,
    refuse
);

type Call<'a, 'b> = Caller<'a, Running<'b>>;

/// Copies a part of the argument; answers its whole length.
fn argument(mut call: Call<'_, '_>, to: u32, from: u32, most: u32) -> Result<u32, Error> {
    charge(&mut call, fuel::LOOK)?;
    let memory = memory(&call)?;
    let whole = call.data().host.argument().len();
    let part = whole.saturating_sub(from as usize).min(most as usize);
    charge(&mut call, bytes(part, fuel::PER_BYTE_READ))?;
    let (memory, running) = memory.data_and_store_mut(&mut call);
    let argument = running.host.argument();
    let part = argument.get(from as usize..).and_then(|rest| rest.get(..part)).unwrap_or_default();
    place(memory, to, part.len())?.copy_from_slice(part);
    u32::try_from(whole).map_err(|_| halt(Stop::Beyond))
}

fn caller(mut call: Call<'_, '_>, to: u32) -> Result<(), Error> {
    charge(&mut call, fuel::LOOK)?;
    let account = call.data().host.caller();
    give(&mut call, to, &account)
}

fn address(mut call: Call<'_, '_>, to: u32) -> Result<(), Error> {
    charge(&mut call, fuel::LOOK)?;
    let account = call.data().host.address();
    give(&mut call, to, &account)
}

fn stake(mut call: Call<'_, '_>) -> Result<u64, Error> {
    charge(&mut call, fuel::LOOK)?;
    Ok(call.data().host.stake())
}

fn height(mut call: Call<'_, '_>) -> Result<u64, Error> {
    charge(&mut call, fuel::LOOK)?;
    Ok(call.data().host.height())
}

fn time_us(mut call: Call<'_, '_>) -> Result<u64, Error> {
    charge(&mut call, fuel::LOOK)?;
    Ok(call.data().host.time_us())
}

/// Copies the start of an entry; answers its whole length, or -1 where there is none.
fn get(mut call: Call<'_, '_>, key: u32, length: u32, to: u32, most: u32) -> Result<i32, Error> {
    charge(&mut call, fuel::GET)?;
    let key = take(&mut call, key, length, KEY_BYTES_MAX, fuel::PER_BYTE_READ)?;
    answer(&mut call, to, most, |running| running.host.get(&key))
}

/// As `get`, of another application.
fn read(
    mut call: Call<'_, '_>,
    app: u32,
    key: u32,
    length: u32,
    to: u32,
    most: u32,
) -> Result<i32, Error> {
    charge(&mut call, fuel::GET)?;
    let key = take(&mut call, key, length, KEY_BYTES_MAX, fuel::PER_BYTE_READ)?;
    let app = u16::try_from(app).map_err(|_| halt(Stop::Beyond))?;
    answer(&mut call, to, most, |running| running.host.read(app, &key))
}

fn put(mut call: Call<'_, '_>, key: u32, length: u32, from: u32, many: u32) -> Result<(), Error> {
    charge(&mut call, fuel::PUT)?;
    let key = take(&mut call, key, length, KEY_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    let value = take(&mut call, from, many, VALUE_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    let running = call.data_mut();
    count(&mut running.writes, WRITES_MAX)?;
    running.host.put(&key, Some(&value)).map_err(halt)
}

fn remove(mut call: Call<'_, '_>, key: u32, length: u32) -> Result<(), Error> {
    charge(&mut call, fuel::PUT)?;
    let key = take(&mut call, key, length, KEY_BYTES_MAX, fuel::PER_BYTE_READ)?;
    let running = call.data_mut();
    count(&mut running.writes, WRITES_MAX)?;
    running.host.put(&key, None).map_err(halt)
}

/// Does something in another application; answers zero, or the code of the refusal.
fn act(mut call: Call<'_, '_>, app: u32, verb: u32, from: u32, many: u32) -> Result<u32, Error> {
    charge(&mut call, fuel::ACT)?;
    let argument = take(&mut call, from, many, VALUE_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    let (Ok(app), Ok(verb)) = (u16::try_from(app), u16::try_from(verb)) else {
        return Err(halt(Stop::Beyond));
    };
    let running = call.data_mut();
    count(&mut running.acts, ACTS_MAX)?;
    running.host.act(app, verb, &argument).map(u32::from).map_err(halt)
}

fn event(mut call: Call<'_, '_>, name: u32, long: u32, from: u32, many: u32) -> Result<(), Error> {
    charge(&mut call, fuel::EVENT)?;
    let name = take(&mut call, name, long, EVENT_NAME_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    let body = take(&mut call, from, many, EVENT_BODY_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    let running = call.data_mut();
    count(&mut running.events, EVENTS_MAX)?;
    running.host.event(&name, &body).map_err(halt)
}

/// Sets the answer of the call; the last one counts.
fn output(mut call: Call<'_, '_>, from: u32, many: u32) -> Result<(), Error> {
    charge(&mut call, fuel::LOOK)?;
    call.data_mut().output = take(&mut call, from, many, OUTPUT_BYTES_MAX, fuel::PER_BYTE_KEPT)?;
    Ok(())
}

/// Ends the call: nothing of what it did remains.
fn refuse(_: Call<'_, '_>, code: u32) -> Result<(), Error> {
    Err(halt(Stop::Refused(code)))
}

fn bytes(many: usize, each: u64) -> u64 {
    each.saturating_mul(many as u64)
}

/// Takes fuel, or all that is left and ends the call.
fn charge(call: &mut Call<'_, '_>, fuel: u64) -> Result<(), Error> {
    match call.get_fuel()?.checked_sub(fuel) {
        Some(left) => call.set_fuel(left),
        None => Err(TrapCode::OutOfFuel.into()),
    }
}

fn count(done: &mut u32, most: u32) -> Result<(), Error> {
    *done += 1;
    if *done > most { Err(halt(Stop::Beyond)) } else { Ok(()) }
}

fn memory(call: &Call<'_, '_>) -> Result<Memory, Error> {
    let memory = call.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| halt(Stop::Trapped))
}

/// The module's memory at a place, whole or not at all.
fn place(memory: &mut [u8], at: u32, many: usize) -> Result<&mut [u8], Error> {
    let place = memory.get_mut(at as usize..).and_then(|rest| rest.get_mut(..many));
    place.ok_or_else(|| halt(Stop::Trapped))
}

/// Takes bytes out of the module's memory.
fn take(
    call: &mut Call<'_, '_>,
    from: u32,
    many: u32,
    most: usize,
    each: u64,
) -> Result<Vec<u8>, Error> {
    let many = many as usize;
    if many > most {
        return Err(halt(Stop::Beyond));
    }
    charge(call, bytes(many, each))?;
    let memory = memory(call)?;
    let (memory, _) = memory.data_and_store_mut(call);
    Ok(place(memory, from, many)?.to_vec())
}

/// Puts bytes into the module's memory.
fn give(call: &mut Call<'_, '_>, to: u32, what: &[u8]) -> Result<(), Error> {
    let memory = memory(call)?;
    let (memory, _) = memory.data_and_store_mut(call);
    place(memory, to, what.len())?.copy_from_slice(what);
    Ok(())
}

/// Puts the start of an entry into the module's memory.
fn answer(
    call: &mut Call<'_, '_>,
    to: u32,
    most: u32,
    look: impl for<'r> Fn(&'r Running<'_>) -> Option<&'r [u8]>,
) -> Result<i32, Error> {
    let Some(whole) = look(call.data()).map(<[u8]>::len) else { return Ok(-1) };
    let part = whole.min(most as usize);
    charge(call, bytes(part, fuel::PER_BYTE_READ))?;
    let memory = memory(call)?;
    let (memory, running) = memory.data_and_store_mut(call);
    let value = look(running).unwrap_or_default();
    place(memory, to, part)?.copy_from_slice(&value[..part]);
    i32::try_from(whole).map_err(|_| halt(Stop::Beyond))
}
