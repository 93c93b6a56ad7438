//! How a namespace that is being deleted loses its content, and then goes itself.

use std::sync::Arc;

use weir_image_api::core_v1::Secret;
use weir_image_api::{ImageStream, Namespace, StreamRef, Timestamp};
use weir_metadata::{
    Error, EventKind, EventSource, Lookup, NamespaceRecord, ObjectEdit, Page, Reach, StreamEdit, StreamWish,
    Wish,
};

use crate::Registry;
use crate::api::ending;
use crate::api::{Refusal, Writer};

/// Objects that are looked up at once.
const PAGE: usize = 200;

/// Who empties namespaces that a crash left half empty. The name is the one clients know.
const CONTROLLER: &str = "system:serviceaccount:kube-system:namespace-controller";

impl Writer {
    /// Goes on with the deletion of a namespace, if it is being deleted: in the background, since it
    /// may take long, and to its end, since the caller may not.
    pub(super) fn look_after(&self, namespace: Namespace) {
        let found = self.registry.engine.namespace(&namespace);
        let ending = found.is_ok_and(|record| record.is_some_and(|record| is_ending(&record)));
        if self.dry_run || !ending {
            return;
        }
        let source = self.source();
        let registry = Arc::clone(&self.registry);
        // Nobody waits for it. What fails is tried again with the next change of the namespace, and
        // at the start.
        self.registry.tasks().spawn(async move {
            let _ = Emptying { registry: &registry, source }.of(&namespace).await;
            registry.end_uploads(&namespace).await;
        });
    }
}

impl Registry {
    /// Goes on with the deletion of every namespace whose deletion came to a halt: because the
    /// registry stopped, or because something failed.
    pub async fn empty_namespaces(&self) -> Result<(), Refusal> {
        if self.settings.read_only || !self.settings.deletes {
            return Ok(());
        }
        let source = EventSource { identity: CONTROLLER.to_owned(), client: None, reason: None };
        let emptying = Emptying { registry: self, source };
        let mut outcome = Ok(());
        for record in self.engine.namespaces(&Page::default())?.items {
            if is_ending(&record) {
                // One that cannot be emptied does not stand in the way of the others.
                outcome = outcome.and(emptying.of(&record.name).await);
            }
        }
        outcome
    }
}

struct Emptying<'a> {
    registry: &'a Registry,
    /// In whose name.
    source: EventSource,
}

impl Emptying<'_> {
    /// Removes what is in a namespace, if it is being deleted, and the namespace if nothing is left
    /// that somebody holds.
    async fn of(&self, namespace: &Namespace) -> Result<(), Refusal> {
        let engine = &self.registry.engine;
        let Some(record) = engine.namespace(namespace)? else { return Ok(()) };
        if !is_ending(&record) {
            return Ok(());
        }
        let streams_held = self.remove_streams(namespace).await?;
        let secrets_held = match self.remove_secrets(namespace).await {
            // What nobody can read any more goes with the namespace, which need not read it.
            Err(Refusal::Unavailable(
                Error::NoSecretKey | Error::WrongSecretKey { .. } | Error::DamagedSecret(_),
            )) => false,
            held => held?,
        };
        if streams_held || secrets_held {
            return Ok(());
        }
        let rule = |current: Option<NamespaceRecord>, _: &dyn Lookup| -> Result<_, Refusal> {
            let released = current.is_some_and(|record| ending::is_released(&record.metadata));
            Ok((if released { Wish::Delete } else { Wish::Keep }, ()))
        };
        engine.edit_namespace(self.edit(namespace.clone()), rule).await?;
        Ok(())
    }

    /// Removes the streams of a namespace, and says whether some are held.
    async fn remove_streams(&self, namespace: &Namespace) -> Result<bool, Refusal> {
        let mut held = false;
        let prefix = format!("{namespace}/");
        let mut after = prefix.clone();
        loop {
            let found = self.registry.engine.repositories(Some(&after), PAGE)?;
            let more = found.len() == PAGE;
            for repository in found {
                if !repository.as_str().starts_with(&prefix) {
                    return Ok(held);
                }
                repository.as_str().clone_into(&mut after);
                if let Ok(stream) = StreamRef::of(&repository, namespace) {
                    held |= self.remove_stream(stream).await?;
                }
            }
            if !more {
                return Ok(held);
            }
        }
    }

    async fn remove_stream(&self, stream: StreamRef) -> Result<bool, Refusal> {
        let now = self.registry.clock.now();
        let rule = move |current: Option<ImageStream>, _: &dyn Lookup| -> Result<_, Refusal> {
            let Some(current) = current else { return Ok((StreamWish::Keep, false)) };
            Ok(ending::stream_wish(current, now))
        };
        let ObjectEdit { key: stream, dry_run, now_ms } = self.edit(stream);
        let (reach, kind, source) = (Reach::Tags(Vec::new()), EventKind::Deleted, self.source.clone());
        let edit = StreamEdit { stream, reach, kind, source, dry_run, now_ms };
        let (_, held) = self.registry.engine.edit_stream(edit, rule).await?;
        Ok(held)
    }

    /// Removes the secrets of a namespace, and says whether some are held.
    async fn remove_secrets(&self, namespace: &Namespace) -> Result<bool, Refusal> {
        let mut held = false;
        let mut page = Page { limit: Some(PAGE), after: None };
        loop {
            let found = self.registry.engine.secrets(Some(namespace), &page)?;
            for secret in found.items {
                held |= self.remove_secret(namespace, secret.metadata.name).await?;
            }
            page.after = found.next;
            if page.after.is_none() {
                return Ok(held);
            }
        }
    }

    async fn remove_secret(&self, namespace: &Namespace, name: String) -> Result<bool, Refusal> {
        let now: Timestamp = self.registry.clock.now();
        let rule = move |current: Option<Secret>, _: &dyn Lookup| -> Result<_, Refusal> {
            let Some(current) = current else { return Ok((Wish::Keep, false)) };
            Ok(ending::wish(current, now))
        };
        let edit = self.edit((namespace.clone(), name));
        let (_, held) = self.registry.engine.edit_secret(edit, rule).await?;
        Ok(held)
    }

    fn edit<K>(&self, key: K) -> ObjectEdit<K> {
        ObjectEdit { key, dry_run: false, now_ms: self.registry.clock.now_ms() }
    }
}

fn is_ending(record: &NamespaceRecord) -> bool {
    record.metadata.deletion_timestamp.is_some()
}
