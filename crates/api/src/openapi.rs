//! The OpenAPI 3.1 document: schemas from the DTOs, paths from [`crate::routes::ROUTES`].

use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::routes::{Answer, Body, Method, Query, ROUTES, Role, Route};

#[derive(OpenApi)]
#[openapi(components(schemas(
    crate::AccountStake,
    crate::AdminAnswer,
    crate::Answer,
    crate::BatchAnswer,
    crate::Block,
    crate::BlockHeader,
    crate::BlockPage,
    crate::BlockProof,
    crate::BlockTransaction,
    crate::Candidate,
    crate::CandidateList,
    crate::CastVote,
    crate::Certificate,
    crate::CertificateSignature,
    crate::ChainInfo,
    crate::ChainList,
    crate::Change,
    crate::Check,
    crate::CloudEvent,
    crate::Code,
    crate::ConnectRequest,
    crate::ConsensusLogs,
    crate::ConsistencyProof,
    crate::Contract,
    crate::ContractAnswer,
    crate::ContractEntry,
    crate::ContractEntryPage,
    crate::ContractEvent,
    crate::ContractPage,
    crate::ContractQuery,
    crate::ContractRun,
    crate::ContractRunPage,
    crate::DbStats,
    crate::Delivery,
    crate::Evidence,
    crate::EvidenceList,
    crate::FaultMargin,
    crate::ForkAlarm,
    crate::ForkReport,
    crate::Founding,
    crate::FoundingHub,
    crate::FoundingPurse,
    crate::Genesis,
    crate::GenesisValidator,
    crate::Health,
    crate::Hop,
    crate::Hub,
    crate::HubPage,
    crate::HubRoute,
    crate::HubRoutePage,
    crate::HubUpdate,
    crate::ImportError,
    crate::Imported,
    crate::JointAccount,
    crate::JointAccountPage,
    crate::JointCall,
    crate::JointProposal,
    crate::JointRule,
    crate::KeyUse,
    crate::LogEntry,
    crate::MarginKind,
    crate::Message,
    crate::MessagePage,
    crate::MissingUpdates,
    crate::Network,
    crate::Newcomer,
    crate::NodeConfig,
    crate::NodeCrypto,
    crate::NodeRole,
    crate::NodeRow,
    crate::NodeState,
    crate::Operation,
    crate::OperationStatus,
    crate::ParameterList,
    crate::ParameterValue,
    crate::PartitionRequest,
    crate::Peer,
    crate::Peers,
    crate::Place,
    crate::Pool,
    crate::Problem,
    crate::Proposal,
    crate::ProposalPage,
    crate::Receipt,
    crate::Rotation,
    crate::ScheduledEpoch,
    crate::SeedEvent,
    crate::Seeded,
    crate::Setting,
    crate::StakeRelease,
    crate::StakeTally,
    crate::StateEntry,
    crate::Stats,
    crate::Status,
    crate::StorageEntries,
    crate::StorageStats,
    crate::StreamHead,
    crate::SubjectKind,
    crate::SubmitRequest,
    crate::Submitted,
    crate::Ticket,
    crate::TicketAction,
    crate::TicketCounts,
    crate::TicketPage,
    crate::TicketRequest,
    crate::TicketState,
    crate::TicketStep,
    crate::Timer,
    crate::Topic,
    crate::TopicPage,
    crate::Transaction,
    crate::TransactionStatus,
    crate::Transition,
    crate::Verdict,
    crate::VerdictLevel,
    crate::Version,
    crate::ViewChange,
    crate::ViewChangeList,
    crate::Wait,
    crate::Weight,
    crate::Why,
    crate::WishRequest,
)))]
struct Schemas;

/// Statuses that every route can answer with.
const FAILURES_OF_ALL: [u16; 4] = [401, 403, 408, 500];

/// The OpenAPI document.
#[must_use]
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.label().to_lowercase()] = operation(route);
    }
    let schemas = serde_json::to_value(Schemas::openapi().components).unwrap_or_default();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Unisono node",
            "description": "One validator's HTTP and WebSocket interface. Successful answers are envelopes, \
                failures are RFC 9457 problem documents.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas["schemas"],
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

/// The OpenAPI document as text.
#[must_use]
pub fn openapi_json() -> String {
    format!("{:#}\n", openapi())
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route),
        "security": match route.role {
            Role::Open => json!([]),
            Role::Read | Role::Submit | Role::Operate => json!([{}, { "key": [] }, { "bearer": [] }]),
        },
    });
    if let Some(body) = request_body(route.body) {
        operation["requestBody"] = body;
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.parameters().map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    let in_query = route.query.iter().map(|Query { name, schema, values, text }| {
        let schema = match values {
            [] => json!({ "type": schema }),
            values => json!({ "type": schema, "enum": values }),
        };
        json!({ "name": name, "in": "query", "required": false, "description": text, "schema": schema })
    });
    let mut parameters: Vec<Value> = in_path.chain(in_query).collect();
    if route.method == Method::Post && route.role == Role::Submit {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "the same key with the same request asks for the same transactions, never for new ones",
        }));
    }
    parameters
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn request_body(body: Body) -> Option<Value> {
    let binary = || json!({ "schema": { "type": "string", "format": "binary" } });
    let content = match body {
        Body::Empty => return None,
        Body::Json(schema) => json!({ "application/json": { "schema": reference(schema) } }),
        Body::Csv => json!({ "text/csv": { "schema": { "type": "string" } } }),
        Body::Transaction => json!({
            "application/json": { "schema": reference("SubmitRequest") },
            "application/octet-stream": binary(),
        }),
        Body::Batch => json!({ "application/octet-stream": binary() }),
    };
    Some(json!({ "required": true, "content": content }))
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    let content = match route.answer {
        Answer::Data(schema) => json!({ "application/json": { "schema": {
            "type": "object",
            "required": ["success", "data"],
            "properties": {
                "success": { "type": "boolean", "const": true },
                "message": { "type": "string" },
                "data": reference(schema),
            },
        } } }),
        Answer::Plain(schema) => json!({ "application/json": { "schema": reference(schema) } }),
        Answer::Text => json!({ "text/plain": { "schema": { "type": "string" } } }),
        Answer::Bytes => json!({ "application/octet-stream": {
            "schema": { "type": "string", "format": "binary" }
        } }),
        Answer::EventStream => {
            json!({ "text/event-stream": { "schema": reference("CloudEvent") } })
        }
        Answer::WebSocket => json!({}),
        Answer::Object => json!({ "application/json": { "schema": { "type": "object" } } }),
    };
    let (status, text) = match route.answer {
        Answer::WebSocket => ("101", "the WebSocket opens"),
        Answer::Data(_)
        | Answer::Plain(_)
        | Answer::Text
        | Answer::Bytes
        | Answer::EventStream
        | Answer::Object => ("200", "all is well"),
    };
    let is_change = route.method == Method::Post && route.role == Role::Submit;
    if is_change {
        let text = "taken, not yet committed; `Location` names the operation";
        responses.insert("202".to_owned(), json!({ "description": text, "content": content }));
    }
    responses.insert(status.to_owned(), json!({ "description": text, "content": content }));
    let everywhere = FAILURES_OF_ALL.iter().filter(|_| route.role != Role::Open);
    for failure in everywhere.chain(route.failures) {
        responses.insert(
            failure.to_string(),
            json!({
                "description": "a problem",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            }),
        );
    }
    Value::Object(responses)
}
