use app::tickets::{TICKETS, TicketRequest, Verb};
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Decode, Encode};
use crypto::{SecretKey, Signature};
use ledger::{
    Account, Auditor, BlocksPage, Genesis, History, MemoryHistory, Operation, Receipt,
    SealedTransaction, Transaction, sign_transaction,
};
use serde_json::json;
use types::{Duration, Time};

use super::support::Api;

/// A client's own transaction.
fn issue(api: &Api, nonce: u64, ticket: &str) -> SealedTransaction {
    let request =
        TicketRequest { ticket: ticket.to_owned(), data: Bytes(Vec::new()), actor: String::new() };
    let mut tx = Transaction {
        chain: api.handle.genesis().chain_id(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: TICKETS, verb: Verb::Issue as u16 },
        payload: Bytes(request.to_bytes()),
        fee: 0,
        expires: expiry(api),
        signature: Signature([0; 64]),
    };
    sign_transaction(&mut tx, &SecretKey::from_seed([9; 32]));
    SealedTransaction::new(&tx).unwrap()
}

fn expiry(api: &Api) -> Time {
    api.handle.now().after(Duration::from_ms(60_000))
}

async fn page_from(api: &Api, height: u64) -> BlocksPage {
    let answer = api.get(&format!("/api/v1/blocks/{height}/page")).await;
    BlocksPage::from_bytes(&answer.bytes).unwrap()
}

#[tokio::test]
async fn whole_blocks_are_handed_out_with_what_proves_them() {
    let api = Api::start().await;
    let tx = issue(&api, 1, "T-1");
    let path = "/api/v1/transactions";
    let done = api.post_bytes(path, "application/octet-stream", tx.bytes().to_vec()).await.data();
    assert_eq!(done["status"], "applied");
    let mut page = page_from(&api, 0).await;
    // A block is certified a little after it is executed.
    while !page.blocks.iter().any(|block| block.transactions().any(|(id, _)| id == tx.id())) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        page = page_from(&api, 0).await;
    }
    assert_eq!(page.blocks.last().unwrap().header.height, page.certified);
    let genesis = Genesis::clone(api.handle.genesis());
    let mut auditor = Auditor::new(genesis.clone(), page.lineage);
    let mut store = MemoryHistory::new(genesis.clone());
    for block in &page.blocks {
        auditor.check(block).unwrap();
    }
    assert_eq!(store.append(&page.blocks).unwrap().hash, page.hash);
    store.receipt(&tx.id()).unwrap().unwrap().verify(&genesis).unwrap();
    let beyond = page_from(&api, page.certified.next().get()).await;
    assert!(beyond.blocks.len() as u64 <= beyond.certified.get() - page.certified.get());
    assert_eq!(api.get("/api/v1/blocks/latest/page").await.status, 400);
}

#[tokio::test]
async fn a_signed_transaction_is_submitted_both_ways_and_proved() {
    let api = Api::start().await;
    let binary = issue(&api, 1, "T-1");
    let path = "/api/v1/transactions";
    let done =
        api.post_bytes(path, "application/octet-stream", binary.bytes().to_vec()).await.data();
    assert_eq!(done["status"], "applied");
    let text = issue(&api, 2, "T-2");
    let body = json!({ "transaction": STANDARD.encode(text.bytes()) });
    let done = api.post(path, &body).await.data();
    assert_eq!(done["transaction"], text.id().to_string());

    let answer = api.get(done["receipt"].as_str().unwrap()).await.data();
    let bytes = STANDARD.decode(answer["canonical"].as_str().unwrap()).unwrap();
    let receipt = Receipt::from_bytes(&bytes).unwrap();
    let genesis = api.get("/api/v1/genesis").await.data();
    let genesis = STANDARD.decode(genesis["canonical"].as_str().unwrap()).unwrap();
    let genesis = Genesis::from_bytes(&genesis).unwrap();
    assert_eq!(receipt.verify(&genesis), Ok(()));
    assert_eq!(receipt.record.id, text.id());
    let request = Request::get(done["receipt"].as_str().unwrap())
        .header("accept", "application/octet-stream")
        .body(Body::empty())
        .unwrap();
    assert_eq!(api.send(request).await.bytes, bytes);
}

#[tokio::test]
async fn the_same_transaction_again_has_the_same_answer() {
    let api = Api::start().await;
    let tx = issue(&api, 1, "T-1");
    let path = "/api/v1/transactions";
    let first = api.post_bytes(path, "application/octet-stream", tx.bytes().to_vec()).await.data();
    let again = api.post_bytes(path, "application/octet-stream", tx.bytes().to_vec()).await.data();
    assert_eq!(first, again);
    let other = issue(&api, 1, "T-2");
    let refused = api.post_bytes(path, "application/octet-stream", other.bytes().to_vec()).await;
    refused.is_problem(409, "NONCE_USED");
}

fn framed<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
        out.extend_from_slice(part);
    }
    out
}

#[tokio::test]
async fn batches_are_answered_one_by_one_and_in_counts() {
    let api = Api::start().await;
    let (first, second) = (issue(&api, 1, "T-1"), issue(&api, 2, "T-2"));
    let body = framed([first.bytes(), b"junk", second.bytes()]);
    let path = "/api/v1/transactions/batch";
    let answer = api.post_bytes(path, "application/octet-stream", body).await;
    assert_eq!(answer.status, 202);
    assert_eq!(
        answer.data(),
        json!({ "received": 3, "accepted": 2, "refused": { "MALFORMED_TRANSACTION": 1 } })
    );
    let third = issue(&api, 3, "T-3");
    let request = Request::post(path)
        .header("content-type", "application/octet-stream")
        .header("accept", "application/octet-stream")
        .body(Body::from(framed([third.bytes(), b""])))
        .unwrap();
    assert_eq!(api.send(request).await.bytes, [0, 0, 0xff, 0xff]);
}

#[tokio::test]
async fn broken_batches_are_refused_whole() {
    let api = Api::start().await;
    let broken: [&[u8]; 4] = [b"", b"\x01", b"\x05\0\0\0abc", b"\xff\xff\xff\xff"];
    for body in broken {
        let path = "/api/v1/transactions/batch";
        let answer = api.post_bytes(path, "application/octet-stream", body.to_vec()).await;
        answer.is_problem(400, "MALFORMED_TRANSACTION");
    }
    let many = vec![0; 4 * 16_385];
    let answer =
        api.post_bytes("/api/v1/transactions/batch", "application/octet-stream", many).await;
    answer.is_problem(400, "MALFORMED_TRANSACTION");
}

#[tokio::test]
async fn blocks_are_listed_and_shown_with_their_certificates() {
    let api = Api::start().await;
    for id in ["T-1", "T-2", "T-3"] {
        api.post("/api/v1/tickets/issue", &json!({ "ticket_id": id })).await.data();
    }
    let latest = api.get("/api/v1/blocks/latest").await.data();
    let height = latest["header"]["height"].as_u64().unwrap();
    assert!(height >= 3);
    assert_eq!(latest["certificate"]["signatures"].as_array().unwrap().len(), 1);
    assert_eq!(latest["certificate"]["block"], latest["header"]["hash"]);
    let apps = app::Apps::builtin().ids().count() + 1;
    assert_eq!(latest["header"]["state_roots"].as_object().unwrap().len(), apps);
    let page = api.get("/api/v1/blocks?limit=2").await;
    let heights: Vec<u64> = page.data()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| header["height"].as_u64().unwrap())
        .collect();
    assert_eq!(heights, [height, height - 1]);
    assert!(page.header("link").contains("rel=\"next\""));
    assert_eq!(
        api.get("/api/v1/consensus/logs?limit=1").await.data()["logs"][0]["sequence"],
        height
    );
    api.get("/api/v1/blocks/999999").await.is_problem(404, "BLOCK_UNKNOWN");
    api.get("/api/v1/blocks/0").await.is_problem(404, "BLOCK_UNKNOWN");
    api.get("/api/v1/blocks/-1").await.is_problem(400, "BAD_PARAMETER");
    let absurd = "/api/v1/blocks/18446744073709551616";
    api.get(absurd).await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn unknown_transactions_are_said_to_be_unknown() {
    let api = Api::start().await;
    let id = "11".repeat(32);
    api.get(&format!("/api/v1/transactions/{id}")).await.is_problem(404, "TRANSACTION_UNKNOWN");
    api.get(&format!("/api/v1/receipts/{id}")).await.is_problem(404, "TRANSACTION_UNKNOWN");
    api.get("/api/v1/receipts/xyz").await.is_problem(400, "BAD_PARAMETER");
}

#[test]
fn every_refusal_has_a_public_code() {
    for refusal in ledger::Refusal::ALL {
        let code = super::super::failure::code_of(*refusal);
        assert_eq!(code.label(), refusal.label());
    }
}
