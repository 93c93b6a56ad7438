use weir_access::{ManageApi, Permit};
use weir_image_api::meta::rules::{self, Scope};
use weir_image_api::meta::{FieldErrors, ObjectMeta};
use weir_image_api::{Namespace, core_v1};
use weir_metadata::{Lookup, NamespaceRecord, Wish};

use crate::api::ending;
use crate::api::incarnation::{check_free, check_new, check_preconditions, check_update, complete_name, uid};
use crate::api::{Deletion, Gone, Mutation, Refusal, Writer, Written};
use crate::view;

const KIND: &str = "Namespace";

/// The finalizer of whoever empties namespaces, which is this registry itself.
const FINALIZER: &str = "kubernetes";

type Outcome = Result<(Wish<NamespaceRecord>, ()), Refusal>;

impl Writer {
    /// Makes a namespace. A project request is one with annotations.
    pub async fn create_namespace(
        &self,
        mut namespace: core_v1::Namespace,
    ) -> Result<Written<core_v1::Namespace>, Refusal> {
        self.check_writable()?;
        check_new(&namespace.metadata)?;
        complete_name(&mut namespace.metadata, |name| match Namespace::parse(name) {
            Ok(name) => self.registry.engine.namespace(&name).map(|found| found.is_some()),
            Err(_) => Ok(false),
        })?;
        let record = self.new_namespace(namespace.metadata)?;
        let edit = self.object_edit(record.name.clone());
        let rule = move |current: Option<NamespaceRecord>, _: &dyn Lookup| -> Outcome {
            check_free(record.name.as_str(), current.as_ref().map(|current| &current.metadata))?;
            Ok((Wish::Write(Box::new(record)), ()))
        };
        let (edited, ()) = self.registry.engine.edit_namespace(edit, rule).await?;
        Ok(written(edited))
    }

    /// Changes labels, annotations and finalizers of a namespace.
    pub async fn update_namespace(
        &self,
        _manage: &Permit<ManageApi>,
        name: &str,
        mut mutation: Box<dyn Mutation<core_v1::Namespace>>,
    ) -> Result<Written<core_v1::Namespace>, Refusal> {
        self.check_writable()?;
        let Ok(key) = Namespace::parse(name) else { return Err(not_found(name)) };
        let writer = self.clone();
        let edit = self.object_edit(key.clone());
        let rule = move |current: Option<NamespaceRecord>, _: &dyn Lookup| -> Outcome {
            let before = current.clone().map(view::namespace);
            let wanted = mutation.wanted(before.as_ref())?;
            let mut record = match current {
                None => {
                    check_new(&wanted.metadata)?;
                    writer.new_namespace(wanted.metadata)?
                }
                Some(current) => updated(current, wanted)?,
            };
            let mut after = view::namespace(record.clone());
            mutation.settle(before.as_ref(), &mut after);
            record.metadata = after.metadata;
            Ok((Wish::Write(Box::new(record)), ()))
        };
        let (edited, ()) = self.registry.engine.edit_namespace(edit, rule).await?;
        self.look_after(key);
        Ok(written(edited))
    }

    /// Asks for the end of a namespace. It is marked at once and takes nothing new; what is in it
    /// goes in the background, and then the namespace.
    pub async fn delete_namespace(
        &self,
        _manage: &Permit<ManageApi>,
        name: &str,
        deletion: Deletion,
    ) -> Result<Gone<core_v1::Namespace>, Refusal> {
        self.check_deletes()?;
        let Ok(key) = Namespace::parse(name) else { return Err(not_found(name)) };
        let now = self.now();
        let edit = self.object_edit(key.clone());
        let missing = name.to_owned();
        let rule = move |current: Option<NamespaceRecord>, _: &dyn Lookup| -> Outcome {
            let Some(current) = current else { return Err(not_found(&missing)) };
            check_preconditions(KIND, &current.metadata, &deletion.preconditions)?;
            if current.metadata.deletion_timestamp.is_some() {
                return Ok((Wish::Keep, ()));
            }
            let metadata = ending::marked(&current.metadata, now);
            // Namespaces have no generation.
            let metadata = ObjectMeta { generation: current.metadata.generation, ..metadata };
            Ok((Wish::Write(Box::new(NamespaceRecord { metadata, ..current })), ()))
        };
        let (edited, ()) = self.registry.engine.edit_namespace(edit, rule).await?;
        self.look_after(key);
        Ok(Gone::Terminating(written(edited).object))
    }

    /// The record of a namespace to be made.
    fn new_namespace(&self, mut metadata: ObjectMeta) -> Result<NamespaceRecord, Refusal> {
        rules::prepare_create(&mut metadata, "", uid(), self.now());
        let errors = rules::validate(&metadata, Scope::Cluster, rules::namespace_name);
        match Namespace::parse(&metadata.name) {
            Ok(name) if errors.is_empty() => {
                Ok(NamespaceRecord { name, metadata, finalizers: vec![FINALIZER.to_owned()] })
            }
            _ => Err(invalid(metadata.name, errors)),
        }
    }
}

fn updated(current: NamespaceRecord, wanted: core_v1::Namespace) -> Result<NamespaceRecord, Refusal> {
    let mut metadata = wanted.metadata;
    check_update(&current.metadata, &metadata)?;
    rules::prepare_update(&current.metadata, &mut metadata);
    let mut errors = rules::validate_update(&current.metadata, &metadata);
    errors.extend(rules::validate(&metadata, Scope::Cluster, rules::namespace_name));
    if errors.is_empty() {
        // Who agrees to the end of a namespace says so at its `finalize`, which nobody but the
        // registry does here.
        Ok(NamespaceRecord { metadata, ..current })
    } else {
        Err(invalid(metadata.name, errors))
    }
}

fn invalid(name: String, errors: FieldErrors) -> Refusal {
    Refusal::Invalid { kind: KIND, name, errors }
}

fn not_found(name: &str) -> Refusal {
    Refusal::NotFound { resource: None, name: name.to_owned() }
}

fn written(edited: Option<weir_metadata::Edited<NamespaceRecord>>) -> Written<core_v1::Namespace> {
    let edited = edited.expect("a rule that keeps a namespace was given one");
    Written { object: view::namespace(edited.object), made: edited.made, warnings: Vec::new() }
}
