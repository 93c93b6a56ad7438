use weir_access::{ManageApi, Permit};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::stream_tag::{self, rules};
use weir_image_api::{Image, ImageStream, ImageStreamTag, Namespace, TagParts};

use crate::api::tag_edits::TagView;
use crate::api::{Deletion, Mutation, Refusal, Writer, Written};

impl TagView for ImageStreamTag {
    const KIND: &'static str = "ImageStreamTag";
    const TAKEN: Option<&'static str> = Some("imagestreamtag");
    const MISNAMED: &'static str = "ImageStreamTags must be retrieved with <name>:<tag>";

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn create(
        current: Option<&ImageStream>,
        namespace: &str,
        tag: ImageStreamTag,
    ) -> Result<rules::Edit, rules::Refusal> {
        rules::create(current, namespace, tag)
    }

    fn before(
        current: Option<&ImageStream>,
        namespace: &str,
        name: &str,
    ) -> Result<ImageStreamTag, rules::Refusal> {
        rules::before_update(current, namespace, name)
    }

    fn update(
        current: Option<&ImageStream>,
        namespace: &str,
        name: &str,
        tag: ImageStreamTag,
    ) -> Result<rules::Edit, rules::Refusal> {
        rules::update(current, namespace, name, tag)
    }

    fn view(parts: TagParts, image: Option<Image>) -> ImageStreamTag {
        stream_tag::view(parts, image)
    }
}

impl Writer {
    /// Makes the spec tag of a tag, with its stream if need be.
    pub async fn create_stream_tag(
        &self,
        namespace: &Namespace,
        tag: ImageStreamTag,
    ) -> Result<Written<ImageStreamTag>, Refusal> {
        self.create_tag(namespace, tag).await
    }

    /// Changes the spec tag of a tag, or makes it, with its stream if need be. What the mutation
    /// changes is always there: a view of nothing, if there is no tag.
    pub async fn update_stream_tag(
        &self,
        namespace: &Namespace,
        name: &str,
        mutation: Box<dyn Mutation<ImageStreamTag>>,
    ) -> Result<Written<ImageStreamTag>, Refusal> {
        self.update_tag(namespace, name, mutation).await
    }

    /// Removes a tag: what is wanted of it and what there is. The image stays.
    pub async fn delete_stream_tag(
        &self,
        _manage: &Permit<ManageApi>,
        namespace: &Namespace,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), Refusal> {
        self.delete_tag::<ImageStreamTag>(namespace, name, deletion).await
    }
}
