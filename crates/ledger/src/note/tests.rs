use crypto::SecretKey;

use super::{NOTE_BYTES_MAX, NoteError, NoteKey, SignedNote, decode};

// The example of the reference implementation's own documentation (golang.org/x/mod/sumdb/note).
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n";
const LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ\
                    SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn note() -> String {
    format!("{TEXT}\n{LINE}")
}

#[test]
fn the_published_note_is_read_written_and_signed_to_the_byte() {
    let key = NoteKey::from_text(KEY).unwrap();
    assert_eq!((key.to_text().as_str(), key.name()), (KEY, "PeterNeumann"));
    let read = SignedNote::from_text(&note()).unwrap();
    assert_eq!((read.text(), read.to_text()), (TEXT, note()));
    assert_eq!(read.signers(std::slice::from_ref(&key)), Ok(vec![0]));
    assert_eq!(read.signers(&[]), Ok(vec![]), "a stranger's line is passed over");

    let seed: [u8; 32] = decode(SECRET).unwrap()[1..].try_into().unwrap();
    let signed = key.sign(TEXT, &SecretKey::from_seed(seed));
    assert_eq!(SignedNote::new(TEXT.to_owned(), vec![signed]).unwrap(), read);
}

#[test]
fn every_changed_character_of_a_note_is_noticed() {
    let keys = [NoteKey::from_text(KEY).unwrap()];
    let note = note();
    for (at, old) in note.char_indices() {
        for new in ['X', 'b', '\n', ' ', '+', '\u{1}'] {
            if new == old {
                continue;
            }
            let changed = format!("{}{new}{}", &note[..at], &note[at + old.len_utf8()..]);
            let signers = SignedNote::from_text(&changed).and_then(|note| note.signers(&keys));
            // Another name or id is another key's line, which nobody vouches for; the text must not pass.
            assert!(signers.is_err() || signers == Ok(vec![]), "{new:?} at {at}: {signers:?}");
        }
    }
    for cut in 0..note.len() {
        let Some(cut) = note.get(..cut) else { continue };
        assert!(SignedNote::from_text(cut).is_err(), "cut to {} bytes", cut.len());
    }
}

#[test]
fn a_changed_key_line_is_no_key() {
    for at in 0..KEY.len() {
        let mut bytes = KEY.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'B' { b'C' } else { b'B' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(NoteKey::from_text(&changed).is_err(), "{changed}");
        assert!(NoteKey::from_text(&KEY[..at]).is_err());
    }
}

#[test]
fn what_is_no_note_says_so() {
    let refused = |note: &str| SignedNote::from_text(note).unwrap_err();
    assert_eq!(
        refused(&"a".repeat(NOTE_BYTES_MAX + 1)),
        NoteError::TooLong { bytes: NOTE_BYTES_MAX + 1 }
    );
    for note in [
        "",
        "text\n",
        "text\n\n",
        "text\n\n\n",
        "\n\n\u{2014} a",
        "text\n\n\u{2014} a AAAAAAA=",
        "t\n\n- a AAAAAAA=\n",
    ] {
        assert!(matches!(refused(note), NoteError::Malformed { .. }), "{note:?}");
    }
    let many = format!("text\n\n{}", LINE.repeat(super::NOTE_SIGNATURES_MAX + 1));
    assert_eq!(refused(&many), NoteError::TooManySignatures);
    assert!(SignedNote::new("no newline".to_owned(), Vec::new()).is_err());
    assert!(SignedNote::new("bell\u{7}\n".to_owned(), Vec::new()).is_err());
}

#[test]
fn notes_over_one_text_are_joined_and_others_are_not() {
    let keys: Vec<SecretKey> = [3, 4].map(|seed| SecretKey::from_seed([seed; 32])).into();
    let named = |at: usize| NoteKey::new(format!("log/{at}"), keys[at].public()).unwrap();
    let signed = |at: usize, text: &str| {
        SignedNote::new(text.to_owned(), vec![named(at).sign(text, &keys[at])]).unwrap()
    };
    let both = signed(0, TEXT).join(signed(1, TEXT)).unwrap();
    assert_eq!(both.signers(&[named(0), named(1)]), Ok(vec![0, 1]));
    assert_eq!(both.clone().join(signed(1, TEXT)), Ok(both.clone()), "each once");
    assert!(both.join(signed(1, "another text\n")).is_err());
}
