use weir_access::{ManageApi, Permit};
use weir_image_api::Image;
use weir_image_api::image::rules;
use weir_image_api::meta::rules::{collapse_owners, prepare_create, prepare_update};
use weir_metadata::{Edited, Lookup, Wish};

use crate::api::ending;
use crate::api::incarnation::{
    check_free, check_new, check_preconditions, check_versioned_update, complete_name, uid,
};
use crate::api::{Deletion, Gone, Mutation, Refusal, Writer, Written};

const KIND: &str = "Image";
const RESOURCE: &str = "images";

/// What a rule makes of an image, its last state if that was its end, and what to warn of.
type Outcome = Result<(Wish<Image>, (Option<Image>, Vec<String>)), Refusal>;

impl Writer {
    /// Makes an image.
    pub async fn create_image(
        &self,
        _manage: &Permit<ManageApi>,
        mut image: Image,
    ) -> Result<Written<Image>, Refusal> {
        self.check_writable()?;
        check_new(&image.metadata)?;
        complete_name(&mut image.metadata, |name| {
            self.registry.engine.image(name).map(|found| found.is_some())
        })?;
        let now = self.now();
        let key = image.metadata.name.clone();
        let rule = move |current: Option<Image>, _: &dyn Lookup| -> Outcome {
            check_free(&image.metadata.name, current.as_ref().map(|current| &current.metadata))?;
            let warnings = collapse_owners(&mut image.metadata).into_iter().collect();
            let name = image.metadata.name.clone();
            prepare_create(&mut image.metadata, "", uid(), now);
            let image = rules::create(image, now).map_err(|errors| invalid(name, errors))?;
            Ok((Wish::Write(Box::new(image)), (None, warnings)))
        };
        self.edit_image(key, rule).await
    }

    /// Changes an image, as far as it does not follow from its manifest.
    pub async fn update_image(
        &self,
        _manage: &Permit<ManageApi>,
        name: &str,
        mut mutation: Box<dyn Mutation<Image>>,
    ) -> Result<Written<Image>, Refusal> {
        self.check_writable()?;
        let now = self.now();
        let rule = move |current: Option<Image>, _: &dyn Lookup| -> Outcome {
            let mut wanted = mutation.wanted(current.as_ref())?;
            let warnings = collapse_owners(&mut wanted.metadata).into_iter().collect();
            let name = wanted.metadata.name.clone();
            let settled = match &current {
                None => {
                    check_new(&wanted.metadata)?;
                    prepare_create(&mut wanted.metadata, "", uid(), now);
                    rules::create(wanted, now)
                }
                Some(current) => {
                    check_versioned_update(RESOURCE, &current.metadata, &wanted.metadata)?;
                    prepare_update(&current.metadata, &mut wanted.metadata);
                    rules::update(current, wanted, now)
                }
            };
            let mut image = settled.map_err(|errors| invalid(name, errors))?;
            mutation.settle(current.as_ref(), &mut image);
            if ending::is_released(&image.metadata) {
                return Ok((Wish::Delete, (Some(image), warnings)));
            }
            Ok((Wish::Write(Box::new(image)), (None, warnings)))
        };
        self.edit_image(name.to_owned(), rule).await
    }

    /// Removes an image. Streams that name it keep their history and report it missing.
    pub async fn delete_image(
        &self,
        _manage: &Permit<ManageApi>,
        name: &str,
        deletion: Deletion,
    ) -> Result<Gone<Image>, Refusal> {
        self.check_deletes()?;
        let now = self.now();
        let missing = name.to_owned();
        let rule = move |current: Option<Image>, _: &dyn Lookup| -> Result<_, Refusal> {
            let Some(current) = current else {
                return Err(Refusal::NotFound { resource: None, name: missing });
            };
            check_preconditions(KIND, &current.metadata, &deletion.preconditions)?;
            Ok(ending::wish(current, now))
        };
        let edit = self.object_edit(name.to_owned());
        let (edited, held) = self.registry.engine.edit_image(edit, rule).await?;
        let image = stored(edited).object;
        Ok(if held { Gone::Terminating(image) } else { Gone::Removed(image) })
    }

    async fn edit_image(
        &self,
        key: String,
        rule: impl FnOnce(Option<Image>, &dyn Lookup) -> Outcome + Send + 'static,
    ) -> Result<Written<Image>, Refusal> {
        let edit = self.object_edit(key);
        let (edited, (ended, warnings)) = self.registry.engine.edit_image(edit, rule).await?;
        if let Some(object) = ended {
            return Ok(Written { object, made: false, warnings });
        }
        let Edited { object, made, .. } = stored(edited);
        Ok(Written { object, made, warnings })
    }
}

fn stored(edited: Option<Edited<Image>>) -> Edited<Image> {
    edited.expect("a rule that keeps an image was given one")
}

fn invalid(name: String, errors: weir_image_api::meta::FieldErrors) -> Refusal {
    Refusal::Invalid { kind: KIND, name, errors }
}
