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
