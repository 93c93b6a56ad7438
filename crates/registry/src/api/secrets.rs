use weir_access::{ManageApi, Permit};
use weir_image_api::Namespace;
use weir_image_api::core_v1::Secret;
use weir_image_api::core_v1::secret::rules;
use weir_image_api::meta::FieldErrors;
use weir_image_api::meta::rules::{collapse_owners, prepare_create, prepare_update};
use weir_metadata::{Edited, Lookup, ObjectEdit, Wish};

use crate::api::ending;
use crate::api::incarnation::{check_free, check_new, check_preconditions, check_update, complete_name, uid};
use crate::api::lookup::{Content, check_namespace};
use crate::api::{Deletion, Gone, Mutation, Refusal, Writer, Written};

const KIND: &str = "Secret";

/// What a rule makes of a secret, its last state if that was its end, and what to warn of.
type Outcome = Result<(Wish<Secret>, (Option<Secret>, Vec<String>)), Refusal>;

impl Writer {
    /// Makes a secret.
    pub async fn create_secret(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: &Namespace,
        mut secret: Secret,
    ) -> Result<Written<Secret>, Refusal> {
        self.check_writable()?;
        check_new(&secret.metadata)?;
        complete_name(&mut secret.metadata, |name| {
            self.registry.engine.secret(namespace, name).map(|found| found.is_some())
        })?;
        let now = self.now();
        let target = namespace.clone();
        let key = secret.metadata.name.clone();
        let rule = move |current: Option<Secret>, lookup: &dyn Lookup| -> Outcome {
            check_namespace(lookup, &target, Content::New)?;
            check_free(&secret.metadata.name, current.as_ref().map(|current| &current.metadata))?;
            let warnings = collapse_owners(&mut secret.metadata).into_iter().collect();
            let name = secret.metadata.name.clone();
            prepare_create(&mut secret.metadata, target.as_str(), uid(), now);
            let secret = rules::create(secret).map_err(|errors| invalid(name, errors))?;
            Ok((Wish::Write(Box::new(secret)), (None, warnings)))
        };
        self.edit_secret(namespace, &key, rule).await
    }

    /// Changes a secret.
    pub async fn update_secret(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: &Namespace,
        name: &str,
        mut mutation: Box<dyn Mutation<Secret>>,
    ) -> Result<Written<Secret>, Refusal> {
        self.check_writable()?;
        let now = self.now();
        let target = namespace.clone();
        let rule = move |current: Option<Secret>, lookup: &dyn Lookup| -> Outcome {
            let mut wanted = mutation.wanted(current.as_ref())?;
            let content = if current.is_some() { Content::Old } else { Content::New };
            check_namespace(lookup, &target, content)?;
            let warnings = collapse_owners(&mut wanted.metadata).into_iter().collect();
            let name = wanted.metadata.name.clone();
            let settled = match &current {
                None => {
                    check_new(&wanted.metadata)?;
                    prepare_create(&mut wanted.metadata, target.as_str(), uid(), now);
                    rules::create(wanted)
                }
                Some(current) => {
                    check_update(&current.metadata, &wanted.metadata)?;
                    prepare_update(&current.metadata, &mut wanted.metadata);
                    rules::update(current, wanted)
                }
            };
            let mut secret = settled.map_err(|errors| invalid(name, errors))?;
            mutation.settle(current.as_ref(), &mut secret);
            if ending::is_released(&secret.metadata) {
                return Ok((Wish::Delete, (Some(secret), warnings)));
            }
            Ok((Wish::Write(Box::new(secret)), (None, warnings)))
        };
        self.edit_secret(namespace, name, rule).await
    }

    /// Removes a secret.
    pub async fn delete_secret(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: &Namespace,
        name: &str,
        deletion: Deletion,
    ) -> Result<Gone<Secret>, Refusal> {
        self.check_deletes()?;
        let now = self.now();
        let missing = name.to_owned();
        let rule = move |current: Option<Secret>, _: &dyn Lookup| -> Result<_, Refusal> {
            let Some(current) = current else {
                return Err(Refusal::NotFound { resource: None, name: missing });
            };
            check_preconditions(KIND, &current.metadata, &deletion.preconditions)?;
            Ok(ending::wish(current, now))
        };
        let edit = self.secret_edit(namespace, name);
        let (edited, held) = self.registry.engine.edit_secret(edit, rule).await.map_err(keyless(name))?;
        let secret = stored(edited).object;
        if held {
            return Ok(Gone::Terminating(secret));
        }
        self.look_after(namespace.clone());
        Ok(Gone::Removed(secret))
    }

    async fn edit_secret(
        &self,
        namespace: &Namespace,
        name: &str,
        rule: impl FnOnce(Option<Secret>, &dyn Lookup) -> Outcome + Send + 'static,
    ) -> Result<Written<Secret>, Refusal> {
        let edit = self.secret_edit(namespace, name);
        let edited = self.registry.engine.edit_secret(edit, rule).await;
        let (edited, (ended, warnings)) = edited.map_err(keyless(name))?;
        if let Some(object) = ended {
            self.look_after(namespace.clone());
            return Ok(Written { object, made: false, warnings });
        }
        let Edited { object, made, .. } = stored(edited);
        Ok(Written { object, made, warnings })
    }

    fn secret_edit(&self, namespace: &Namespace, name: &str) -> ObjectEdit<(Namespace, String)> {
        self.object_edit((namespace.clone(), name.to_owned()))
    }
}

/// That secrets cannot be kept at all is for the caller to know; it is no failure of the records.
fn keyless(name: &str) -> impl Fn(Refusal) -> Refusal {
    move |refusal| match refusal {
        Refusal::Unavailable(error @ weir_metadata::Error::NoSecretKey) => {
            Refusal::Forbidden { resource: None, name: name.to_owned(), why: error.to_string() }
        }
        other => other,
    }
}

fn stored(edited: Option<Edited<Secret>>) -> Edited<Secret> {
    edited.expect("a rule that keeps a secret was given one")
}

fn invalid(name: String, errors: FieldErrors) -> Refusal {
    Refusal::Invalid { kind: KIND, name, errors }
}
