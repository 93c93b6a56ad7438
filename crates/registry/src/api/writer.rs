use std::sync::Arc;

use weir_access::{Permit, WriteApi};
use weir_image_api::{StreamRef, Timestamp};
use weir_metadata::{EventKind, EventSource, ObjectEdit, Reach, StreamEdit};

use crate::Registry;
use crate::api::lookup::Terms;
use crate::api::{Author, Refusal};

/// What spec tags that do not say how they import say instead (image-api 18.1).
const DEFAULT_IMPORT_MODE: &str = "Legacy";

/// Writes in the name of one caller.
#[derive(Clone, Debug)]
pub struct Writer {
    pub(crate) registry: Arc<Registry>,
    pub(crate) author: Author,
    /// Everything is done but kept.
    pub(crate) dry_run: bool,
}

impl Registry {
    /// Writes to the records, for a caller who may write them. A dry run does everything and keeps
    /// nothing.
    pub fn writer(self: &Arc<Self>, _permit: &Permit<WriteApi>, author: Author, dry_run: bool) -> Writer {
        Writer { registry: Arc::clone(self), author, dry_run }
    }
}

impl Writer {
    pub(super) fn check_writable(&self) -> Result<(), Refusal> {
        if self.registry.settings.read_only { Err(Refusal::ReadOnly) } else { Ok(()) }
    }

    pub(super) fn check_deletes(&self) -> Result<(), Refusal> {
        self.check_writable()?;
        if self.registry.settings.deletes { Ok(()) } else { Err(Refusal::DeletesDisabled) }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.registry.clock.now()
    }

    pub(super) fn terms(&self) -> Terms {
        let engine = &self.registry.engine;
        let settings = &self.registry.settings;
        let own_names = [Some(engine.host()), engine.public_host()].into_iter().flatten().map(str::to_owned);
        Terms {
            now: self.now(),
            host: engine.host().to_owned(),
            own_names: own_names.chain(settings.also_known_as.iter().cloned()).collect(),
            default_namespace: settings.default_namespace.clone(),
            default_import_mode: DEFAULT_IMPORT_MODE,
            may_pull: self.author.may_pull.clone(),
        }
    }

    /// Who stands with what this writer does.
    pub(super) fn source(&self) -> EventSource {
        EventSource {
            identity: self.author.identity.name().to_owned(),
            client: self.author.client.clone(),
            reason: self.author.reason.clone(),
        }
    }

    pub(super) fn stream_edit(&self, stream: StreamRef, reach: Reach, kind: EventKind) -> StreamEdit {
        let ObjectEdit { key: stream, dry_run, now_ms } = self.object_edit(stream);
        StreamEdit { stream, reach, kind, source: self.source(), dry_run, now_ms }
    }

    pub(super) fn object_edit<K>(&self, key: K) -> ObjectEdit<K> {
        ObjectEdit { key, dry_run: self.dry_run, now_ms: self.registry.clock.now_ms() }
    }
}
