use weir_image_api::meta::ObjectMeta;
use weir_image_api::stream_tag::{self, rules};
use weir_image_api::{Image, ImageStream, ImageStreamTag, TagParts};

use crate::api::tag_edits::TagView;

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
