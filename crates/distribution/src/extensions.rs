use http::Response;
use serde_json::json;
use weir_access::Pull;
use weir_oci::RepositoryName;

use crate::response::document;
use crate::service::Call;
use crate::{ApiError, Payload};

impl<B> Call<'_, B> {
    /// What is spoken here beyond the specification (distribution-spec, `extensions/_oci.md`): one
    /// entry for each proposal.
    pub(crate) fn extensions(
        self,
        repository: Option<RepositoryName>,
    ) -> Result<Response<Payload>, ApiError> {
        let place = repository.as_ref().map_or("<name>", RepositoryName::as_str);
        let entry = |description: &str, url: &str, endpoints: &[String]| json!({"name": "_oci", "description": description, "url": url, "endpoints": endpoints});
        let mut discover = vec!["/v2/_oci/ext/discover".to_owned()];
        discover.push(format!("/v2/{place}/_oci/ext/discover"));
        let body = json!({"extensions": [
            entry(
                "which extensions there are",
                "https://github.com/opencontainers/distribution-spec/blob/main/extensions/_oci.md",
                &discover,
            ),
            entry(
                "what a tag has pointed to, and when it was deleted",
                "https://github.com/opencontainers/distribution-spec/pull/606",
                &[format!("/v2/{place}/_oci/tag-history/<tag>")],
            ),
            entry(
                "the list of tags as an image index, for Accept: application/vnd.oci.image.index.v1+json",
                "https://github.com/opencontainers/distribution-spec/pull/579",
                &[format!("/v2/{place}/tags/list")],
            ),
        ]});
        if let Some(repository) = repository {
            self.permit::<Pull>(repository)?;
        }
        Ok(document("application/json", body.to_string()))
    }
}
