use super::*;

fn frame(bytes: usize) -> Frame {
    Frame { kind: MessageKind::Core, bytes: Arc::new(vec![0; bytes]) }
}

#[tokio::test]
async fn a_full_lane_drops_its_oldest_frames() {
    let lane = Lane::new(LaneLimits { frames_max: 3, bytes_max: 100 });
    assert_eq!([10, 20, 30].map(|size| lane.push(frame(size))), [0, 0, 0]);
    assert_eq!(lane.push(frame(40)), 1);
    assert_eq!(lane.push(frame(95)), 3);
    let mut taken = Vec::new();
    lane.take(&mut taken).await;
    assert_eq!(taken.iter().map(|frame| frame.bytes.len()).collect::<Vec<_>>(), [95]);
    assert!(lane.has_room(100));
}

#[test]
fn a_frame_larger_than_the_lane_still_goes_alone() {
    let lane = Lane::new(LaneLimits { frames_max: 3, bytes_max: 100 });
    lane.push(frame(1));
    assert_eq!(lane.push(frame(500)), 1);
}
