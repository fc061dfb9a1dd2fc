use super::*;

fn diverged(height: u64) -> NodeEvent {
    NodeEvent::Diverged { height: Height::new(height) }
}

#[test]
fn a_listener_resumes_behind_the_last_number_it_saw() {
    let log = EventLog::starting_at(1 << 32);
    log.append(Time::ZERO, [diverged(1), diverged(2), diverged(3)]);
    let page = log.after(1 << 32, 10);
    assert_eq!(page.missed, 0);
    let sequences: Vec<u64> = page.events.iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, [(1 << 32) + 1, (1 << 32) + 2]);
}

#[test]
fn events_that_are_no_longer_kept_show_as_a_gap() {
    let log = EventLog::starting_at(1);
    let count = EVENTS_KEPT_MAX as u64 + 10;
    log.append(Time::ZERO, (0..count).map(diverged));
    let page = log.after(4, 1);
    assert_eq!(page.missed, 6);
    assert_eq!(page.events[0].sequence, 11);
}

#[tokio::test]
async fn a_waiting_listener_is_woken() {
    let log = Arc::new(EventLog::starting_at(1));
    let waiting = tokio::spawn({
        let log = Arc::clone(&log);
        async move { log.wait_after(0, 10).await }
    });
    tokio::task::yield_now().await;
    log.append(Time::ZERO, [diverged(1)]);
    assert_eq!(waiting.await.unwrap().events.len(), 1);
}
