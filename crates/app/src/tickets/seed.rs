//! The deterministic set of 500 tickets of the ticket network (seed 002).

/// How many tickets the set has.
pub const SEED_TICKETS: u32 = 500;

/// The id and JSON data of ticket `number` of the set, from 1.
#[must_use]
pub fn seed_ticket(number: u32) -> (String, String) {
    let index = number.saturating_sub(1);
    let (section, price) = match index % 4 {
        0 => ("VIP", "150.00"),
        1 => ("Floor", "85.00"),
        2 => ("Balcony", "65.00"),
        _ => ("General", "40.00"),
    };
    let row = char::from(b'A' + u8::try_from(index / 10 % 26).unwrap_or(0));
    let seat = index % 10 + 1;
    let data = format!(
        r#"{{"event":"Summer Music Festival 2026","venue":"Grand Arena","section":"{section}","seat":"{row}{seat}","price":{price},"buyer":"buyer_{number:03}@email.com"}}"#
    );
    (format!("TICKET-{number:03}"), data)
}
