//! Hold stake for a seller until the buyer or an arbiter releases it.
//!
//! The seller or the arbiter can give it back, and behind the deadline the buyer can take it back.
//!
//! | function | argument | who | does |
//! |---|---|---|---|
//! | `open` | seller, arbiter, deadline | anybody, with stake | holds the stake; answers the agreement's number |
//! | `release` | number | buyer, arbiter | gives the stake to the seller |
//! | `refund` | number | seller, arbiter; behind the deadline the buyer | gives the stake back to the buyer |
//! | `agreement` | number | anybody, as a query | answers buyer, seller, arbiter, deadline, stake |
#![no_std]

use guest::{Account, Argument, caller, event, get, height, output, put, refuse, remove, stake};

/// No stake came with the call, or some did where none belongs.
const BAD_STAKE: u32 = 10;
/// There is no such agreement, or no longer.
const NO_AGREEMENT: u32 = 11;
/// The caller may not do this, or not yet.
const NOT_YOURS: u32 = 12;
/// The deadline has passed already.
const LATE: u32 = 13;

struct Agreement {
    buyer: Account,
    seller: Account,
    arbiter: Account,
    /// The last block in which the buyer is bound.
    deadline: u64,
    stake: u64,
}

const BYTES: usize = 3 * 32 + 2 * 8;

impl Agreement {
    fn to_bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let (accounts, numbers) = bytes.split_at_mut(96);
        for (place, account) in
            accounts.chunks_mut(32).zip([&self.buyer, &self.seller, &self.arbiter])
        {
            place.copy_from_slice(account);
        }
        for (place, number) in numbers.chunks_mut(8).zip([self.deadline, self.stake]) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn of(number: u64) -> Self {
        let mut room = [0; BYTES];
        let Some(bytes) = get(&number.to_be_bytes(), &mut room) else { refuse(NO_AGREEMENT) };
        let (accounts, numbers) = bytes.split_at(96);
        let account = |at: usize| accounts[at..at + 32].try_into().unwrap_or_default();
        let number =
            |at: usize| u64::from_le_bytes(numbers[at..at + 8].try_into().unwrap_or_default());
        Self {
            buyer: account(0),
            seller: account(32),
            arbiter: account(64),
            deadline: number(0),
            stake: number(8),
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn open() {
    let mut argument = Argument::take();
    let (seller, arbiter, deadline) = (argument.account(), argument.account(), argument.number());
    argument.end();
    if stake() == 0 {
        refuse(BAD_STAKE);
    }
    if deadline <= height() {
        refuse(LATE);
    }
    let mut room = [0; 8];
    let number = match get(b"next", &mut room) {
        Some(_) => u64::from_le_bytes(room),
        None => 0,
    };
    put(b"next", &(number + 1).to_le_bytes());
    let agreement = Agreement { buyer: caller(), seller, arbiter, deadline, stake: stake() };
    put(&number.to_be_bytes(), &agreement.to_bytes());
    event("opened", &number.to_le_bytes());
    output(&number.to_le_bytes());
}

#[unsafe(no_mangle)]
extern "C" fn release() {
    let (number, agreement) = asked();
    if ![agreement.buyer, agreement.arbiter].contains(&caller()) {
        refuse(NOT_YOURS);
    }
    close(number, &agreement, &agreement.seller, "released");
}

#[unsafe(no_mangle)]
extern "C" fn refund() {
    let (number, agreement) = asked();
    let is_due = caller() == agreement.buyer && height() > agreement.deadline;
    if !is_due && ![agreement.seller, agreement.arbiter].contains(&caller()) {
        refuse(NOT_YOURS);
    }
    close(number, &agreement, &agreement.buyer, "refunded");
}

#[unsafe(no_mangle)]
extern "C" fn agreement() {
    output(&asked().1.to_bytes());
}

fn asked() -> (u64, Agreement) {
    let mut argument = Argument::take();
    let number = argument.number();
    argument.end();
    if stake() > 0 {
        refuse(BAD_STAKE);
    }
    (number, Agreement::of(number))
}

fn close(number: u64, agreement: &Agreement, to: &Account, what: &str) {
    remove(&number.to_be_bytes());
    guest::transfer(to, agreement.stake);
    event(what, &number.to_le_bytes());
}
