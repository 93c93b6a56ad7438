//! `metadata.managedFields`.

use serde_json::{Map, Value, json};

use super::author::Author;
use super::field_set::{BadFields, FieldSet};

/// Entries for updates in one object, as upstream keeps.
const UPDATE_ENTRIES: usize = 10;
/// The manager that the oldest entries are merged into.
const ANCIENT: &str = "ancient-changes";
const FIELDS_TYPE: &str = "FieldsV1";

/// How fields came to be owned. The order is that of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    /// Asked for by an apply.
    Apply,
    /// Set by any other write.
    Update,
}

/// The fields of one manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    /// Empty for the object itself.
    pub(crate) subresource: String,
    pub(crate) time: Option<String>,
    pub(crate) fields: FieldSet,
}

/// All entries of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ManagedFields {
    pub(crate) entries: Vec<Entry>,
}

/// Something that is no entry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadEntry {
    /// It lacks a member, or has a strange one.
    #[error("not an entry of managed fields: no valid {0}")]
    Member(&'static str),
    /// Its fields are none.
    #[error(transparent)]
    Fields(#[from] BadFields),
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Operation::Apply => "Apply",
            Operation::Update => "Update",
        }
    }
}

impl Entry {
    /// An entry that owns nothing yet.
    pub(super) fn new(author: &Author, operation: Operation) -> Entry {
        Entry {
            manager: author.manager.to_owned(),
            operation,
            api_version: author.api_version.to_owned(),
            subresource: author.subresource.unwrap_or_default().to_owned(),
            time: Some(author.now.to_owned()),
            fields: FieldSet::default(),
        }
    }

    /// Whether this is where a write of that kind leaves its fields. What is applied replaces what
    /// was, in whichever version.
    pub(super) fn is_of(&self, author: &Author, operation: Operation) -> bool {
        self.operation == operation
            && self.manager == author.manager
            && self.subresource == author.subresource.unwrap_or_default()
            && (operation == Operation::Apply || self.api_version == author.api_version)
    }

    fn parse(value: &Value) -> Result<Entry, BadEntry> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let operation = match text("operation").as_str() {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(BadEntry::Member("operation")),
        };
        if text("fieldsType") != FIELDS_TYPE {
            return Err(BadEntry::Member("fieldsType"));
        }
        let api_version = text("apiVersion");
        if api_version.is_empty() {
            return Err(BadEntry::Member("apiVersion"));
        }
        let nothing = json!({});
        let fields = value.get("fieldsV1").filter(|fields| !fields.is_null()).unwrap_or(&nothing);
        Ok(Entry {
            manager: text("manager"),
            operation,
            api_version,
            subresource: text("subresource"),
            time: value.get("time").and_then(Value::as_str).map(str::to_owned),
            fields: FieldSet::decode(fields)?,
        })
    }

    fn write(&self) -> Value {
        let mut out = Map::new();
        let mut put = |name: &str, text: &str| {
            if !text.is_empty() {
                out.insert(name.to_owned(), Value::from(text));
            }
        };
        put("manager", &self.manager);
        put("operation", self.operation.as_str());
        put("apiVersion", &self.api_version);
        put("time", self.time.as_deref().unwrap_or_default());
        put("fieldsType", FIELDS_TYPE);
        put("subresource", &self.subresource);
        out.insert("fieldsV1".to_owned(), self.fields.encode());
        Value::Object(out)
    }

    /// The order of the list: what was applied first, then by time.
    fn rank(&self) -> (Operation, Option<&str>, [&str; 3]) {
        (self.operation, self.time.as_deref(), [&self.manager, &self.api_version, &self.subresource])
    }
}

impl ManagedFields {
    /// Reads entries strictly: one bad entry makes the whole list bad.
    pub(crate) fn parse(entries: &[Value]) -> Result<ManagedFields, BadEntry> {
        Ok(ManagedFields { entries: entries.iter().map(Entry::parse).collect::<Result<_, _>>()? })
    }

    /// The entries of a stored object. A list that cannot be read is none: nobody owns anything then.
    pub(crate) fn of(object: &Value) -> ManagedFields {
        ManagedFields::parse(raw(object)).unwrap_or_default()
    }

    /// The entries as `metadata` holds them.
    pub(crate) fn to_values(&self) -> Vec<Value> {
        self.entries.iter().map(Entry::write).collect()
    }

    /// Puts the entries into an object.
    pub(crate) fn store(&self, object: &mut Value) {
        put(object, self.to_values());
    }

    /// The fields that a kind of write by this author has left.
    pub(super) fn entry(&self, author: &Author, operation: Operation) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_of(author, operation))
    }

    /// Adds an entry in the place of those that its author had before.
    pub(super) fn replace(&mut self, author: &Author, entry: Entry) {
        self.entries.retain(|old| !old.is_of(author, entry.operation));
        self.entries.push(entry);
    }

    /// Who owns what, whenever it was written.
    pub(super) fn without_times(mut self) -> ManagedFields {
        for entry in &mut self.entries {
            entry.time = None;
        }
        self.sort();
        self
    }

    fn sort(&mut self) {
        self.entries.sort_by(|a, b| a.rank().cmp(&b.rank()));
    }

    /// Drops entries without fields, keeps the number of the others in bounds, and sorts them.
    pub(super) fn tidy(&mut self) {
        self.entries.retain(|entry| !entry.fields.is_empty());
        self.sort();
        self.cap();
        self.sort();
    }

    /// Merges the oldest updates of each version until there are few enough.
    fn cap(&mut self) {
        let is_update = |entry: &Entry| entry.operation == Operation::Update;
        let mut excess = self.entries.iter().filter(|entry| is_update(entry)).count();
        let mut at = 0;
        while excess > UPDATE_ENTRIES && at < self.entries.len() {
            let version = self.entries[at].api_version.clone();
            let mergeable = |entry: &Entry| is_update(entry) && entry.api_version == version;
            // Entries are sorted, so the next one of the version is the next oldest.
            let next = (at + 1..self.entries.len()).find(|next| mergeable(&self.entries[*next]));
            match next {
                Some(next) if mergeable(&self.entries[at]) => {
                    let newer = self.entries.remove(next);
                    let bucket = &mut self.entries[at];
                    bucket.fields.add(&newer.fields);
                    bucket.time = newer.time;
                    ANCIENT.clone_into(&mut bucket.manager);
                    bucket.subresource.clear();
                    excess -= 1;
                }
                _ => at += 1,
            }
        }
    }
}

/// The list in an object, unread.
pub(super) fn raw(object: &Value) -> &[Value] {
    object.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Puts a list into an object; an empty one is left out.
pub(super) fn put(object: &mut Value, entries: Vec<Value>) {
    let Some(object) = object.as_object_mut() else { return };
    if !object.get("metadata").is_some_and(Value::is_object) {
        if entries.is_empty() {
            return;
        }
        object.insert("metadata".to_owned(), json!({}));
    }
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut).expect("it is an object");
    if entries.is_empty() {
        metadata.remove("managedFields");
    } else {
        metadata.insert("managedFields".to_owned(), Value::Array(entries));
    }
}
