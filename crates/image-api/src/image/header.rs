use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::DockerImage;

/// Reads what a config says. It may say what it is itself, and then it must be what it says: other
/// kinds and versions are not known (image-api 5.3).
pub(super) fn docker_image<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DockerImage, D::Error> {
    struct Embedded;

    impl<'de> Visitor<'de> for Embedded {
        type Value = DockerImage;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of kind DockerImage")
        }

        fn visit_unit<E: Error>(self) -> Result<DockerImage, E> {
            Ok(DockerImage::default())
        }

        fn visit_none<E: Error>(self) -> Result<DockerImage, E> {
            Ok(DockerImage::default())
        }

        fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<DockerImage, D::Error> {
            deserializer.deserialize_map(self)
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<DockerImage, A::Error> {
            DockerImage::deserialize(MapAccessDeserializer::new(WithoutHeader(members)))
        }
    }

    deserializer.deserialize_option(Embedded)
}

/// The members of an object but for kind and version, which are checked on the way.
struct WithoutHeader<A>(A);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutHeader<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.0.next_key::<Cow<'de, str>>()? {
            let known: &[&str] = match &*key {
                "kind" => &["", "DockerImage"],
                // The versions without a group are those of old records.
                "apiVersion" => &["", "1.0", "pre012", "image.openshift.io/1.0", "image.openshift.io/pre012"],
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            };
            let value = self.0.next_value::<Option<String>>()?.unwrap_or_default();
            if !known.contains(&value.as_str()) {
                return Err(A::Error::custom(format_args!("unknown {key} {value:?} of dockerImageMetadata")));
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.0.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use crate::Image;

    fn read(metadata: &str) -> Result<Image, String> {
        let text = format!(r#"{{"dockerImageMetadata":{metadata}}}"#);
        // Both ways in which objects are read: from text, and from a value that was patched.
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let from_value = serde_json::from_value::<Image>(value).map_err(|error| error.to_string());
        let from_text = serde_json::from_str::<Image>(&text).map_err(|error| error.to_string());
        assert_eq!(from_text.as_ref().ok(), from_value.as_ref().ok());
        from_value
    }

    #[test]
    fn it_may_say_what_it_is() {
        for header in [
            "",
            r#""kind":"DockerImage","apiVersion":"image.openshift.io/1.0","#,
            r#""kind":"DockerImage","apiVersion":"1.0","#,
            r#""apiVersion":"pre012","kind":null,"#,
            r#""kind":"","apiVersion":"","#,
        ] {
            let image = read(&format!(r#"{{{header}"Id":"i","id":"other case","Size":7}}"#)).unwrap();
            assert_eq!((image.docker_image_metadata.id.as_str(), image.docker_image_metadata.size), ("i", 7));
        }
        assert_eq!(read("null").unwrap(), Image::default());
        assert_eq!(read(r#"{"Id":"i","kind":"DockerImage"}"#).unwrap().docker_image_metadata.id, "i");
    }

    // image-api 96
    #[test]
    fn other_kinds_and_versions_cannot_be_read() {
        for (metadata, error) in [
            (r#"{"kind":"Foo"}"#, r#"unknown kind "Foo" of dockerImageMetadata"#),
            (r#"{"apiVersion":"v2"}"#, r#"unknown apiVersion "v2" of dockerImageMetadata"#),
            (
                r#"{"Id":"i","apiVersion":"image.openshift.io/9"}"#,
                r#"unknown apiVersion "image.openshift.io/9" of"#,
            ),
            (r#"{"kind":7}"#, "invalid type: integer"),
            ("[]", "invalid type: sequence, expected an object of kind DockerImage"),
            (r#""x""#, "invalid type: string"),
        ] {
            let found = read(metadata).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
