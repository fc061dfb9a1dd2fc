use futures::io::Cursor;

use super::*;

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_allocation() {
    for length in [FRAME_BYTES_MAX as u32 + 1, 64 << 20, u32::MAX] {
        let mut stream = Cursor::new(length.to_le_bytes().to_vec());
        let end = read_frame(&mut stream).await.unwrap_err();
        assert!(matches!(end, StreamEnd::Broken("oversized_frame")), "{end:?}");
    }
}

#[tokio::test]
async fn a_truncated_frame_ends_the_stream() {
    let mut bytes = 200_000u32.to_le_bytes().to_vec();
    bytes.extend_from_slice(&[7; 150_000]);
    let end = read_frame(&mut Cursor::new(bytes)).await.unwrap_err();
    assert!(matches!(end, StreamEnd::Gone(_)), "{end:?}");
}

#[tokio::test]
async fn frames_of_every_size_come_back_as_they_were_written() {
    for size in [0usize, 1, WRITE_BYTES - 1, WRITE_BYTES, WRITE_BYTES + 1, 700_000] {
        let body: Vec<u8> = (0..size).map(|index| index as u8).collect();
        let mut bytes = u32::try_from(size).unwrap().to_le_bytes().to_vec();
        bytes.extend_from_slice(&body);
        let frame = Frame { kind: replica::MessageKind::Batch, bytes: Arc::new(bytes) };
        let mut wire = Cursor::new(Vec::new());
        let mut frames = vec![frame.clone(), frame];
        write_frames(&mut wire, &mut frames, &mut Vec::new()).await.unwrap();
        wire.set_position(0);
        for _ in 0..2 {
            assert_eq!(read_frame(&mut wire).await.unwrap(), body);
        }
    }
}
