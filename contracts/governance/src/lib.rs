//! Apply approved proposals when their deadline has passed, and pay whoever sets it going.
//!
//! It pays out of the stake that it was given.
//!
//! | function | argument | who | does |
//! |---|---|---|---|
//! | `init` | reward | the owner, once | says what is paid for each proposal; stake that comes along pays for it |
//! | `fund` | | anybody, with stake | gives more stake to pay with |
//! | `watch` | number | anybody | watches an open proposal |
//! | `run` | | anybody | applies what is due, and is paid for each; answers how many |
//! | `watched` | | anybody, as a query | answers the numbers of the watched proposals |
#![no_std]

use guest::{
    Argument, GOVERNANCE, REGISTRY, act, caller, event, get, height, output, put, read, refuse,
    stake,
};

/// There is no such proposal, or it is closed.
const NOT_OPEN: u32 = 10;
/// The proposal is watched already, or too many are.
const NO_ROOM: u32 = 11;
/// Nothing is due.
const NOT_DUE: u32 = 12;
/// No stake came with the call.
const NO_STAKE: u32 = 13;

/// Most proposals that are watched at once.
const WATCHED_MAX: usize = 16;
/// Most that one call applies.
const APPLIED_MAX: usize = 4;
/// The verb of governance that counts the votes.
const APPLY: u32 = 4;
/// Room for a proposal: its text is the most of it.
const PROPOSAL_BYTES: usize = 5 * 1024;
/// The status of a proposal that nobody has applied.
const OPEN: u8 = 0;

#[unsafe(no_mangle)]
extern "C" fn init() {
    let mut argument = Argument::take();
    let reward = argument.number();
    argument.end();
    put(b"reward", &reward.to_le_bytes());
}

#[unsafe(no_mangle)]
extern "C" fn fund() {
    if stake() == 0 {
        refuse(NO_STAKE);
    }
    event("funded", &stake().to_le_bytes());
}

#[unsafe(no_mangle)]
extern "C" fn watch() {
    let mut argument = Argument::take();
    let number = argument.number();
    argument.end();
    if deadline(number).is_none() {
        refuse(NOT_OPEN);
    }
    let (mut list, count) = list();
    let is_watched = list[..count].contains(&number);
    match list.get_mut(count).filter(|_| !is_watched) {
        Some(place) => *place = number,
        None => refuse(NO_ROOM),
    }
    keep(&list[..=count]);
    event("watched", &number.to_le_bytes());
}

#[unsafe(no_mangle)]
extern "C" fn run() {
    let (list, count) = list();
    let (mut left, mut lefts, mut applied) = ([0; WATCHED_MAX], 0, 0);
    for &number in &list[..count] {
        let is_due = match deadline(number) {
            Some(deadline) => height() > deadline && applied < APPLIED_MAX,
            // Somebody else applied it meanwhile: there is nothing left to do, and nothing to pay.
            None => continue,
        };
        if is_due && act(GOVERNANCE, APPLY, &number.to_le_bytes()) == 0 {
            event("applied", &number.to_le_bytes());
            applied += 1;
        } else {
            left[lefts] = number;
            lefts += 1;
        }
    }
    if lefts == count {
        refuse(NOT_DUE);
    }
    keep(&left[..lefts]);
    pay(applied as u64);
    output(&(applied as u64).to_le_bytes());
}

#[unsafe(no_mangle)]
extern "C" fn watched() {
    let mut room = [0; WATCHED_MAX * 8];
    output(get(b"watched", &mut room).unwrap_or_default());
}

/// Pays what can be paid: an empty purse does not keep anybody from working.
fn pay(applied: u64) {
    let mut room = [0; 8];
    let reward = match get(b"reward", &mut room) {
        Some(_) => u64::from_le_bytes(room),
        None => 0,
    };
    let paid = reward.saturating_mul(applied);
    let mut argument = [0; 40];
    let (account, amount) = argument.split_at_mut(32);
    account.copy_from_slice(&caller());
    amount.copy_from_slice(&paid.to_le_bytes());
    if paid > 0 && act(REGISTRY, 9, &argument) == 0 {
        event("paid", &paid.to_le_bytes());
    }
}

/// The last block in which an open proposal can be voted on.
fn deadline(number: u64) -> Option<u64> {
    let mut key = *b"proposal/01234567";
    key[9..].copy_from_slice(&number.to_be_bytes());
    let mut room = [0; PROPOSAL_BYTES];
    let mut rest = Rest(read(GOVERNANCE, &key, &mut room)?);
    // The proposer, the title, the text, and the settings of ten bytes each.
    rest.skip(32)?;
    for each in [1, 1, 10] {
        let many = u32::from_le_bytes(rest.take()?) as usize;
        rest.skip(many.checked_mul(each)?)?;
    }
    rest.skip(8)?;
    let deadline = u64::from_le_bytes(rest.take()?);
    rest.skip(16)?;
    let [status] = rest.take()?;
    (status == OPEN).then_some(deadline)
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, many: usize) -> Option<()> {
        self.0 = self.0.get(many..)?;
        Some(())
    }
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }
}

fn list() -> ([u64; WATCHED_MAX], usize) {
    let (mut list, mut room) = ([0; WATCHED_MAX], [0; WATCHED_MAX * 8]);
    let bytes = get(b"watched", &mut room).unwrap_or_default();
    for (place, number) in list.iter_mut().zip(bytes.chunks_exact(8)) {
        *place = u64::from_le_bytes(number.try_into().unwrap_or_default());
    }
    (list, bytes.len() / 8)
}

fn keep(list: &[u64]) {
    let mut bytes = [0; WATCHED_MAX * 8];
    for (place, number) in bytes.chunks_exact_mut(8).zip(list) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    put(b"watched", bytes.get(..list.len() * 8).unwrap_or_default());
}
