use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};
use weir_image_api::Timestamp;
use weir_image_api::meta::IncludeObject;
use weir_registry::view::{ChangeScope, ViewError};

use crate::failure::Failure;
use crate::form::Form;
use crate::payload::Events;
use crate::query::Query;
use crate::record::Record;
use crate::resource::{Resource, Scope};
use crate::selector::{FieldSelector, LabelSelector};
use crate::watch::event::{Change, Loaded};
use crate::watch::frame::{Frame, FrameForm, Look, Word, bookmark, error};
use crate::watch::initial::{Covered, Initial};
use crate::watch::log::Log;
use crate::watch::options::{Start, WatchOptions};
use crate::watch::ring::{Next, Ring, next_read};

/// Time a watcher waits between two looks at what is new, and how much longer for each other watcher
/// of the resource. Under load this gathers what happens meanwhile: a thousand watchers do not wake
/// for each of a thousand pushes a second, and leave the processors to the pushes. The first event
/// after a pause waits for nothing.
const GAP: Duration = Duration::from_millis(10);
const GAP_PER_WATCHER: Duration = Duration::from_micros(40);
const LONGEST_GAP: Duration = Duration::from_millis(60);

/// Time between two messages that only say how far the client is.
const BOOKMARK_EVERY: Duration = Duration::from_secs(50);

/// Time before the end at which a client is told how far it is.
const BOOKMARK_BEFORE_END: Duration = Duration::from_secs(2);

/// Bytes handed to a connection at once.
const PIECE_BYTES: usize = 64 * 1024;

/// What to watch, and how it is shown.
pub(crate) struct Watching {
    pub(crate) resource: &'static Resource,
    pub(crate) log: Box<dyn Log>,
    pub(crate) ring: Arc<Ring>,
    pub(crate) selection: Selection,
    pub(super) look: Look,
    pub(super) options: WatchOptions,
}

/// Which objects of the resource.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Only those of this namespace.
    pub(crate) namespace: Option<String>,
    pub(crate) labels: LabelSelector,
    pub(crate) fields: FieldSelector,
}

/// Starts a watch. What is wrong with its beginning is said here, before any event.
pub(crate) fn open(watching: Watching) -> Result<Events, Failure> {
    let feed = watching.log.subscribe();
    let newest = *feed.borrow();
    let (phase, position) = match watching.options.start {
        Start::State { at_least, .. } if at_least > newest => {
            return Err(Failure::ResourceVersionTooLarge { asked: at_least, current: newest });
        }
        Start::State { .. } => {
            let namespace = watching.selection.namespace.as_deref();
            (Phase::Initial(Initial::new(namespace, watching.only())), newest)
        }
        Start::Now => (Phase::Live { joined: false }, newest),
        Start::After(version) => {
            // Reads nothing, but fails if the log begins later.
            watching.load(version, 1).map_err(|error| watching.failure(version, error))?;
            (Phase::Live { joined: false }, version)
        }
    };
    let now = Instant::now();
    let watcher = Watcher {
        end: now + watching.options.life,
        next_bookmark: now + BOOKMARK_EVERY.min(watching.options.life.saturating_sub(BOOKMARK_BEFORE_END)),
        next_look: now,
        opened: now,
        watching,
        feed,
        phase,
        position,
        read: 1,
        covered: None,
        ready: VecDeque::new(),
    };
    Ok(Events::new(stream::unfold(watcher, |mut watcher| async move {
        let piece = watcher.next().await?;
        Some((piece, watcher))
    })))
}

/// One client's watch.
struct Watcher {
    watching: Watching,
    /// Wakes after each commit, and knows the newest version.
    feed: Receiver<u64>,
    phase: Phase,
    /// All changes up to this version have been dealt with.
    position: u64,
    /// How many changes to read from the log at once.
    read: usize,
    /// What the initial state has shown already.
    covered: Option<Covered>,
    ready: VecDeque<Bytes>,
    end: Instant,
    next_bookmark: Instant,
    next_look: Instant,
    opened: Instant,
}

enum Phase {
    /// The state is being sent.
    Initial(Initial),
    /// Changes are sent as they happen. Until the watcher has `joined` the ring, it reads the log.
    Live { joined: bool },
    /// What is ready is the last.
    Over,
}

impl Watcher {
    /// The next piece of the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(piece) = self.take_ready() {
                return Some(piece);
            }
            match &mut self.phase {
                Phase::Over => return None,
                Phase::Initial(_) => self.show_page(),
                Phase::Live { .. } => {
                    if Instant::now() >= self.end {
                        return None;
                    }
                    if *self.feed.borrow_and_update() > self.position {
                        self.show_changes().await;
                        if !self.ready.is_empty() || matches!(self.phase, Phase::Over) {
                            continue;
                        }
                        if *self.feed.borrow() > self.position {
                            // Others may have something to do.
                            tokio::task::yield_now().await;
                            continue;
                        }
                    }
                    self.wait().await?;
                }
            }
        }
    }

    /// Waits until there may be something to do. None at the end, and when the registry closes.
    async fn wait(&mut self) -> Option<()> {
        let timer = if self.watching.options.bookmarks { self.end.min(self.next_bookmark) } else { self.end };
        tokio::select! {
            changed = self.feed.changed() => {
                changed.ok()?;
                sleep_until(self.next_look).await;
                self.next_look = Instant::now() + self.gap();
            }
            () = sleep_until(timer) => {
                if self.watching.options.bookmarks && Instant::now() >= self.next_bookmark {
                    self.mark(false);
                }
            }
        }
        Some(())
    }

    /// How objects are shown by now: a table tells their ages, and a watch may last an hour.
    fn look(&self) -> Look {
        let Look { form, now } = self.watching.look;
        let since = i64::try_from(self.opened.elapsed().as_secs()).unwrap_or(i64::MAX);
        Look { form, now: Timestamp::from_seconds(now.seconds().saturating_add(since)) }
    }

    fn gap(&self) -> Duration {
        // Each watcher holds the ring.
        let watchers = u32::try_from(Arc::strong_count(&self.watching.ring)).unwrap_or(u32::MAX);
        GAP_PER_WATCHER.saturating_mul(watchers).saturating_add(GAP).min(LONGEST_GAP)
    }

    /// Joins small frames into pieces worth a write.
    fn take_ready(&mut self) -> Option<Bytes> {
        let first = self.ready.pop_front()?;
        if first.len() >= PIECE_BYTES || self.ready.is_empty() {
            return Some(first);
        }
        let mut piece = BytesMut::from(first);
        while let Some(next) = self.ready.front().filter(|next| piece.len() + next.len() <= PIECE_BYTES) {
            piece.extend_from_slice(next);
            self.ready.pop_front();
        }
        Some(piece.freeze())
    }

    fn show_page(&mut self) {
        let Phase::Initial(initial) = &mut self.phase else { return };
        match initial.next_page(self.watching.log.as_ref()) {
            Ok((objects, more)) => {
                let Look { form, now } = self.look();
                let frame = Frame { word: Word::Added, form };
                let kind = self.watching.resource.kind;
                for object in objects.iter().filter(|object| self.watching.selects(object.as_ref())) {
                    self.ready.push_back(frame.of_object(kind, now, object.as_ref()));
                }
                if !more {
                    self.end_of_state();
                }
            }
            Err(error) => self.fail(error),
        }
    }

    fn end_of_state(&mut self) {
        let Phase::Initial(initial) = std::mem::replace(&mut self.phase, Phase::Live { joined: false })
        else {
            return;
        };
        let covered = initial.finish();
        self.position = covered.from();
        self.covered = Some(covered);
        self.leave_state();
    }

    /// Once everything that happened while the state was read has been looked at, the client has
    /// seen one version of all of it.
    fn leave_state(&mut self) {
        if self.covered.as_ref().is_some_and(|covered| self.position >= covered.upto()) {
            self.covered = None;
            let marked = matches!(self.watching.options.start, Start::State { marked: true, .. });
            if marked && self.watching.options.bookmarks {
                self.mark(true);
            }
        }
    }

    async fn show_changes(&mut self) {
        let newest = *self.feed.borrow();
        let Phase::Live { joined } = self.phase else { return };
        let next = self.watching.ring.after(self.position, newest, |after, limit| {
            // The ring is everybody's.
            self.watching.log.load(&ChangeScope::default(), after, limit)
        });
        match next.await {
            Ok(Next::Changes(loaded)) => {
                self.phase = Phase::Live { joined: true };
                self.take(&loaded);
            }
            Ok(Next::Missed) if joined && self.covered.is_none() => self.phase = Phase::Over,
            Ok(Next::Missed) => {
                let ring = Arc::clone(&self.watching.ring);
                let turn = ring.turn().await;
                let loaded = self.watching.load(self.position, self.read);
                drop(turn);
                // Between two turns others run.
                tokio::task::yield_now().await;
                match loaded {
                    Ok(loaded) => {
                        self.read = next_read(self.read, &loaded);
                        self.take(&loaded);
                    }
                    Err(error) => self.fail(error),
                }
            }
            Err(error) => self.fail(error),
        }
    }

    fn take(&mut self, loaded: &Loaded) {
        let look = self.look();
        for change in &loaded.changes {
            let seen = self.covered.as_ref().is_some_and(|of| of.shows(change.object(), change.version));
            if !seen && self.watching.reaches(change) {
                let watching = &self.watching;
                let selects = |object: &dyn Record| watching.selects(object);
                self.ready.extend(change.frame(watching.resource.kind, look, selects));
            }
        }
        self.position = self.position.max(loaded.upto);
        self.leave_state();
    }

    fn mark(&mut self, initial_end: bool) {
        let (kind, form) = (self.watching.resource.kind, self.watching.look.form);
        self.ready.push_back(bookmark(kind, form, self.position, initial_end));
        let now = Instant::now();
        let before_end = self.end.checked_sub(BOOKMARK_BEFORE_END).filter(|last| *last > now);
        self.next_bookmark = (now + BOOKMARK_EVERY).min(before_end.unwrap_or(now + BOOKMARK_EVERY));
    }

    /// Tells the client why there is no more, as the last event.
    fn fail(&mut self, failed: ViewError) {
        let failure = self.watching.failure(self.position, failed);
        self.ready.push_back(error(&failure.status()));
        self.phase = Phase::Over;
    }
}

impl Watching {
    /// Reads from a request what is wanted of the watch, besides which objects.
    pub(crate) fn new(
        resource: &'static Resource,
        log: Box<dyn Log>,
        ring: Arc<Ring>,
        selection: Selection,
        query: &Query,
        shown: (Form, IncludeObject, Timestamp),
    ) -> Result<Watching, Failure> {
        let (form, include, now) = shown;
        let form = match form {
            Form::Object => FrameForm::Object,
            // A metadata client that lists in one form watches in either.
            Form::Partial | Form::PartialList => FrameForm::Partial,
            Form::Table => FrameForm::Table(include),
        };
        // The seed of a hash table is as good a lot as any.
        let lot = RandomState::new().build_hasher().finish();
        let options = WatchOptions::parse(query, lot)?;
        Ok(Watching { resource, log, ring, selection, look: Look { form, now }, options })
    }

    /// Whether a change is of an object that the path of the request covers.
    fn reaches(&self, change: &Change) -> bool {
        let meta = change.object().meta();
        self.selection.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
    }

    fn selects(&self, object: &dyn Record) -> bool {
        crate::listing::selects(object, &self.selection.labels, &self.selection.fields)
    }

    /// What the client is told when the log after a version cannot be read.
    fn failure(&self, asked: u64, error: ViewError) -> Failure {
        match error {
            ViewError::Expired { oldest } => Failure::WatchTooOld { asked, oldest },
            error => Failure::of_view("watch", self.resource.group_resource(), "", error),
        }
    }

    /// Reads the log for this watch alone.
    fn load(&self, after: u64, limit: usize) -> Result<Loaded, ViewError> {
        let scope = ChangeScope {
            namespace: self.selection.namespace.clone(),
            name: self.selection.fields.exact("metadata.name").map(str::to_owned),
        };
        self.log.load(&scope, after, limit)
    }

    /// The one object that can be selected, if it is one by name.
    pub(super) fn only(&self) -> Option<&str> {
        let within_one = self.selection.namespace.is_some() || self.resource.scope == Scope::Cluster;
        self.selection.fields.exact("metadata.name").filter(|_| within_one)
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching").field("resource", &self.resource.plural).finish_non_exhaustive()
    }
}
