use http::{HeaderValue, Response, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use weir_access::{ListRepositories, Pull};
use weir_oci::{Digest, ErrorCode, RepositoryName, documents};

use crate::response::{OCI_FILTERS_APPLIED, WithHeader, document};
use crate::service::Call;
use crate::tag_index::{VARY_ACCEPT, index_wanted};
use crate::{ApiError, Payload};

/// Entries of a list that the client gave no size for. Naive scripts follow no `Link`.
const UNASKED_ENTRIES: usize = 10_000;

/// What stays readable in a `Link`: the characters of tags, names and media types that mean nothing
/// in a query.
pub(crate) const QUERY_VALUE: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-').remove(b'~');

impl<B> Call<'_, B> {
    pub(crate) fn tags(self, repository: &RepositoryName) -> Result<Response<Payload>, ApiError> {
        if index_wanted(self.headers) {
            return self.tag_index(repository);
        }
        let permit = self.permit::<Pull>(repository.clone())?;
        let limit = self.page_size()?;
        let page = self.registry().tags(&permit, self.query.one("last")?, limit)?;
        let link = next(page.more, limit, page.items.last().map(String::as_str));
        let path = format!("/v2/{repository}/tags/list");
        let body = documents::tag_list(repository.as_str(), page.items);
        let response = document("application/json", body).with(header::VARY, VARY_ACCEPT);
        Ok(Self::linked(response, &path, link))
    }

    pub(crate) fn catalog(self) -> Result<Response<Payload>, ApiError> {
        let permit = self.edge.access.authorize::<ListRepositories>(&self.caller.identity, ())?;
        let limit = self.page_size()?;
        let page = self.registry().repositories(&permit, self.query.one("last")?, limit)?;
        let names: Vec<String> = page.items.iter().map(ToString::to_string).collect();
        let link = next(page.more, limit, names.last().map(String::as_str));
        let body = documents::repository_list(names);
        Ok(Self::linked(document("application/json", body), "/v2/_catalog", link))
    }

    pub(crate) async fn referrers(
        self,
        repository: RepositoryName,
        subject: Digest,
    ) -> Result<Response<Payload>, ApiError>
    where
        B: Send,
    {
        let permit = self.permit::<Pull>(repository.clone())?;
        let types: Vec<String> =
            self.query.all("artifactType").filter(|t| !t.is_empty()).map(str::to_owned).collect();
        let limit = self.requested_size()?.unwrap_or(usize::MAX);
        let after = self.query.one("last")?.map(Digest::parse).transpose()?;
        let registry = &self.edge.registry;
        let page = registry.referrers(&permit, &subject, &types, after.as_ref(), limit).await?;
        let mut response =
            document("application/vnd.oci.image.index.v1+json", documents::referrers(&page.entries));
        if !types.is_empty() {
            response = response.with(OCI_FILTERS_APPLIED, HeaderValue::from_static("artifactType"));
        }
        let mut link = next(page.more, limit, page.entries.last().map(|e| e.digest.to_string()).as_deref());
        if let Some(query) = &mut link {
            for artifact_type in &types {
                query.push_str("&artifactType=");
                query.extend(utf8_percent_encode(artifact_type, QUERY_VALUE));
            }
        }
        Ok(Self::linked(response, &format!("/v2/{repository}/referrers/{subject}"), link))
    }

    /// The next page is on the same host, whatever its name is; clients refuse any other.
    pub(crate) fn linked(
        response: Response<Payload>,
        path: &str,
        query: Option<String>,
    ) -> Response<Payload> {
        match query {
            None => response,
            Some(query) => response.with_text(header::LINK, &format!("<{path}?{query}>; rel=\"next\"")),
        }
    }

    fn page_size(&self) -> Result<usize, ApiError> {
        Ok(self.requested_size()?.unwrap_or(UNASKED_ENTRIES))
    }

    /// `n`, cut to the largest page. Cutting is what lets a client that always asks for 1000, or for
    /// everything, go on; it follows the `Link`.
    pub(crate) fn requested_size(&self) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.query.one("n")? else { return Ok(None) };
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            let message = "n is the number of entries of a page";
            return Err(ApiError::new(ErrorCode::PaginationNumberInvalid, message).with_detail(text));
        }
        let largest = self.edge.settings.page_entries;
        Ok(Some(text.parse().unwrap_or(largest).min(largest)))
    }
}

/// The query of the next page, if there is one. A page of nothing leads nowhere.
fn next(more: bool, limit: usize, last: Option<&str>) -> Option<String> {
    let last = last.filter(|_| more)?;
    let size = if limit == usize::MAX { String::new() } else { format!("n={limit}&") };
    Some(format!("{size}last={}", utf8_percent_encode(last, QUERY_VALUE)))
}
