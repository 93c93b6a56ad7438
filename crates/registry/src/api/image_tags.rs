use weir_image_api::image_tag::{self, rules};
use weir_image_api::meta::ObjectMeta;
use weir_image_api::{Image, ImageStream, ImageTag, TagParts};

use crate::api::tag_edits::TagView;

impl TagView for ImageTag {
    const KIND: &'static str = "ImageTag";
    const TAKEN: Option<&'static str> = None;
    const MISNAMED: &'static str = "ImageTags must be retrieved with <name>:<tag>";

    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn create(
        current: Option<&ImageStream>,
        namespace: &str,
        tag: ImageTag,
    ) -> Result<rules::Edit, rules::Refusal> {
        rules::create(current, namespace, tag)
    }

    fn before(
        current: Option<&ImageStream>,
        namespace: &str,
        name: &str,
    ) -> Result<ImageTag, rules::Refusal> {
        rules::before_update(current, namespace, name)
    }

    fn update(
        current: Option<&ImageStream>,
        namespace: &str,
        name: &str,
        tag: ImageTag,
    ) -> Result<rules::Edit, rules::Refusal> {
        rules::update(current, namespace, name, tag)
    }

    fn view(parts: TagParts, image: Option<Image>) -> ImageTag {
        image_tag::view(parts, image)
    }
}
