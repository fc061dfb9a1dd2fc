//! Transactions that nobody should send, each refused by its own name (reliability.md 4.3, items 20 to 24).

use app::tickets::{TICKETS, TicketRequest, Verb};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{
    Account, Operation, SealedTransaction, Transaction, sign_transaction, tx_signing_bytes,
};
use serde_json::json;
use types::limits::TX_PAYLOAD_BYTES_MAX;
use types::{ChainId, Digest, Duration, Time};

use super::support::{Answer, Api};

const PATH: &str = "/api/v1/transactions";

fn key() -> SecretKey {
    SecretKey::from_seed([9; 32])
}

/// A good transaction: the issue of a ticket.
fn good(api: &Api, nonce: u64) -> Transaction {
    let ticket = format!("H-{nonce}");
    let request = TicketRequest { ticket, data: Bytes(Vec::new()), actor: String::new() };
    Transaction {
        chain: api.handle.genesis().chain_id(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: TICKETS, verb: Verb::Issue as u16 },
        payload: Bytes(request.to_bytes()),
        fee: 0,
        expires: api.handle.now().after(Duration::from_ms(60_000)),
        signature: Signature::NONE,
    }
}

fn signed(mut tx: Transaction) -> Vec<u8> {
    sign_transaction(&mut tx, &key());
    tx.to_bytes()
}

async fn send(api: &Api, bytes: Vec<u8>) -> Answer {
    api.post_bytes(PATH, "application/octet-stream", bytes).await
}

#[tokio::test]
async fn bytes_that_are_no_transaction_are_malformed() {
    let api = Api::start().await;
    let whole = signed(good(&api, 1));
    for cut in [0, 1, 31, 32, whole.len() - 1] {
        send(&api, whole[..cut].to_vec()).await.is_problem(400, "MALFORMED_TRANSACTION");
    }
    let longer = [&whole[..], &[0]].concat();
    send(&api, longer).await.is_problem(400, "MALFORMED_TRANSACTION");
    let text = json!({ "transaction": "%%" });
    api.post(PATH, &text).await.is_problem(400, "MALFORMED_BASE64");
    let text = json!({ "transaction": STANDARD.encode(&whole[1..]) });
    api.post(PATH, &text).await.is_problem(400, "MALFORMED_TRANSACTION");
    api.post(PATH, &json!({})).await.is_problem(400, "MALFORMED_JSON");
    assert_eq!(send(&api, whole).await.data()["status"], "applied");
}

#[tokio::test]
async fn payloads_that_are_no_argument_are_malformed_and_verbs_that_do_not_exist_unknown() {
    let api = Api::start().await;
    let junk = Transaction { payload: Bytes(vec![0xff; 9]), ..good(&api, 1) };
    send(&api, signed(junk)).await.is_problem(400, "MALFORMED_PAYLOAD");
    let verb = Transaction { operation: Operation { app: TICKETS, verb: 99 }, ..good(&api, 1) };
    send(&api, signed(verb)).await.is_problem(422, "UNKNOWN_OPERATION");
    let operation = Operation { app: ledger::AppId(60_000), verb: 1 };
    let app = Transaction { operation, ..good(&api, 1) };
    send(&api, signed(app)).await.is_problem(422, "UNKNOWN_OPERATION");
}

#[tokio::test]
async fn oversized_transactions_are_refused_unread() {
    let api = Api::start().await;
    let long = Transaction { payload: Bytes(vec![0; TX_PAYLOAD_BYTES_MAX + 1]), ..good(&api, 1) };
    send(&api, signed(long)).await.is_problem(400, "MALFORMED_TRANSACTION");
    // A length that the bytes do not have costs nothing.
    let mut absurd = signed(good(&api, 1));
    absurd[76..80].copy_from_slice(&u32::MAX.to_le_bytes());
    send(&api, absurd).await.is_problem(400, "MALFORMED_TRANSACTION");
    let body = vec![0; crate::http::JSON_BYTES_MAX + 1];
    send(&api, body).await.is_problem(413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn a_duplicate_has_the_first_ones_answer_and_is_executed_once() {
    let api = Api::start().await;
    let bytes = signed(good(&api, 1));
    let first = send(&api, bytes.clone()).await.data();
    for _ in 0..50 {
        assert_eq!(send(&api, bytes.clone()).await.data(), first);
    }
    let block = api.get(&format!("/api/v1/blocks/{}", first["height"])).await.data();
    let ids = block["transactions"].as_array().unwrap();
    assert_eq!(ids.iter().filter(|tx| tx["id"] == first["transaction"]).count(), 1);
    let tickets = api.get("/api/v1/tickets").await.data();
    assert_eq!(tickets["counts"]["total"], 1);
}

#[tokio::test]
async fn a_duplicate_that_still_waits_is_no_second_one() {
    let api = Api::alone_of(4).await;
    let bytes = signed(good(&api, 1));
    let path = format!("{PATH}?wait=accepted");
    let kind = "application/octet-stream";
    let first = api.post_bytes(&path, kind, bytes.clone()).await.data();
    for _ in 0..20 {
        assert_eq!(api.post_bytes(&path, kind, bytes.clone()).await.data(), first);
    }
    let waiting = api.get("/api/v1/stats").await.data()["pool_transactions"].as_u64().unwrap();
    assert!(waiting <= 1, "{waiting} wait");
}

#[tokio::test]
async fn an_expired_transaction_is_refused() {
    let api = Api::start().await;
    let past = Transaction { expires: Time::from_us(1), ..good(&api, 1) };
    send(&api, signed(past)).await.is_problem(422, "EXPIRED");
    let now = Transaction { expires: api.handle.now(), ..good(&api, 1) };
    send(&api, signed(now)).await.is_problem(422, "EXPIRED");
}

#[tokio::test]
async fn a_replayed_nonce_is_used_whatever_stands_behind_it() {
    let api = Api::start().await;
    send(&api, signed(good(&api, 7))).await.data();
    let request =
        TicketRequest { ticket: "other".into(), data: Bytes(Vec::new()), actor: String::new() };
    let other = Transaction { payload: Bytes(request.to_bytes()), ..good(&api, 7) };
    send(&api, signed(other)).await.is_problem(409, "NONCE_USED");
    let dearer = Transaction { fee: 1_000, ..good(&api, 7) };
    send(&api, signed(dearer)).await.is_problem(409, "NONCE_USED");
    // Gaps are allowed, in both directions.
    for nonce in [u64::MAX, 100, 3] {
        assert_eq!(send(&api, signed(good(&api, nonce))).await.data()["status"], "applied");
    }
}

#[tokio::test]
async fn a_transaction_for_another_chain_is_refused() {
    let api = Api::start().await;
    for chain in [ChainId::default(), ChainId(Digest::new([7; 32]))] {
        let foreign = Transaction { chain, ..good(&api, 1) };
        send(&api, signed(foreign)).await.is_problem(422, "WRONG_CHAIN");
    }
}

/// The group's order, little-endian (RFC 8032).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with its scalar one order higher: another encoding that a lax checker accepts.
fn malleated(signature: Signature) -> Signature {
    let mut bytes = signature.0;
    let mut carry = 0_u16;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    Signature(bytes)
}

#[tokio::test]
async fn a_signature_that_does_not_hold_is_refused() {
    let api = Api::start().await;
    let mut tx = good(&api, 1);
    send(&api, tx.to_bytes()).await.is_problem(422, "BAD_SIGNATURE");
    sign_transaction(&mut tx, &key());
    // Any other field under the same signature.
    let forged = [
        Transaction { nonce: 2, ..tx.clone() },
        Transaction { fee: 1, ..tx.clone() },
        Transaction { expires: tx.expires.after(Duration::from_ms(1)), ..tx.clone() },
        Transaction {
            sender: Account(SecretKey::from_seed([8; 32]).public().to_bytes()),
            ..tx.clone()
        },
        Transaction { signature: malleated(tx.signature), ..tx.clone() },
    ];
    for forged in forged {
        send(&api, forged.to_bytes()).await.is_problem(422, "BAD_SIGNATURE");
    }
    // What is signed without the domain of transactions holds nowhere.
    let bytes = tx.to_bytes();
    let undomained = key().sign(&bytes[..bytes.len() - 64]);
    assert_ne!(tx_signing_bytes(&bytes).len(), bytes.len() - 64);
    let tx = Transaction { signature: undomained, ..tx };
    send(&api, tx.to_bytes()).await.is_problem(422, "BAD_SIGNATURE");
}

/// Keys under which one signature holds for many messages, and bytes that are no key at all.
#[tokio::test]
async fn keys_of_small_order_sign_nothing() {
    let api = Api::start().await;
    let mut identity = [0; 32];
    identity[0] = 1;
    let order_two = {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xec, 0x7f);
        bytes
    };
    let not_canonical = [0xff; 32];
    for sender in [[0; 32], identity, order_two, not_canonical] {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&identity);
        let signature = Signature(signature);
        let tx = Transaction { sender: Account(sender), signature, ..good(&api, 1) };
        send(&api, tx.to_bytes()).await.is_problem(422, "BAD_SIGNATURE");
    }
}

#[tokio::test]
async fn one_clients_flood_is_pushed_back_and_others_are_served() {
    let settings = [("mempool.per_sender_max", "4"), ("consensus.batches_in_flight", "1")];
    let settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let plan = crate::NetworkPlan { settings, ..super::support::alone(4) };
    let api = Api::of_plan(&plan, crate::http::HttpOptions::default()).await;
    let path = format!("{PATH}?wait=accepted");
    let kind = "application/octet-stream";
    let mut refused = None;
    for nonce in 0..50 {
        let answer = api.post_bytes(&path, kind, signed(good(&api, nonce))).await;
        if answer.status != 202 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a client may have only so many waiting");
    let problem = refused.is_problem(429, "SENDER_LIMIT");
    assert_eq!((refused.header("retry-after"), &problem["retryable"]), ("1", &json!(true)));
    let mut other = good(&api, 1);
    sign_transaction(&mut other, &SecretKey::from_seed([8; 32]));
    let sealed = SealedTransaction::new(&other).unwrap();
    let other = api.post_bytes(&path, kind, sealed.bytes().to_vec()).await;
    assert_eq!(other.status, 202, "{}", other.text());
}
