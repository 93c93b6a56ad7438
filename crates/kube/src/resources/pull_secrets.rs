//! The secrets that the images of a namespace are pulled with, below any of its streams (image-api 9).

use weir_image_api::core_v1::Secret;
use weir_image_api::meta::{IncludeObject, ListMeta, ObjectMeta, Table, TableRow, Typed};
use weir_image_api::{Namespace, SecretList, Timestamp, meta};
use weir_registry::view::{Listed, Page};

use super::IMAGE;
use super::secrets::SECRETS;
use crate::continuation::ListScope;
use crate::failure::Failure;
use crate::list_options::ListOptions;
use crate::listing::selects;
use crate::record::{Record, Typing, write_json};
use crate::resource::{Kind, Named, Rights, Subresource, Verbs};
use crate::schema::image::SECRET_LIST;
use crate::source::Source;

static KIND: Kind = Kind {
    gv: IMAGE,
    name: <SecretList as meta::Kind>::KIND,
    schema: &SECRET_LIST,
    columns: <Secret as meta::Resource>::columns,
};

pub(super) const PULL_SECRETS: Subresource = Subresource {
    kind: &KIND,
    name: "secrets",
    verbs: Verbs { get: Some(|source, named| Ok(Box::new(read(source, named)?))), ..Verbs::NONE },
    rights: Rights::SECRET,
};

/// The list, as the object that it is here.
#[derive(Debug)]
struct PullSecrets {
    list: SecretList,
    meta: ObjectMeta,
}

/// The stream need not exist; its name says nothing.
fn read(source: &dyn Source, named: &Named<'_>) -> Result<PullSecrets, Failure> {
    let scope = ListScope::Namespace(named.namespace);
    let ListOptions { labels, fields, .. } = ListOptions::parse(named.query, &SECRETS, scope)?;
    let page = Page { limit: None, after: None };
    let of = Namespace::parse(named.namespace).map_err(|_| named.without(named.name))?;
    let Listed { items, version, .. } =
        source.secrets(Some(&of), &page).map_err(|error| named.failure(error))?;
    let chosen = items.into_iter().filter(|secret| selects(secret, &labels, &fields));
    let metadata = ListMeta { resource_version: Some(version), ..ListMeta::default() };
    Ok(PullSecrets {
        list: SecretList::of(metadata, chosen),
        meta: ObjectMeta { resource_version: Some(version), ..ObjectMeta::default() },
    })
}

impl Record for PullSecrets {
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }

    fn rows(&self, include: IncludeObject, now: Timestamp) -> Vec<TableRow> {
        self.list.items.iter().flat_map(|secret| Table::of_one(secret, include, now).rows).collect()
    }

    fn write(&self, typing: Typing, out: &mut Vec<u8>) {
        match typing {
            Typing::Typed => write_json(&Typed::of(&self.list), out),
            Typing::Bare => write_json(&self.list, out),
        }
    }

    fn field(&self, _path: &str) -> Option<String> {
        None
    }

    fn weight(&self) -> usize {
        self.list.items.iter().map(Record::weight).sum()
    }
}
