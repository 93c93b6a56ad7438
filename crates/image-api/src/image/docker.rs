use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::KeySet;
use crate::Timestamp;
use crate::meta::Kind;
use crate::wire::{is_default, nullable};

/// What the config of an image says, in the form of Docker 1.0 (image-api 5.3).
///
/// Its member names are case-sensitive here; configs themselves are read by
/// [`from_push`](super::from_push).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DockerImage {
    /// Digest of the config, or of the index.
    #[serde(deserialize_with = "nullable")]
    pub id: String,
    /// The image it was built on.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub parent: String,
    /// Comment of the committer.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub comment: String,
    /// When it was built.
    pub created: Timestamp,
    /// The container it was committed from.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub container: String,
    /// Settings of that container.
    #[serde(deserialize_with = "nullable")]
    pub container_config: DockerConfig,
    /// Version of Docker that built it.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub docker_version: String,
    /// Author.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub author: String,
    /// Settings of containers made from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<DockerConfig>,
    /// CPU architecture.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub architecture: String,
    /// Bytes of the config and of the distinct layers.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub size: i64,
}

impl Kind for DockerImage {
    const KIND: &'static str = "DockerImage";
    const API_VERSION: &'static str = "image.openshift.io/1.0";
}

/// Settings of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[expect(missing_docs, reason = "the members are those of Docker's Config and mean what they mean there")]
#[expect(clippy::struct_excessive_bools, reason = "so has Docker's")]
pub struct DockerConfig {
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub hostname: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub domainname: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub user: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub memory: i64,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub memory_swap: i64,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub cpu_shares: i64,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub cpuset: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub attach_stdin: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub attach_stdout: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub attach_stderr: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub port_specs: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub exposed_ports: KeySet,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub tty: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub open_stdin: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub stdin_once: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub env: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub cmd: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub dns: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub image: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub volumes: KeySet,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub volumes_from: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub working_dir: String,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub entrypoint: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub network_disabled: bool,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub security_opts: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub on_build: Vec<String>,
    #[serde(deserialize_with = "nullable", skip_serializing_if = "is_default")]
    pub labels: BTreeMap<String, String>,
}
