use serde::{Deserialize, Serialize};

use super::{Kind, List, ListMeta, ObjectMeta, Resource};

/// Nothing but the metadata of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialObjectMetadata {
    /// The metadata.
    pub metadata: ObjectMeta,
}

impl PartialObjectMetadata {
    /// The metadata of `object`.
    pub fn of(object: &impl Resource) -> PartialObjectMetadata {
        PartialObjectMetadata { metadata: object.metadata().clone() }
    }
}

impl Kind for PartialObjectMetadata {
    const KIND: &'static str = "PartialObjectMetadata";
    const API_VERSION: &'static str = "meta.k8s.io/v1";
}

/// A list of nothing but metadata. Unlike other lists its items carry their kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartialObjectMetadataList {
    metadata: ListMeta,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item(PartialObjectMetadata);

impl Serialize for Item {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        super::serialize_typed(&self.0, serializer)
    }
}

impl PartialObjectMetadataList {
    /// The metadata of the items of `list`.
    pub fn of<T: Resource>(list: &List<T>) -> PartialObjectMetadataList {
        PartialObjectMetadataList {
            metadata: list.metadata.clone(),
            items: list.items.iter().map(|object| Item(PartialObjectMetadata::of(object))).collect(),
        }
    }
}

impl Kind for PartialObjectMetadataList {
    const KIND: &'static str = "PartialObjectMetadataList";
    const API_VERSION: &'static str = "meta.k8s.io/v1";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Image;
    use crate::meta::Typed;

    #[test]
    fn items_of_a_metadata_list_carry_their_kind() {
        // image-api 23
        let metadata = ObjectMeta { name: "x".to_owned(), ..ObjectMeta::default() };
        let image = Image { metadata, docker_image_reference: "r".to_owned(), ..Image::default() };
        let list = List { metadata: ListMeta::default(), items: vec![image] };
        assert_eq!(
            serde_json::to_string(&Typed::of(&PartialObjectMetadataList::of(&list))).unwrap(),
            concat!(
                r#"{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{},"#,
                r#""items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"x"}}]}"#
            )
        );
    }
}
