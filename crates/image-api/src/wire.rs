//! The rules of Go's JSON encoder that clients rely on: empty members are left out, `null` is the
//! zero value of whatever it stands for.

use serde::{Deserialize, Deserializer};

/// Go's `omitempty`.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads `null` as the zero value; typed clients send it for every member they leave unset.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
