//! The host's functions, as a contract in Rust calls them.
//!
//! `docs/contracts.md` says what each does and costs.
//! A contract exports functions without parameters and results. What it is given is [`Argument`]; what it answers,
//! [`output`]. All numbers are little-endian.
#![no_std]

/// An account: a client, or a contract.
pub type Account = [u8; 32];

/// The message queue.
pub const QUEUE: u32 = 5;
/// The registry of hubs and stake.
pub const REGISTRY: u32 = 6;
/// Governance.
pub const GOVERNANCE: u32 = 7;

/// The code with which [`Argument`] refuses what is too short or too long.
pub const BAD_ARGUMENT: u32 = 1;
/// The code with which [`transfer`] refuses.
pub const TRANSFER_REFUSED: u32 = 2;

mod host {
    #[link(wasm_import_module = "unisono_1")]
    unsafe extern "C" {
        pub(crate) safe fn argument(to: *mut u8, from: usize, most: usize) -> usize;
        pub(crate) safe fn caller(to: *mut u8);
        pub(crate) safe fn address(to: *mut u8);
        pub(crate) safe fn stake() -> u64;
        pub(crate) safe fn height() -> u64;
        pub(crate) safe fn time_us() -> u64;
        pub(crate) safe fn get(key: *const u8, length: usize, to: *mut u8, most: usize) -> i32;
        pub(crate) safe fn put(key: *const u8, length: usize, from: *const u8, many: usize);
        pub(crate) safe fn remove(key: *const u8, length: usize);
        pub(crate) safe fn read(
            app: u32,
            key: *const u8,
            length: usize,
            to: *mut u8,
            most: usize,
        ) -> i32;
        pub(crate) safe fn act(app: u32, verb: u32, from: *const u8, many: usize) -> u32;
        pub(crate) safe fn event(name: *const u8, long: usize, from: *const u8, many: usize);
        pub(crate) safe fn output(from: *const u8, many: usize);
        pub(crate) safe fn refuse(code: u32);
    }
}

/// Who calls.
pub fn caller() -> Account {
    let mut account = [0; 32];
    host::caller(account.as_mut_ptr());
    account
}
/// The contract's own account.
pub fn address() -> Account {
    let mut account = [0; 32];
    host::address(account.as_mut_ptr());
    account
}
/// The stake that came with the call.
pub fn stake() -> u64 {
    host::stake()
}
/// The block's height.
pub fn height() -> u64 {
    host::height()
}
/// The agreed time, in microseconds.
pub fn time_us() -> u64 {
    host::time_us()
}
/// The contract's entry under a key, as far as `room` goes; nothing where there is none.
pub fn get<'a>(key: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = host::get(key.as_ptr(), key.len(), room.as_mut_ptr(), room.len());
    part(length, room)
}
/// Puts an entry.
pub fn put(key: &[u8], value: &[u8]) {
    host::put(key.as_ptr(), key.len(), value.as_ptr(), value.len());
}
/// Removes an entry.
pub fn remove(key: &[u8]) {
    host::remove(key.as_ptr(), key.len());
}
/// Another application's entry under a key, as far as `room` goes; nothing where there is none.
pub fn read<'a>(app: u32, key: &[u8], room: &'a mut [u8]) -> Option<&'a [u8]> {
    let length = host::read(app, key.as_ptr(), key.len(), room.as_mut_ptr(), room.len());
    part(length, room)
}
fn part(length: i32, room: &[u8]) -> Option<&[u8]> {
    let length = usize::try_from(length).ok()?;
    room.get(..length.min(room.len()))
}
/// Does something in another application; answers zero, or why that application refused.
pub fn act(app: u32, verb: u32, argument: &[u8]) -> u32 {
    host::act(app, verb, argument.as_ptr(), argument.len())
}
/// Tells those who listen.
pub fn event(name: &str, body: &[u8]) {
    host::event(name.as_ptr(), name.len(), body.as_ptr(), body.len());
}
/// Answers the call.
pub fn output(answer: &[u8]) {
    host::output(answer.as_ptr(), answer.len());
}
/// Ends the call: nothing of what it did remains.
pub fn refuse(code: u32) -> ! {
    host::refuse(code);
    stop()
}

/// Gives stake of the contract away.
pub fn transfer(to: &Account, stake: u64) {
    let mut argument = [0; 40];
    let (account, amount) = argument.split_at_mut(32);
    account.copy_from_slice(to);
    amount.copy_from_slice(&stake.to_le_bytes());
    if act(REGISTRY, 9, &argument) != 0 {
        refuse(TRANSFER_REFUSED);
    }
}

/// What the call was given, read from the front; at most 128 bytes.
pub struct Argument {
    bytes: [u8; 128],
    length: usize,
    at: usize,
}

impl Argument {
    /// Takes it from the host.
    pub fn take() -> Self {
        let mut bytes = [0; 128];
        let length = host::argument(bytes.as_mut_ptr(), 0, bytes.len());
        if length > bytes.len() {
            refuse(BAD_ARGUMENT);
        }
        Self { bytes, length, at: 0 }
    }
    fn next<const N: usize>(&mut self) -> [u8; N] {
        let end = self.at + N;
        let part = self.bytes.get(self.at..end).and_then(|part| part.try_into().ok());
        match part {
            Some(part) if end <= self.length => {
                self.at = end;
                part
            }
            _ => refuse(BAD_ARGUMENT),
        }
    }
    /// The next eight bytes as a number.
    pub fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.next())
    }
    /// The next 32 bytes as an account.
    pub fn account(&mut self) -> Account {
        self.next()
    }
    /// That nothing is left.
    pub fn end(self) {
        if self.at != self.length {
            refuse(BAD_ARGUMENT);
        }
    }
}

fn stop() -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    loop {}
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    stop()
}
