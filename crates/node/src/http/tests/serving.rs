//! Against a listening socket: what hostile and slow clients meet.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::support::Api;
use crate::http::{Limits, serve};

/// A face that listens; it stops when dropped.
pub(super) struct Served {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<std::io::Result<()>>>,
}

impl Served {
    pub(super) async fn of(api: &Api) -> Self {
        Self::within(api, Limits::default()).await
    }
    async fn within(api: &Api, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = Some(tokio::spawn(serve(listener, api.router.clone(), limits, stopped)));
        Self { address, stop: Some(stop), task }
    }
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
    /// Sends bytes and reads until the server closes, or has said `until`.
    pub(super) async fn raw_until(&self, bytes: &[u8], until: &str) -> String {
        let mut stream = self.connect().await;
        // The server may refuse before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_until(&mut stream, until).await
    }
}

async fn read_until(stream: &mut TcpStream, until: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    while !text.contains(until) {
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer));
        match read.await.expect("the server says nothing and does not close") {
            Ok(0) | Err(_) => break,
            Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    text
}

/// A string that no answer contains: read until the server closes.
const CLOSED: &str = "\u{1}";

#[tokio::test]
async fn a_slow_head_is_cut_off_and_others_do_not_notice() {
    let api = Api::start().await;
    let limits = Limits { head_timeout: Duration::from_millis(300), ..Limits::default() };
    let served = Served::within(&api, limits).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = served.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        slow.push(stream);
    }
    let started = Instant::now();
    let request = b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = served.raw_until(request, CLOSED).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for mut stream in slow {
        read_until(&mut stream, CLOSED).await;
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn smuggled_and_oversized_heads_are_refused() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let long = format!("GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(1024 * 1024));
    let many = format!("GET /livez HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    for (request, statuses) in [
        (
            "POST /api/v1/tickets/seed HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
            ["400", "400"],
        ),
        (
            "POST /api/v1/tickets/seed HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
            ["400", "400"],
        ),
        (&long, ["431", "400"]),
        (&many, ["431", "400"]),
        ("\u{0}\u{0}\u{0}\r\n\r\n", ["400", "400"]),
    ] {
        let answer = served.raw_until(request.as_bytes(), "\r\n\r\n").await;
        let status = answer.split(' ').nth(1).unwrap_or("closed");
        assert!(
            statuses.contains(&status),
            "{} was answered {answer:?}",
            &request[..40.min(request.len())]
        );
    }
}

#[tokio::test]
async fn a_body_with_two_lengths_ends_the_connection() {
    let api = Api::start().await;
    let served = Served::of(&api).await;
    let smuggled = "GET /version HTTP/1.1\r\nhost: x\r\n\r\n";
    let request = format!(
        "POST /api/v1/admin/heal HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n\
         0\r\n\r\n{smuggled}",
        smuggled.len() + 5
    );
    let answer = served.raw_until(request.as_bytes(), CLOSED).await;
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so() {
    let api = Api::start().await;
    let served = Served::within(&api, Limits { connections_max: 1, ..Limits::default() }).await;
    let mut first = served.connect().await;
    first.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut first, "passed").await;
    let mut second = served.connect().await;
    let answer = read_until(&mut second, CLOSED).await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.ends_with('}') && answer.contains("TOO_MANY_CONNECTIONS"), "{answer}");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let api = Api::start().await;
    let limits = Limits { write_timeout: Duration::from_millis(300), ..Limits::default() };
    let served = Served::within(&api, limits).await;
    let mut stream = served.connect().await;
    // Many answers are asked for and none is read, until the buffers between are full.
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let sent = async {
        loop {
            stream.write_all(request).await?;
        }
        #[expect(unreachable_code, reason = "names the error's type")]
        Ok::<(), std::io::Error>(())
    };
    let cut_off = tokio::time::timeout(Duration::from_secs(60), sent).await;
    assert!(cut_off.expect("the server goes on").is_err());
}

#[tokio::test]
async fn a_shutdown_lets_open_requests_finish() {
    let api = Api::start().await;
    let mut served = Served::of(&api).await;
    let mut stream = served.connect().await;
    stream.write_all(b"POST /api/v1/tickets/issue HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 19\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.take().unwrap().send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stream.write_all(b"{\"ticket_id\":\"T-1\"}").await.unwrap();
    let answer = read_until(&mut stream, CLOSED).await;
    assert!(answer.contains("ticket issued"), "{answer}");
    served.task.take().unwrap().await.unwrap().unwrap();
    assert!(TcpStream::connect(served.address).await.is_err());
}
