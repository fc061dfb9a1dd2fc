use app::contracts::{CONTRACTS, Call, Deploy, Verb, address};
use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, Operation, SealedTransaction, Transaction, sign_transaction};
use serde_json::json;
use types::Duration;

use super::support::{Answer, Api};

/// Answers its argument, refuses by its own code 7, never ends, or writes.
const ECHO: &str = r#"(module
    (import "unisono_1" "argument" (func $argument (param i32 i32 i32) (result i32)))
    (import "unisono_1" "output" (func $output (param i32 i32)))
    (import "unisono_1" "refuse" (func $refuse (param i32)))
    (import "unisono_1" "put" (func $put (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "echo")
        (call $output (i32.const 0) (call $argument (i32.const 0) (i32.const 0) (i32.const 64))))
    (func (export "no") (call $refuse (i32.const 7)))
    (func (export "spin") (loop $again (br $again)))
    (func (export "keep") (call $put (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 2)))
    (func (export "write") (call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))))"#;

fn key() -> SecretKey {
    SecretKey::from_seed([9; 32])
}

async fn send(api: &Api, nonce: u64, verb: Verb, argument: &impl Encode) -> Answer {
    let mut tx = Transaction {
        chain: api.handle.genesis().chain_id(),
        sender: Account::default(),
        nonce,
        operation: Operation { app: CONTRACTS, verb: verb as u16 },
        payload: Bytes(argument.to_bytes()),
        fee: 0,
        expires: api.handle.now().after(Duration::from_ms(60_000)),
        signature: Signature([0; 64]),
    };
    sign_transaction(&mut tx, &key());
    let bytes = SealedTransaction::new(&tx).unwrap().bytes().to_vec();
    api.post_bytes("/api/v1/transactions", "application/octet-stream", bytes).await
}

/// Deploys the module above; answers where it is.
async fn deployed(api: &Api) -> Account {
    let code = wat::parse_str(ECHO).unwrap();
    let echo = address(&Account(key().public().to_bytes()), &code, 0);
    let (code, argument) = (Bytes(code), Bytes(Vec::new()));
    let deploy = Deploy { code, salt: 0, argument, fuel: 1_000_000, stake: 0 };
    send(api, 1, Verb::Deploy, &deploy).await.data();
    echo
}

fn call(contract: Account, function: &str) -> Call {
    let (function, argument) = (function.to_owned(), Bytes(b"hello".to_vec()));
    Call { contract, function, argument, fuel: 500_000, stake: 0 }
}

#[tokio::test]
async fn a_contract_is_deployed_called_and_shown() {
    let api = Api::start().await;
    let echo = deployed(&api).await;
    let shown = api.get(&format!("/api/v1/contracts/{echo}")).await.data();
    assert_eq!((&shown["address"], &shown["entries"]), (&json!(echo.to_string()), &json!(0)));
    let called = send(&api, 2, Verb::Call, &call(echo, "echo")).await.data();
    let run = format!("/api/v1/contracts/runs/{}", Account(key().public().to_bytes()));
    let ran = api.get(&format!("{run}/2")).await.data();
    assert_eq!((&ran["output"], &ran["height"]), (&json!("aGVsbG8="), &called["height"]));
    assert_eq!(
        (&ran["outcome"], &ran["code"], &ran["paid"]),
        (&json!("APPLIED"), &json!(0), &json!(0))
    );
    send(&api, 3, Verb::Call, &call(echo, "no")).await.is_problem(409, "CONTRACT_REFUSED");
    let ran = api.get(&format!("{run}/3")).await.data();
    assert_eq!((&ran["outcome"], &ran["code"]), (&json!("CONTRACT_REFUSED"), &json!(7)));
    send(&api, 4, Verb::Call, &call(echo, "spin")).await.is_problem(422, "OUT_OF_FUEL");
    assert_eq!(api.get(&format!("{run}/4")).await.data()["fuel"], 500_000);
    api.get(&format!("{run}/9")).await.is_problem(404, "TRANSACTION_UNKNOWN");
    api.get(&format!("{run}/x")).await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn a_contract_is_asked() {
    let api = Api::start().await;
    let echo = deployed(&api).await;
    let path = format!("/api/v1/contracts/{echo}/query");
    let asked = json!({ "function": "echo", "argument": "aGVsbG8=" });
    let answer = api.post(&path, &asked).await.data();
    assert_eq!(answer["output"], "aGVsbG8=");
    assert!(answer["fuel"].as_u64().unwrap() > 0 && answer["height"].as_u64().unwrap() > 0);
    for (function, status, code) in [
        ("no", 409, "CONTRACT_REFUSED"),
        ("spin", 422, "OUT_OF_FUEL"),
        ("write", 422, "CONTRACT_READ_ONLY"),
        ("none", 404, "FUNCTION_UNKNOWN"),
    ] {
        api.post(&path, &json!({ "function": function })).await.is_problem(status, code);
    }
    let dear = json!({ "function": "echo", "fuel": 100_000_000 });
    api.post(&path, &dear).await.is_problem(422, "FUEL_OUT_OF_RANGE");
    let bad = json!({ "function": "echo", "argument": "?" });
    api.post(&path, &bad).await.is_problem(400, "MALFORMED_BASE64");
    let nobody = json!({ "function": "echo", "caller": "me" });
    api.post(&path, &nobody).await.is_problem(400, "BAD_PARAMETER");
    let none = format!("/api/v1/contracts/{}", Account([1; 32]));
    api.get(&none).await.is_problem(404, "CONTRACT_UNKNOWN");
    let asked = json!({ "function": "echo" });
    api.post(&format!("{none}/query"), &asked).await.is_problem(404, "CONTRACT_UNKNOWN");
    api.get("/api/v1/contracts/xyz").await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn contracts_their_entries_and_their_calls_are_listed() {
    let api = Api::start().await;
    for list in ["contracts", "contracts/runs"] {
        assert_eq!(api.get(&format!("/api/v1/{list}")).await.data()["items"], json!([]));
    }
    let echo = deployed(&api).await;
    for (nonce, function) in [(2, "keep"), (3, "write"), (4, "no")] {
        send(&api, nonce, Verb::Call, &call(echo, function)).await;
    }
    let contracts = api.get("/api/v1/contracts?limit=1").await.data();
    assert_eq!(contracts["items"][0]["address"], echo.to_string());
    assert_eq!(
        (&contracts["items"][0]["entries"], &contracts["next_cursor"]),
        (&json!(2), &json!(null))
    );
    let proof = contracts["items"][0]["proof"].as_str().unwrap().to_owned();
    assert!(api.get(&proof).await.data()["value"].is_string());

    let path = format!("/api/v1/contracts/{echo}/entries");
    let first = api.get(&format!("{path}?limit=1")).await.data();
    assert_eq!(first["items"][0]["key"], "\\x00");
    let cursor = first["next_cursor"].as_str().unwrap().to_owned();
    let rest = api.get(&format!("{path}?limit=1&cursor={cursor}")).await.data();
    assert_eq!(rest["items"][0]["key"], "\\x00\\x00");
    assert_eq!(rest["next_cursor"], json!(null));
    let entry = api.get(rest["items"][0]["proof"].as_str().unwrap()).await.data();
    assert_eq!(entry["value"], rest["items"][0]["value"]);

    let nonces = |page: &serde_json::Value| {
        let runs = page["items"].as_array().unwrap().iter();
        runs.map(|run| run["nonce"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let path = format!("/api/v1/contracts/runs?contract={echo}&limit=3");
    let newest = api.get(&path).await.data();
    assert_eq!(nonces(&newest), [4, 3, 2]);
    let cursor = newest["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(nonces(&api.get(&format!("{path}&cursor={cursor}")).await.data()), [1]);
    let ran = api.get(newest["items"][0]["proof"].as_str().unwrap()).await.data();
    assert!(ran["value"].is_string());
    let other = Account([1; 32]);
    let none = api.get(&format!("/api/v1/contracts/runs?contract={other}")).await.data();
    assert_eq!(nonces(&none), [0; 0]);
    let unknown = api.get(&format!("/api/v1/contracts/{other}/entries")).await;
    unknown.is_problem(404, "CONTRACT_UNKNOWN");
    api.get("/api/v1/contracts/runs?cursor=x").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/contracts?cursor=AA").await.is_problem(400, "BAD_PARAMETER");
}
