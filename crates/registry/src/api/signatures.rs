use weir_access::{ManageApi, Permit, Pull};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::meta::rules::prepare_create;
use weir_image_api::signature::rules;
use weir_image_api::{Base64Bytes, Image, ImageSignature};
use weir_metadata::{Lookup, Wish};
use weir_oci::{Digest, Reference};

use crate::api::incarnation::{check_new, uid};
use crate::api::{Refusal, Writer, Written};
use crate::{Error, Registry};

const KIND: &str = "ImageSignature";
/// As upstream spells it in this one place.
const RESOURCE: &str = "imageSignatures";

impl Registry {
    /// The signatures of an image that a repository serves.
    pub fn signatures(&self, permit: &Permit<Pull>, digest: &Digest) -> crate::Result<Vec<ImageSignature>> {
        let reference = Reference::Digest(*digest);
        self.manifest_record(permit, &reference)?;
        let image = self.engine.image(&digest.to_string())?;
        Ok(image.ok_or(Error::ManifestUnknown(reference))?.signatures)
    }
}

impl Writer {
    /// Adds a signature of which only name, type and content are known.
    pub async fn sign(
        &self,
        manage: &Permit<ManageApi>,
        name: String,
        r#type: String,
        content: Vec<u8>,
    ) -> Result<(), Refusal> {
        let metadata = ObjectMeta { name, ..ObjectMeta::default() };
        let content = Base64Bytes(content);
        let signature = ImageSignature { metadata, r#type, content, ..ImageSignature::default() };
        self.create_signature(manage, signature).await.map(drop)
    }

    /// Adds a signature, named `<image>@<signature>`, to its image.
    pub async fn create_signature(
        &self,
        _manage: &Permit<ManageApi>,
        mut signature: ImageSignature,
    ) -> Result<Written<ImageSignature>, Refusal> {
        self.check_writable()?;
        check_new(&signature.metadata)?;
        prepare_create(&mut signature.metadata, "", uid(), self.now());
        let name = signature.metadata.name.clone();
        let signature = rules::create(signature).map_err(|errors| Refusal::Invalid {
            kind: KIND,
            name: name.clone(),
            errors,
        })?;
        let (image, _) = rules::split_name(&name).expect("the rules let no other name through");
        let edit = self.object_edit(image.to_owned());
        let stored = signature.clone();
        let rule = move |image: Option<Image>, _: &dyn Lookup| -> Result<_, Refusal> {
            let image = image.ok_or_else(|| no_image(&name))?;
            let Some(image) = rules::add(&image, &signature) else {
                return Err(Refusal::AlreadyExists { resource: Some(RESOURCE), name, terminating: false });
            };
            Ok((Wish::Write(Box::new(image)), ()))
        };
        self.registry.engine.edit_image(edit, rule).await?;
        Ok(Written { object: stored, made: true, warnings: Vec::new() })
    }

    /// Removes a signature from its image.
    pub async fn delete_signature(&self, _manage: &Permit<ManageApi>, name: &str) -> Result<(), Refusal> {
        self.check_deletes()?;
        let Some((image, _)) = rules::split_name(name) else {
            return Err(Refusal::BadRequest(rules::MALFORMED_NAME.to_owned()));
        };
        let edit = self.object_edit(image.to_owned());
        let name = name.to_owned();
        let rule = move |image: Option<Image>, _: &dyn Lookup| -> Result<_, Refusal> {
            let image = image.ok_or_else(|| no_image(&name))?;
            let Some(image) = rules::remove(&image, &name) else {
                return Err(Refusal::NotFound { resource: Some(RESOURCE), name });
            };
            Ok((Wish::Write(Box::new(image)), ()))
        };
        self.registry.engine.edit_image(edit, rule).await?;
        Ok(())
    }
}

fn no_image(signature: &str) -> Refusal {
    let image = rules::split_name(signature).map_or(signature, |(image, _)| image);
    Refusal::NotFound { resource: Some("images"), name: image.to_owned() }
}
