//! `meta/v1`: what every Kubernetes object and every answer about objects is made of.

mod aggregated;
mod discovery;
mod list;
mod object_meta;
mod partial;
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
pub use list::{List, ListMeta};
pub use object_meta::{ObjectMeta, OwnerReference};
pub use partial::{PartialObjectMetadata, PartialObjectMetadataList};
pub use status::{Outcome, Status, StatusCause, StatusDetails};
pub use table::{Column, ColumnType, IncludeObject, Table, TableRow};
pub use typed::{Kind, Resource, Typed};
pub(crate) use {table::NAME, typed::serialize_typed};
