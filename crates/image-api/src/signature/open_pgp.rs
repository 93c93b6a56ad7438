//! As much of `OpenPGP` (RFC 4880) as it takes to look into a signed message without checking it.

/// What an `OpenPGP` message carries in the open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// The signed text.
    pub(super) text: Vec<u8>,
    /// Id of the key it was signed with, if the message announces it.
    pub(super) key_id: Option<[u8; 8]>,
}

/// Most packets looked at; the literal data of a signed message comes second.
const MAX_PACKETS: usize = 32;

/// The literal data of a message. `None` if there is none in the open: the message is encrypted,
/// compressed or no message at all.
pub(super) fn read(content: &[u8]) -> Option<Message> {
    let mut rest = content;
    let mut key_id = None;
    for _ in 0..MAX_PACKETS {
        let packet = Packet::read(&mut rest)?;
        match packet.tag {
            ONE_PASS_SIGNATURE => key_id = key_id.or_else(|| announced_key(&packet.body)),
            SIGNATURE => key_id = key_id.or_else(|| issuer(&packet.body)),
            LITERAL_DATA => return Some(Message { text: literal_text(&packet.body)?, key_id }),
            MARKER => {}
            _ => return None,
        }
    }
    None
}

const SIGNATURE: u8 = 2;
const ONE_PASS_SIGNATURE: u8 = 4;
const MARKER: u8 = 10;
const LITERAL_DATA: u8 = 11;

struct Packet {
    tag: u8,
    body: Vec<u8>,
}

impl Packet {
    /// Takes the next packet off `rest` (RFC 4880, 4.2).
    fn read(rest: &mut &[u8]) -> Option<Packet> {
        let head = take_byte(rest)?;
        match head >> 6 {
            0b10 => {
                let tag = (head >> 2) & 0x0f;
                let body = match head & 3 {
                    // Of indeterminate length: to the end.
                    3 => std::mem::take(rest),
                    size => {
                        let length = take_number(rest, 1 << size)?;
                        take(rest, length)?
                    }
                };
                Some(Packet { tag, body: body.to_vec() })
            }
            0b11 => {
                let mut body = Vec::new();
                loop {
                    let length = Length::read(rest)?;
                    body.extend_from_slice(take(rest, length.bytes())?);
                    if let Length::Last(_) = length {
                        break;
                    }
                }
                Some(Packet { tag: head & 0x3f, body })
            }
            _ => None,
        }
    }
}

/// Length of a packet, or of a part of one that goes on (RFC 4880, 4.2.2).
#[derive(Clone, Copy)]
enum Length {
    Last(usize),
    Part(usize),
}

impl Length {
    fn read(rest: &mut &[u8]) -> Option<Length> {
        let first = usize::from(take_byte(rest)?);
        Some(match first {
            0..192 => Length::Last(first),
            192..224 => Length::Last(((first - 192) << 8) + usize::from(take_byte(rest)?) + 192),
            224..255 => Length::Part(1 << (first & 0x1f)),
            _ => Length::Last(take_number(rest, 4)?),
        })
    }

    fn bytes(self) -> usize {
        match self {
            Length::Last(bytes) | Length::Part(bytes) => bytes,
        }
    }
}

/// The key a one-pass signature packet announces (RFC 4880, 5.4): version, type, two algorithms, id.
fn announced_key(body: &[u8]) -> Option<[u8; 8]> {
    match body {
        [3, _, _, _, id @ ..] => id.first_chunk().copied(),
        _ => None,
    }
}

/// The key a signature packet was made with (RFC 4880, 5.2).
fn issuer(body: &[u8]) -> Option<[u8; 8]> {
    match body {
        // Version, a length, type, four bytes of time, id.
        [3, 5, _, _, _, _, _, id @ ..] => id.first_chunk().copied(),
        [4, _, _, _, rest @ ..] => {
            let mut rest = rest;
            for _ in ["hashed", "not hashed"] {
                let length = take_number(&mut rest, 2)?;
                let found = issuer_subpacket(take(&mut rest, length)?);
                if found.is_some() {
                    return found;
                }
            }
            None
        }
        _ => None,
    }
}

fn issuer_subpacket(mut area: &[u8]) -> Option<[u8; 8]> {
    const ISSUER: u8 = 16;
    while !area.is_empty() {
        // The lengths are those of packets, but that none goes on in another part.
        let length = match usize::from(take_byte(&mut area)?) {
            first @ 0..192 => first,
            255 => take_number(&mut area, 4)?,
            first => ((first - 192) << 8) + usize::from(take_byte(&mut area)?) + 192,
        };
        // The topmost bit says that the subpacket matters.
        if let [kind, id @ ..] = take(&mut area, length)?
            && kind & 0x7f == ISSUER
        {
            return id.first_chunk().copied();
        }
    }
    None
}

/// The text within a literal data packet (RFC 4880, 5.9): format, file name, four bytes of time, text.
fn literal_text(mut rest: &[u8]) -> Option<Vec<u8>> {
    take_byte(&mut rest)?;
    let name = take_byte(&mut rest)?;
    take(&mut rest, usize::from(name) + 4)?;
    Some(rest.to_vec())
}

fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(bytes)?;
    *rest = left;
    Some(taken)
}

fn take_byte(rest: &mut &[u8]) -> Option<u8> {
    take(rest, 1).map(|byte| byte[0])
}

fn take_number(rest: &mut &[u8], bytes: usize) -> Option<usize> {
    Some(take(rest, bytes)?.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte)))
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet with a length of the new form.
    pub(in crate::signature) fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap();
        [&[0xc0 | tag, 255], &length.to_be_bytes()[..], body].concat()
    }

    pub(in crate::signature) fn one_pass() -> Vec<u8> {
        packet(4, &[3, 0, 8, 1, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 1])
    }

    pub(in crate::signature) fn literal(text: &[u8]) -> Vec<u8> {
        [&b"b\x03abc\0\0\0\0"[..], text].concat()
    }

    const KEY: Option<[u8; 8]> = Some([0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4]);

    fn read_text(content: &[u8]) -> Option<Vec<u8>> {
        read(content).map(|message| message.text)
    }

    fn read_key(content: &[u8]) -> Option<[u8; 8]> {
        read(content)?.key_id
    }

    #[test]
    fn a_one_pass_signed_message() {
        let signed = [one_pass(), packet(11, &literal(b"text")), packet(2, b"x")].concat();
        assert_eq!(read(&signed), Some(Message { text: b"text".to_vec(), key_id: KEY }));
        let bare = packet(11, &literal(b""));
        assert_eq!(read(&bare), Some(Message::default()));
    }

    #[test]
    fn lengths_of_every_form() {
        let body = |n: usize| literal(&vec![b'x'; n - 9]);
        let text = |n: usize| Some(vec![b'x'; n - 9]);
        // Old packets: one byte, two, four, to the end.
        assert_eq!(read_text(&[&[0xac, 20][..], &body(20), b"rest"].concat()), text(20));
        assert_eq!(read_text(&[&[0xad, 1, 0][..], &body(256)].concat()), text(256));
        assert_eq!(read_text(&[&[0xae, 0, 0, 1, 0][..], &body(256)].concat()), text(256));
        assert_eq!(read_text(&[&[0xaf][..], &body(300)].concat()), text(300));
        // New packets: one byte, two, five.
        assert_eq!(read_text(&[&[0xcb, 191][..], &body(191)].concat()), text(191));
        assert_eq!(read_text(&[&[0xcb, 192, 0][..], &body(192)].concat()), text(192));
        assert_eq!(read_text(&[&[0xcb, 223, 255][..], &body(8383)].concat()), text(8383));
        assert_eq!(read_text(&[&[0xcb, 255, 0, 0, 0, 20][..], &body(20)].concat()), text(20));
        // In parts of 512, 2, 1 and the rest.
        let whole = body(520);
        let (first, second, third, last) = (&whole[..512], &whole[512..514], &whole[514..515], &whole[515..]);
        let cut = [&[0xcb, 0xe9], first, &[0xe1], second, &[0xe0], third].concat();
        assert_eq!(read_text(&[&cut[..], &[5], last].concat()), text(520));
        // A part that is the end of the message is not the end of the packet.
        assert_eq!(read_text(&cut), None);
    }

    #[test]
    fn a_signature_in_front_names_its_key() {
        let id = [0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4];
        let with = |signature: &[u8]| {
            let signed = [packet(2, signature), packet(11, &literal(b"t"))].concat();
            assert_eq!(read_text(&signed).unwrap(), b"t");
            read_key(&signed)
        };
        assert_eq!(with(&[&[3, 5, 0, 0, 0, 0, 0][..], &id, &[1, 8]].concat()), KEY);
        // When it was made, hashed; by whom, not hashed.
        let four = [&[4, 0, 1, 8, 0, 6, 5, 2, 0, 0, 0, 0, 0, 10, 9, 0x80 | 16][..], &id].concat();
        assert_eq!(with(&four), KEY);
        assert_eq!(with(&four[..four.len() - 1]), None);
        assert_eq!(with(&[5, 0, 0]), None);
    }

    #[test]
    fn what_is_not_in_the_open_is_not_read() {
        for tag in [1, 3, 8, 9, 18, 20] {
            assert_eq!(read(&[packet(tag, b"x"), packet(11, &literal(b"t"))].concat()), None, "{tag}");
        }
        for broken in
            [&b""[..], b"text", b"-----BEGIN PGP MESSAGE-----", &[0xcb], &[0xcb, 5, 1], &[0xcb, 2, b'b', 9]]
        {
            assert_eq!(read(broken), None, "{broken:?}");
        }
        let after =
            |markers: usize| [packet(10, b"PGP").repeat(markers), packet(11, &literal(b"t"))].concat();
        assert_eq!(read_text(&after(MAX_PACKETS - 1)).unwrap(), b"t");
        assert_eq!(read(&after(MAX_PACKETS)), None);
    }

    proptest! {
        #[test]
        fn no_bytes_whatever_break_it(
            mut bytes in prop::collection::vec(any::<u8>(), 0..80),
            first in prop::sample::select(vec![0xcb_u8, 0xc4, 0xc2, 0x88, 0x90, 0xaf]),
        ) {
            read(&bytes);
            bytes.insert(0, first);
            read(&bytes);
        }

        #[test]
        fn the_text_comes_out(text in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(read_text(&packet(11, &literal(&text))), Some(text));
        }
    }
}
