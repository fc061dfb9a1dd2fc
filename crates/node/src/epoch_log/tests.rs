use codec::Encode;
use ledger::Epoch;
use types::Height;

use super::{begin, read};

#[test]
fn a_log_keeps_its_epoch() {
    let epoch = Epoch {
        number: 2,
        first: Height::new(80),
        protocol: "pbft".to_owned(),
        since: 1,
        members: Vec::new(),
        next_id: 4,
    };
    let records = || [1_u32, 2].iter().map(Encode::to_bytes);
    let log = begin(Some(&epoch), records());
    assert_eq!(read::<u32>(&log).unwrap(), (Some(epoch), vec![1, 2]));
    assert_eq!(read::<u32>(&begin(None, records())).unwrap(), (None, vec![1, 2]));
    assert_eq!(read::<u32>(&[]).unwrap(), (None, vec![]));
    assert!(read::<u32>(&[vec![0xff, 1]]).is_err());
}
