use uuid::Uuid;

/// Names one start of the machine: what was written since is still there after the process was
/// killed, flushed or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BootId(Uuid);

impl BootId {
    /// The running start; where the system does not name it, one that no other process shares, so
    /// that only flushed bytes are trusted.
    pub(crate) fn current() -> BootId {
        let named = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        BootId(named.and_then(|text| Uuid::try_parse(text.trim()).ok()).unwrap_or_else(Uuid::new_v4))
    }

    /// A start that never was.
    #[cfg(test)]
    pub(crate) fn other() -> BootId {
        BootId(Uuid::new_v4())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<BootId> {
        Uuid::from_slice(bytes).ok().map(BootId)
    }
}
