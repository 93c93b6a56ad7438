//! Writing the wire format of protocol buffers.

/// A message that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// The message.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// A field with a length: a text, or a message.
    pub(super) fn bytes(&mut self, number: u32, content: &[u8]) {
        self.varint(u64::from(number << 3 | 2));
        self.varint(u64::try_from(content.len()).expect("a length in memory fits"));
        self.0.extend(content);
    }

    /// A number or a flag. Zero is what is read when nothing is there.
    pub(super) fn number(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.varint(u64::from(number << 3));
            self.varint(value);
        }
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(u8::try_from(value & 0x7f).expect("seven bits") | 0x80);
            value >>= 7;
        }
        self.0.push(u8::try_from(value).expect("less than eight bits"));
    }
}
