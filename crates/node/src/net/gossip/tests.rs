use super::*;

#[test]
fn every_attempt_is_another_validators_turn() {
    let id = Digest::new([9; 32]);
    let mut turns: Vec<usize> = (0..4).map(|attempt| turn_of(&id, attempt, 4)).collect();
    turns.sort_unstable();
    assert_eq!(turns, [0, 1, 2, 3]);
    assert_eq!(turn_of(&id, 255, 0), 0);
}

#[test]
fn the_cache_forgets_the_oldest() {
    let mut cache = SeenCache::new(2);
    let id = |byte| Digest::new([byte; 32]);
    assert!(cache.insert(id(1), 0) && cache.insert(id(1), 1) && !cache.insert(id(1), 0));
    assert!(cache.insert(id(2), 0));
    assert!(cache.insert(id(1), 0));
    assert_eq!(cache.len(), 2);
}

#[test]
fn bytes_that_are_no_message_are_not_read() {
    assert!(read_transaction(&[]).is_none());
    assert!(read_transaction(&[0, 1, 2]).is_none());
    assert!(read_tip(&[7; 50]).is_none());
}
