//! Clients in virtual time: closed loops that submit, wait, give up on a replica and try the next.

use codec::{Bytes, Encode};
use crypto::{SecretKey, Signature};
use ledger::{Account, AppId, Operation, SealedTransaction, Transaction, sign_transaction};
use types::{ChainId, NodeId, Prng, Time};

use app::tickets::{TICKETS, TicketRequest, Verb};

use crate::Options;
use crate::calls::Calls;
use crate::messages::{Wish, Wishes};
use crate::options::Workload;

/// A share of consumptions that are presented twice, at two replicas at once.
const DOUBLED_PPM: u32 = 125_000;
/// A share of validated tickets that are disputed.
const DISPUTED_PPM: u32 = 125_000;

/// A request, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Request {
    pub(crate) client: u32,
    /// The ticket, for the ticket oracle.
    pub(crate) ticket: u32,
    /// The verb; zero where it is none of a ticket's.
    pub(crate) verb: u16,
    /// Of all requests with this number, at most one may take effect.
    pub(crate) once: Option<u64>,
    /// The replica that is to answer.
    pub(crate) target: u16,
    pub(crate) answered: bool,
    /// It is none of the clients': nobody waits for it.
    pub(crate) foreign: bool,
    /// When the client asked, and when it was answered.
    pub(crate) asked_us: u64,
    pub(crate) answered_us: u64,
}

/// One client and what it waits for.
#[derive(Debug)]
struct Client {
    account: Account,
    key: Option<SecretKey>,
    nonce: u64,
    ticket: u32,
    next: Verb,
    under_way: Vec<(u32, SealedTransaction)>,
    /// When to give up on the replicas asked; zero while nothing is under way.
    deadline_us: u64,
    timer_waits: bool,
}

/// All clients.
#[derive(Debug)]
pub(crate) struct Clients {
    chain: ChainId,
    workload: Workload,
    nodes: u64,
    timeout_us: u64,
    prng: Prng,
    clients: Vec<Client>,
    requests: Vec<Request>,
    tickets: u32,
    wishes: Wishes,
    calls: Calls,
    unanswered: usize,
    open: bool,
}

/// What a client asks for next.
enum Next {
    Note,
    Ticket { verb: Verb, count: usize },
    Wish(Wish),
}

/// A request that is to reach its replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Submission {
    pub(crate) request: u32,
    pub(crate) target: u16,
    pub(crate) at_us: u64,
}

impl Clients {
    pub(crate) fn new(options: &Options, chain: ChainId, mut prng: Prng) -> Self {
        let clients = (0..options.clients).map(|_| {
            let mut bytes = [0; 32];
            prng.fill(&mut bytes);
            let key = options.client_signatures.then(|| SecretKey::from_seed(bytes));
            let account = key.as_ref().map_or(bytes, |key| key.public().to_bytes());
            Client {
                account: Account(account),
                key,
                nonce: 0,
                ticket: 0,
                next: Verb::Issue,
                under_way: Vec::new(),
                deadline_us: 0,
                timer_waits: false,
            }
        });
        let clients: Vec<Client> = clients.collect();
        Self {
            chain,
            workload: options.workload,
            nodes: options.nodes as u64,
            timeout_us: options.view_timeout_ms * 1_000 * 2,
            prng,
            clients,
            requests: Vec::new(),
            tickets: 0,
            wishes: Wishes::default(),
            calls: Calls::default(),
            unanswered: 0,
            open: true,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }
    pub(crate) fn request(&self, number: usize) -> &Request {
        &self.requests[number]
    }
    /// All requests, by their numbers.
    pub(crate) fn requests(&self) -> &[Request] {
        &self.requests
    }
    /// How many requests wait for an answer.
    pub(crate) const fn unanswered(&self) -> usize {
        self.unanswered
    }
    pub(crate) fn answered(&self) -> u64 {
        (self.requests.len() - self.unanswered) as u64
    }
    /// No new requests from now on.
    pub(crate) fn close(&mut self) {
        self.open = false;
    }

    /// Numbers a transaction that is none of the clients': nobody waits for it.
    pub(crate) fn note_foreign(&mut self) {
        self.requests.push(Request {
            client: 0,
            ticket: 0,
            verb: 0,
            once: None,
            target: 0,
            answered: true,
            foreign: true,
            asked_us: 0,
            answered_us: 0,
        });
    }

    /// The transaction of a request that is still under way.
    pub(crate) fn transaction(&self, request: u32) -> Option<SealedTransaction> {
        let client = &self.clients[self.requests[request as usize].client as usize];
        let found = client.under_way.iter().find(|(number, _)| *number == request);
        found.map(|(_, transaction)| transaction.clone())
    }

    /// The next requests of a client that waits for nothing, appended to `out`; `submitted` numbers a transaction.
    pub(crate) fn next(
        &mut self,
        client: usize,
        now_us: u64,
        submitted: &mut dyn FnMut(&SealedTransaction) -> usize,
        out: &mut Vec<Submission>,
    ) {
        if !self.open {
            return;
        }
        let next = self.choose(client, now_us);
        let ticket = self.clients[client].ticket;
        let (verb, once, count) = match &next {
            Next::Note => (0, None, 1),
            Next::Ticket { verb, count } => (*verb as u16, None, *count),
            Next::Wish(wish) => (0, wish.once, wish.count),
        };
        let mut target = self.prng.below(self.nodes);
        for _ in 0..count {
            let transaction = self.build(client, &next, ticket);
            let number = submitted(&transaction) as u32;
            let short = u16::try_from(target).unwrap_or(0);
            let client_number = client as u32;
            self.requests.push(Request {
                client: client_number,
                ticket,
                verb,
                once,
                target: short,
                answered: false,
                foreign: false,
                asked_us: now_us,
                answered_us: 0,
            });
            self.unanswered += 1;
            self.clients[client].under_way.push((number, transaction));
            let at_us = now_us + self.way();
            out.push(Submission { request: number, target: short, at_us });
            target = (target + 1) % self.nodes;
        }
        // Where others are under way, the oldest decides when to give up.
        if self.clients[client].deadline_us == 0 {
            self.clients[client].deadline_us = now_us + self.timeout_us;
        }
    }

    /// What a client asks for next, and how many times at once.
    fn choose(&mut self, client: usize, now_us: u64) -> Next {
        match self.workload {
            Workload::Notes => Next::Note,
            Workload::Messages => Next::Wish(self.wishes.next(client, now_us, &mut self.prng)),
            Workload::Contracts => {
                let account = self.clients[client].account;
                Next::Wish(self.calls.next(account, &mut self.prng))
            }
            Workload::Tickets => self.choose_step(client),
        }
    }

    fn choose_step(&mut self, client: usize) -> Next {
        let verb = self.clients[client].next;
        let disputed = self.prng.chance_ppm(DISPUTED_PPM);
        let doubled = self.prng.chance_ppm(DOUBLED_PPM);
        if verb == Verb::Issue {
            self.clients[client].ticket = self.tickets;
            self.tickets += 1;
        }
        self.clients[client].next = match verb {
            Verb::Issue => Verb::Validate,
            Verb::Validate if disputed => Verb::Dispute,
            Verb::Validate => Verb::Consume,
            Verb::Consume | Verb::Dispute => Verb::Issue,
        };
        Next::Ticket { verb, count: if verb == Verb::Consume && doubled { 2 } else { 1 } }
    }

    fn build(&mut self, client: usize, next: &Next, ticket: u32) -> SealedTransaction {
        let client = &mut self.clients[client];
        client.nonce += 1;
        let (operation, payload) = match next {
            Next::Ticket { verb, .. } => {
                (Operation { app: TICKETS, verb: *verb as u16 }, ticket_request(ticket))
            }
            Next::Note => (note(), client.nonce.to_le_bytes().to_vec()),
            Next::Wish(wish) => (wish.operation, wish.payload.clone()),
        };
        let mut transaction = Transaction {
            chain: self.chain,
            sender: client.account,
            nonce: client.nonce,
            operation,
            payload: Bytes(payload),
            fee: 0,
            expires: Time::from_us(u64::MAX),
            signature: Signature::NONE,
        };
        if let Some(key) = &client.key {
            sign_transaction(&mut transaction, key);
        }
        match SealedTransaction::new(&transaction) {
            Ok(sealed) => sealed,
            Err(error) => unreachable!("a client's transaction is short: {error}"),
        }
    }

    /// A replica answers a request; the client, where it waits for nothing more.
    pub(crate) fn answer(&mut self, request: usize, now_us: u64) -> Option<usize> {
        let entry = &mut self.requests[request];
        if entry.answered {
            return None;
        }
        entry.answered = true;
        entry.answered_us = now_us;
        self.unanswered -= 1;
        let index = entry.client as usize;
        let client = &mut self.clients[index];
        client.under_way.retain(|(number, _)| *number as usize != request);
        client.under_way.is_empty().then(|| {
            client.deadline_us = 0;
            index
        })
    }

    /// When to look whether a client must give up, where nothing is scheduled for that yet.
    pub(crate) fn arm(&mut self, client: usize) -> Option<u64> {
        let client = &mut self.clients[client];
        if client.timer_waits || client.deadline_us == 0 {
            return None;
        }
        client.timer_waits = true;
        Some(client.deadline_us)
    }

    /// The time that was armed has come: what is still under way is submitted to other replicas.
    pub(crate) fn give_up(&mut self, client: usize, now_us: u64, out: &mut Vec<Submission>) {
        self.clients[client].timer_waits = false;
        let deadline_us = self.clients[client].deadline_us;
        if deadline_us == 0 || deadline_us > now_us {
            return;
        }
        self.clients[client].deadline_us = now_us + self.timeout_us;
        for index in 0..self.clients[client].under_way.len() {
            let request = self.clients[client].under_way[index].0;
            let entry = &mut self.requests[request as usize];
            entry.target = ((u64::from(entry.target) + 1) % self.nodes) as u16;
            let target = entry.target;
            let at_us = now_us + self.way();
            out.push(Submission { request, target, at_us });
        }
    }

    /// How long a request takes to a replica.
    fn way(&mut self) -> u64 {
        100 + self.prng.below(200)
    }

    /// Who waits for what, for the report of a run that went nowhere.
    pub(crate) fn waiting(&self) -> Option<(usize, NodeId)> {
        let number = self.requests.iter().position(|request| !request.answered)?;
        Some((number, NodeId::new(self.requests[number].target)))
    }
}

const fn note() -> Operation {
    Operation { app: AppId(app::NOTES.0), verb: app::NOTE_PUT }
}

fn ticket_request(ticket: u32) -> Vec<u8> {
    let mut name = *b"T00000000";
    let mut rest = ticket;
    for digit in name[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let ticket = String::from_utf8_lossy(&name).into_owned();
    TicketRequest { ticket, data: Bytes(Vec::new()), actor: "sim".to_owned() }.to_bytes()
}
