//! Secrets, for those who may see them.

use weir_access::{ManageApi, Permit};
use weir_image_api::core_v1::Secret;
use weir_image_api::meta::ListMeta;
use weir_image_api::{Namespace, SecretList};

use super::{Listed, Page, Result, View, ViewError};

impl View {
    /// One secret.
    pub fn secret(&self, _manage: &Permit<ManageApi>, namespace: &Namespace, name: &str) -> Result<Secret> {
        self.engine.secret(namespace, name)?.ok_or(ViewError::SecretNotFound)
    }

    /// The secrets of a namespace, or of all.
    pub fn secrets(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: Option<&Namespace>,
        page: &Page,
    ) -> Result<Listed<Secret>> {
        Ok(self.engine.secrets(namespace, page)?)
    }

    /// The secrets that the images of a namespace are pulled with (image-api 9).
    pub fn secret_list(&self, _manage: &Permit<ManageApi>, namespace: &Namespace) -> Result<SecretList> {
        let Listed { items, version, .. } = self.engine.secrets(Some(namespace), &Page::default())?;
        let metadata = ListMeta { resource_version: Some(version), ..ListMeta::default() };
        Ok(SecretList::of(metadata, items))
    }
}
