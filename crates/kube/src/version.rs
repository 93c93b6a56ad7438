//! The version document (kubernetes-api 1.1).

use serde::Serialize;

/// Which program this is.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its version, `1.2.3`.
    pub version: String,
    /// The commit it was built from, if known.
    pub commit: String,
    /// When it was built, if known; RFC 3339.
    pub build_date: String,
    /// Operating system and architecture, `linux/amd64`.
    pub platform: String,
}

/// A minor version of Kubernetes whose behaviour clients may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KubernetesVersion {
    /// Major version.
    pub major: u16,
    /// Minor version.
    pub minor: u16,
}

/// `/version`. Every member is always there: the Go type has none that may be missing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionInfo<'a> {
    major: String,
    minor: String,
    emulation_major: String,
    emulation_minor: String,
    git_version: String,
    git_commit: &'a str,
    git_tree_state: &'static str,
    build_date: &'a str,
    go_version: &'static str,
    compiler: &'static str,
    platform: &'a str,
}

impl<'a> VersionInfo<'a> {
    /// kubectl parses the version, compares the minor with its own and warns when they are apart.
    /// What stands behind the plus is ignored by that.
    pub(crate) fn new(product: &'a Product, kubernetes: KubernetesVersion) -> VersionInfo<'a> {
        let KubernetesVersion { major, minor } = kubernetes;
        VersionInfo {
            major: major.to_string(),
            minor: minor.to_string(),
            emulation_major: major.to_string(),
            emulation_minor: minor.to_string(),
            git_version: format!("v{major}.{minor}.0+weir.{}", product.version),
            git_commit: &product.commit,
            git_tree_state: "clean",
            build_date: &product.build_date,
            go_version: "n/a",
            compiler: "rustc",
            platform: &product.platform,
        }
    }
}
