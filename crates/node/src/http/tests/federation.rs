//! What the ledger's applications show, and how it is proved.

use app::governance::{self, Choice, GOVERNANCE, Parameter, Propose, Setting, Vote};
use app::joint::{self, Action, Call, Handover, JOINT, Rule};
use app::queue::{self, Guarantee, Open, Priority, Put, QUEUE, Settings, Take};
use app::registry::{self, REGISTRY, Transfer};
use app::updates::{NODE_UPDATE, NodeUpdate, UPDATES};
use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use codec::{Bytes, Decode, Encode};
use crypto::{SecretKey, Signature};
use ledger::{
    Account, BlockProof, ChainHead, EntryProof, Operation, SealedTransaction, Transaction,
    sign_transaction,
};
use serde_json::{Value, json};
use types::{Duration, Height};

use super::support::{Api, alone};
use crate::http::HttpOptions;

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32])
}
fn account(seed: u8) -> Account {
    Account(key(seed).public().to_bytes())
}

/// A transaction of somebody, committed.
async fn send(api: &Api, seed: u8, app: ledger::AppId, verb: u16, argument: &impl Encode) -> Value {
    let mut tx = Transaction {
        chain: api.handle.genesis().chain_id(),
        sender: Account::default(),
        nonce: api.handle.now().us(),
        operation: Operation { app, verb },
        payload: Bytes(argument.to_bytes()),
        fee: 0,
        expires: api.handle.now().after(Duration::from_ms(60_000)),
        signature: Signature::NONE,
    };
    sign_transaction(&mut tx, &key(seed));
    let sealed = SealedTransaction::new(&tx).unwrap();
    let kind = "application/octet-stream";
    api.post_bytes("/api/v1/transactions", kind, sealed.bytes().to_vec()).await.data()
}

/// Two hubs with 20,000 and 5,000, as in the guide.
async fn founded(api: &Api) {
    let hub = |seed: u8, name: &str, stake: u64| {
        json!({
            "account": account(seed).to_string(), "name": name, "role": "hub", "stake": stake,
            "capabilities": ["routing", "consensus"],
        })
    };
    let body = json!({
        "hubs": [hub(1, "hub_us", 20_000), hub(2, "hub_asia", 5_000)],
        "purses": [{ "account": account(3).to_string(), "stake": 70 }],
    });
    assert_eq!(api.post("/api/v1/admin/found", &body).await.data()["status"], "applied");
    api.post("/api/v1/admin/found", &body).await.is_problem(409, "ALREADY_FOUNDED");
}

fn proof_of(entry: &Value) -> EntryProof {
    let bytes = STANDARD.decode(entry["canonical"].as_str().unwrap()).unwrap();
    EntryProof::from_bytes(&bytes).unwrap()
}

#[tokio::test]
async fn a_federation_is_founded_by_the_validator_and_every_hub_is_proved() {
    let api = Api::start().await;
    let empty = api.get("/api/v1/registry/hubs").await.data();
    assert_eq!((&empty["items"], &empty["supply"]), (&json!([]), &json!(0)));
    founded(&api).await;
    let page = api.get("/api/v1/registry/hubs?limit=1").await;
    assert!(page.header("link").contains("rel=\"next\""));
    let cursor = page.data()["next_cursor"].as_str().unwrap().to_owned();
    let rest = api.get(&format!("/api/v1/registry/hubs?cursor={cursor}")).await.data();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["supply"]), (1, &json!(25_070)));

    let hub = api.get(&format!("/api/v1/registry/accounts/{}", account(1))).await.data();
    assert_eq!((&hub["bonded"], &hub["hub"]["name"]), (&json!(20_000), &json!("hub_us")));
    let entry = api.get(hub["hub"]["proof"].as_str().unwrap()).await.data();
    let proof = proof_of(&entry);
    assert_eq!(proof.verify(api.handle.genesis()), Ok(()));
    assert!(proof.value.is_some() && entry["value"].is_string());
    let request = Request::get(hub["hub"]["proof"].as_str().unwrap())
        .header("accept", "application/octet-stream");
    let bytes = api.send(request.body(Body::empty()).unwrap()).await.bytes;
    assert_eq!(EntryProof::from_bytes(&bytes).unwrap().value, proof.value);

    // That there is no such hub is proved as well; and a changed value by nothing.
    let none = api.get(&format!("/api/v1/registry/accounts/{}", account(9))).await.data();
    assert_eq!((&none["bonded"], &none["hub"]), (&json!(0), &Value::Null));
    let absent = api.get(none["proof"].as_str().unwrap()).await.data();
    let absent = proof_of(&absent);
    assert_eq!((absent.value.is_none(), absent.verify(api.handle.genesis())), (true, Ok(())));
    let forged = EntryProof { value: Some(Bytes(vec![1])), ..absent };
    assert!(forged.verify(api.handle.genesis()).is_err());
}

#[tokio::test]
async fn only_who_may_sign_with_the_validators_key_founds() {
    let body = json!({ "hubs": [] });
    let api = Api::start().await;
    api.post("/api/v1/admin/found", &body).await.is_problem(400, "MALFORMED_PAYLOAD");
    let wrong = json!({ "hubs": [{ "account": "x", "name": "h", "role": "hub", "stake": 1 }] });
    api.post("/api/v1/admin/found", &wrong).await.is_problem(400, "BAD_PARAMETER");
    let api = Api::in_network("production", HttpOptions::default()).await;
    api.post("/api/v1/admin/found", &body).await.is_problem(403, "DEVELOPMENT_ONLY");
}

#[tokio::test]
async fn keys_that_are_none_and_applications_that_are_not_there_are_refused() {
    let api = Api::start().await;
    api.get("/api/v1/state/registry/00").await.is_problem(503, "NOT_CERTIFIED");
    founded(&api).await;
    let get = |path: &'static str| api.get(path);
    get("/api/v1/state/nothing/00").await.is_problem(404, "SUBJECT_UNKNOWN");
    get("/api/v1/state/99/00").await.is_problem(404, "SUBJECT_UNKNOWN");
    for path in ["registry/0", "registry/xy", "registry/+1", "registry/%C3%A9%C3%A9"] {
        api.get(&format!("/api/v1/state/{path}")).await.is_problem(400, "BAD_PARAMETER");
    }
    get("/api/v1/state/registry/00?encoding=rot13").await.is_problem(400, "BAD_PARAMETER");
    let long = format!("/api/v1/state/registry/{}", "00".repeat(1_025));
    api.get(&long).await.is_problem(400, "BAD_PARAMETER");
    let supply = get("/api/v1/state/6/c3VwcGx5?encoding=base64url").await.data();
    assert_eq!((&supply["app"], &supply["key"]), (&json!("registry"), &json!("737570706c79")));
    assert_eq!(supply["value"], STANDARD.encode(25_070_u64.to_bytes()));
    get("/api/v1/registry/accounts/zz").await.is_problem(400, "BAD_PARAMETER");
    get("/api/v1/registry/hubs?cursor=!!").await.is_problem(400, "BAD_PARAMETER");
}

#[tokio::test]
async fn the_chains_head_and_what_is_under_it_are_proved_to_others() {
    let api = Api::start().await;
    api.get("/api/v1/head").await.is_problem(503, "NOT_CERTIFIED");
    for id in ["T-1", "T-2", "T-3", "T-4", "T-5"] {
        api.post("/api/v1/tickets/issue", &json!({ "ticket_id": id })).await.data();
    }
    let chain = api.get("/api/v1/chains").await.data()["items"][0].clone();
    let size = chain["certified"].as_u64().unwrap();
    assert_eq!(chain["protocol"], "pbft");
    let genesis = api.handle.genesis();
    let head = ChainHead::verify(chain["head"].as_str().unwrap(), genesis).unwrap();
    let now = api.get("/api/v1/head").await.text();
    let now = ChainHead::verify(&now, genesis).unwrap();
    assert!(head.size >= size && now.size >= head.size);

    let old = ChainHead::verify(&api.get("/api/v1/head?size=2").await.text(), genesis).unwrap();
    let proof = api.get(&format!("/api/v1/consistency?from=2&to={size}")).await.data();
    let path: Vec<types::Digest> = proof["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hash| types::Digest::from_hex(hash.as_str().unwrap()).unwrap())
        .collect();
    let new = api.get(&format!("/api/v1/head?size={size}")).await.text();
    let new = ChainHead::verify(&new, genesis).unwrap();
    assert!(new.extends(&old, &path) && !old.extends(&new, &path));
    assert_eq!(proof["to_root"], new.root.to_string());

    let answer = api.get(&format!("/api/v1/blocks/2/proof?size={size}")).await.data();
    let proof = BlockProof::from_text(answer["text"].as_str().unwrap()).unwrap();
    let block = proof.block().unwrap();
    assert_eq!(block.to_string(), answer["block"].as_str().unwrap());
    assert_eq!(proof.verify(&block, genesis).map(|head| head.size), Ok(size));
    assert!(proof.verify(&types::Digest::ZERO, genesis).is_err());

    api.get("/api/v1/blocks/0/proof").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/blocks/3/proof?size=2").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/blocks/999/proof").await.is_problem(503, "NOT_CERTIFIED");
    api.get("/api/v1/head?size=0").await.is_problem(503, "NOT_CERTIFIED");
    api.get("/api/v1/head?size=999").await.is_problem(503, "NOT_CERTIFIED");
    api.get("/api/v1/consistency").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/consistency?from=3&to=2").await.is_problem(400, "BAD_PARAMETER");
    api.get("/api/v1/consistency?from=999").await.is_problem(503, "NOT_CERTIFIED");
    let forks = api.get("/api/v1/forks").await.data();
    assert_eq!((&forks["diverged"], &forks["alarms"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn messages_are_listed_by_where_they_stand() {
    let api = Api::start().await;
    let settings = Settings {
        depth_max: 10,
        attempts_max: 2,
        lease_ms_max: 60_000,
        consumers: Default::default(),
    };
    let open = Open { topic: "a/b c".to_owned(), settings };
    send(&api, 1, QUEUE, queue::Verb::Open as u16, &open).await;
    for id in 0..3_u8 {
        let put = Put {
            topic: "a/b c".to_owned(),
            id: [id; 16],
            to: None,
            priority: Priority::Normal,
            guarantee: Guarantee::AtLeastOnce,
            expires: api.handle.now().after(Duration::from_ms(600_000)),
            via: None,
            body: Bytes(vec![id]),
        };
        send(&api, 1, QUEUE, queue::Verb::Put as u16, &put).await;
    }
    let take = Take { topic: "a/b c".to_owned(), count: 1, lease_ms: 60_000 };
    send(&api, 2, QUEUE, queue::Verb::Take as u16, &take).await;

    let topic = api.get("/api/v1/queue/topics/a%2Fb%20c").await.data();
    assert_eq!((&topic["unfinished"], &topic["next"]), (&json!(3), &json!(3)));
    let list = |query: String| {
        let path = format!("/api/v1/queue/topics/a%2Fb%20c/messages?{query}");
        let api = &api;
        async move {
            let page = api.get(&path).await.data();
            let items = page["items"].as_array().unwrap().clone();
            let numbers: Vec<u64> = items.iter().map(|it| it["number"].as_u64().unwrap()).collect();
            (numbers, page["next_cursor"].as_str().map(str::to_owned))
        }
    };
    assert_eq!(list(String::new()).await, (vec![0, 1, 2], None));
    assert_eq!(list("limit=2".to_owned()).await, (vec![0, 1], Some("2".to_owned())));
    assert_eq!(list("limit=2&cursor=2".to_owned()).await, (vec![2], None));
    assert_eq!(list("stage=TAKEN".to_owned()).await.0, [0]);
    assert!(list("stage=DEAD".to_owned()).await.0.is_empty());
    assert_eq!(list(format!("consumer={}", account(2))).await.0, [0]);
    assert!(list(format!("consumer={}", account(3))).await.0.is_empty());
    let one = api.get("/api/v1/queue/topics/a%2Fb%20c/messages/0").await.data();
    assert_eq!(one["deliveries"][0]["consumer"], account(2).to_string());
    let proof = proof_of(&api.get(one["proof"].as_str().unwrap()).await.data());
    assert_eq!((proof.verify(api.handle.genesis()), proof.value.is_some()), (Ok(()), true));

    let bad = api.get("/api/v1/queue/topics/a%2Fb%20c/messages?stage=LOST").await;
    bad.is_problem(400, "BAD_PARAMETER");
    let bad = api.get("/api/v1/queue/topics/a%2Fb%20c/messages?consumer=me").await;
    bad.is_problem(400, "BAD_PARAMETER");
    let bad = api.get("/api/v1/queue/topics/a%2Fb%20c/messages/77").await;
    bad.is_problem(404, "MESSAGE_UNKNOWN");
    api.get("/api/v1/queue/topics/none").await.is_problem(404, "TOPIC_UNKNOWN");
    api.get("/api/v1/queue/topics/none/messages").await.is_problem(404, "TOPIC_UNKNOWN");
    api.get("/api/v1/queue/topics/none/messages/0").await.is_problem(404, "TOPIC_UNKNOWN");
    let names = api.get("/api/v1/queue/topics?limit=1").await.data();
    assert_eq!(names["items"][0]["name"], "a/b c");
    assert_eq!(api.get("/api/v1/queue/routes").await.data()["items"], json!([]));
}

#[tokio::test]
async fn proposals_show_how_they_stand_and_parameters_what_is_agreed() {
    let api = Api::start().await;
    founded(&api).await;
    let height = api.get("/api/v1/status").await.data()["height"].as_u64().unwrap();
    let settings = vec![Setting { parameter: Parameter::FeeMin, value: 50 }];
    let (title, text) = ("a fee".to_owned(), "why".to_owned());
    let propose = Propose { title, text, deadline: Height::new(height + 40), settings };
    send(&api, 1, GOVERNANCE, governance::Verb::Propose as u16, &propose).await;
    let untouched = api.get("/api/v1/governance/proposals/0").await.data();
    assert_eq!(
        (&untouched["status"], &untouched["would_be"]),
        (&json!("OPEN"), &json!("NO_QUORUM"))
    );
    for (seed, choice) in [(1, Choice::Approve), (2, Choice::Reject)] {
        let vote = Vote { proposal: 0, choice };
        send(&api, seed, GOVERNANCE, governance::Verb::Vote as u16, &vote).await;
    }
    let proposal = api.get("/api/v1/governance/proposals").await.data()["items"][0].clone();
    let tally = json!({ "approve": 20_000, "reject": 5_000, "abstain": 0, "total": 25_000 });
    assert_eq!((&proposal["tally"], &proposal["would_be"]), (&tally, &json!("ENACTED")));
    assert_eq!(proposal["votes"].as_array().unwrap().len(), 2);
    assert_eq!(proposal["settings"], json!([{ "parameter": "fee.min", "value": 50 }]));
    let proof = proof_of(&api.get(proposal["proof"].as_str().unwrap()).await.data());
    assert_eq!(proof.verify(api.handle.genesis()), Ok(()));
    api.get("/api/v1/governance/proposals/9").await.is_problem(404, "PROPOSAL_UNKNOWN");
    api.get("/api/v1/governance/proposals/x").await.is_problem(400, "BAD_PARAMETER");
    let parameters = api.get("/api/v1/governance/parameters").await.data();
    let approval = parameters["items"].as_array().unwrap();
    let approval = approval.iter().find(|one| one["name"] == "governance.approval_bp").unwrap();
    assert_eq!((&approval["value"], &approval["least"]), (&json!(6_700), &json!(5_001)));
    let candidates = api.get("/api/v1/registry/candidates").await.data();
    assert_eq!((&candidates["driven"], &candidates["items"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn updates_since_a_block_are_listed_whole() {
    let api = Api::of_plan(&alone(1), HttpOptions::default()).await;
    founded(&api).await;
    for sequence in 1..=3 {
        let body = Bytes(vec![7]);
        let told = NodeUpdate { sequence, kind: "storage.moved".to_owned(), body };
        send(&api, 1, UPDATES, NODE_UPDATE, &told).await;
    }
    let all = api.get("/api/v1/updates").await.data();
    assert_eq!((all["items"].as_array().unwrap().len(), &all["to"]), (3, &all["end"]));
    let first = all["items"][0]["height"].as_u64().unwrap();
    let since = api.get(&format!("/api/v1/updates?since={first}&limit=1")).await.data();
    assert_eq!((&since["from"]["count"], &since["to"]["count"]), (&json!(1), &json!(2)));
    let rest = api.get("/api/v1/updates?after=2").await.data();
    assert_eq!(rest["items"][0]["sequence"], 3);
    let bytes = STANDARD.decode(all["canonical"].as_str().unwrap()).unwrap();
    let missing = app::updates::Missing::from_bytes(&bytes).unwrap();
    let proof = proof_of(&api.get(all["proof"].as_str().unwrap()).await.data());
    assert_eq!(proof.verify(api.handle.genesis()), Ok(()));
    let end = app::updates::Head::from_bytes(&proof.value.unwrap().0).unwrap();
    assert!(missing.is_all_between(&app::updates::Head::default(), &end));
}

#[tokio::test]
async fn joint_accounts_and_handed_over_keys_are_shown_and_proved() {
    let api = Api::of_plan(&alone(1), HttpOptions::default()).await;
    founded(&api).await;
    assert_eq!(api.get("/api/v1/joint/accounts").await.data()["items"], json!([]));
    let rule = Rule::new(2, [account(1), account(2), account(3)]);
    let address = rule.address();
    send(&api, 3, JOINT, joint::Verb::Open.number(), &rule).await;
    let path = format!("/api/v1/joint/accounts/{address}");
    let shown = api.get(&path).await.data();
    assert_eq!((&shown["rule"]["threshold"], &shown["open"]), (&json!(2), &json!([])));
    let page = api.get("/api/v1/joint/accounts?limit=1").await.data();
    assert_eq!(page["items"][0], shown);
    let transfer = Transfer { to: account(1), stake: 1 };
    let operation = Operation { app: REGISTRY, verb: registry::Verb::Transfer as u16 };
    let call = Call { operation, payload: Bytes(transfer.to_bytes()) };
    let expires = Height::new(1_000);
    let propose = joint::Propose { account: address, action: Action::Call(call), expires };
    send(&api, 3, JOINT, joint::Verb::Propose.number(), &propose).await;
    let open = api.get(&format!("{path}/proposals/0")).await.data();
    assert_eq!((&open["status"], &open["call"]["app"]), (&json!("OPEN"), &json!("registry")));
    assert_eq!(open["approvals"], json!([account(3).to_string()]));
    let which = joint::Which { account: address, proposal: 0 };
    send(&api, 1, JOINT, joint::Verb::Approve.number(), &which).await;
    let done = api.get(&format!("{path}/proposals/0")).await.data();
    assert_eq!(done["status"], "STAKE_SHORT", "what it may do is the registry's to say");
    assert!(done.get("call").is_none());
    for proof in [&shown["proof"], &done["proof"]] {
        let proof = proof_of(&api.get(proof.as_str().unwrap()).await.data());
        assert_eq!(proof.verify(api.handle.genesis()), Ok(()));
        assert!(proof.value.is_some());
    }
    api.get(&format!("{path}/proposals/1")).await.is_problem(404, "JOINT_PROPOSAL_UNKNOWN");
    api.get(&format!("{path}/proposals/x")).await.is_problem(400, "BAD_PARAMETER");
    let nobody = format!("/api/v1/joint/accounts/{}", account(9));
    api.get(&nobody).await.is_problem(404, "JOINT_UNKNOWN");

    let used = api.get(&format!("/api/v1/joint/keys/{}", account(3))).await.data();
    assert_eq!((&used["acts"], used.get("until")), (&json!(true), None));
    let until = Height::new(used["height"].as_u64().unwrap() + 1);
    let chain = api.handle.genesis().chain_id();
    let signed = joint::possession_bytes(chain, &account(3), &account(4));
    let handover = Handover { key: account(4), until, proof: key(4).sign(&signed) };
    send(&api, 3, JOINT, joint::Verb::HandOver.number(), &handover).await;
    let old = api.get(&format!("/api/v1/joint/keys/{}", account(3))).await.data();
    assert_eq!((&old["acts"], &old["until"]), (&json!(false), &json!(until.get())));
    let new = api.get(&format!("/api/v1/joint/keys/{}", account(4))).await.data();
    assert_eq!(new["account"], json!(account(3).to_string()));
    let proof = proof_of(&api.get(new["proof"].as_str().unwrap()).await.data());
    assert_eq!(proof.verify(api.handle.genesis()), Ok(()));
}
