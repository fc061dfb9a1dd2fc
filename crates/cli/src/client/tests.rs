use super::*;

#[test]
fn ids_are_escaped_in_urls() {
    assert_eq!(escape("UA1545-2013-01-01"), "UA1545-2013-01-01");
    assert_eq!(escape("a/b?c=d&é"), "a%2Fb%3Fc%3Dd%26%C3%A9");
}

#[test]
fn a_problem_keeps_its_code_and_finds_its_exit() {
    let exit = |code| of_problem(&api::Problem::new(code, "it")).exit;
    assert_eq!(exit(api::Code::CommitTimeout), Exit::Inconclusive);
    assert_eq!(exit(api::Code::TicketUnknown), Exit::Failed);
    assert_eq!(of_problem(&api::Problem::new(api::Code::Disputed, "it")).code, "DISPUTED");
}

#[test]
fn the_place_to_ask_why_becomes_a_command() {
    let problem =
        api::Problem::new(api::Code::AlreadyConsumed, "it").because("/api/v1/why?subject=T-1");
    let failure = of_problem(&problem);
    assert_eq!(failure.why, problem.title);
    assert!(failure.next.contains("unisono why T-1"), "{}", failure.next);
}

#[test]
fn without_a_network_the_way_to_one_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let failure = Client::find(None, folder.path()).unwrap_err();
    assert!(failure.next.contains("net up"));
    assert_eq!(Client::find(Some("ftp://x"), folder.path()).unwrap_err().exit, Exit::Usage);
    assert_eq!(Client::find(Some("http://h:1/"), folder.path()).unwrap().base(), "http://h:1");
}

/// A server that answers everything with a head, and then with one part again and again, each after a pause.
fn server(head: &'static str, part: &'static [u8], pause: Duration) -> Client {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::new(&format!("http://{}", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let mut sent = stream.write_all(head.as_bytes());
            while sent.is_ok() && !part.is_empty() {
                std::thread::sleep(pause);
                sent = stream.write_all(part);
            }
        }
    });
    client
}

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";

/// What a hostile server may try: no answer costs more memory or time than an honest one could.
#[tokio::test]
async fn a_hostile_servers_answers_are_bounded() {
    let endless = server(OK, &[b'['; 64 * 1024], Duration::ZERO);
    for failure in [
        endless.get::<api::Genesis>("/api/v1/genesis").await.unwrap_err(),
        endless.get_bytes("/api/v1/blocks/1/page").await.unwrap_err(),
    ] {
        assert!(failure.what.contains("without end"), "{failure:?}");
    }
    let refusal = "HTTP/1.1 500 Oops\r\nconnection: close\r\n\r\n";
    let endless = server(refusal, &[b'x'; 64 * 1024], Duration::ZERO);
    let failure = endless.get::<api::Genesis>("/x").await.unwrap_err();
    assert!(failure.what.contains("without end"), "a problem is read within limits too");

    let trickle = server(OK, b"{", Duration::from_millis(5));
    let trickle = Client { timeout: Duration::from_millis(300), ..trickle };
    assert!(trickle.get::<api::Genesis>("/x").await.is_err(), "it ends although more comes");

    let elsewhere = server(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
        b"",
        Duration::ZERO,
    );
    let failure = elsewhere.get::<api::Genesis>("/x").await.unwrap_err();
    assert!(failure.what.contains("302"), "nobody is followed elsewhere: {failure:?}");

    let nested = "[".repeat(200_000);
    let nested = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{nested}", nested.len());
    let failure = server(nested.leak(), b"", Duration::ZERO).get::<serde_json::Value>("/x").await;
    assert!(failure.is_err(), "the stack is safe");
}
