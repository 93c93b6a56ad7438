//! `meta/v1`: what every Kubernetes object and every answer about objects is made of.

mod aggregated;
mod discovery;
mod field_error;
mod list;
mod object_meta;
mod partial;
pub mod rules;
mod status;
mod table;
mod typed;

pub use aggregated::{
    ApiGroupDiscovery, ApiGroupDiscoveryList, ApiResourceDiscovery, ApiSubresourceDiscovery,
    ApiVersionDiscovery, Freshness, ResourceScope, ResponseKind,
};
pub use discovery::{
    ApiGroup, ApiGroupList, ApiResource, ApiResourceList, ApiVersions, GroupVersionForDiscovery,
    ServerAddressByClientCidr,
};
pub use field_error::{FieldError, FieldErrors, FieldReason, causes, summary};
pub use list::{List, ListMeta};
pub use object_meta::{ObjectMeta, OwnerReference};
pub use partial::{PartialObjectMetadata, PartialObjectMetadataList};
pub use status::{Outcome, Status, StatusCause, StatusDetails};
pub use table::{Column, ColumnType, IncludeObject, Table, TableRow};
pub use typed::{Kind, Resource, Typed};
pub(crate) use {field_error::quoted, table::NAME, typed::serialize_typed};
