//! Writing objects and lists in the form that was asked for.

use http::HeaderMap;
use weir_image_api::Timestamp;
use weir_image_api::meta::{IncludeObject, ListMeta, PartialObjectMetadata, Table, Typed};

use crate::failure::Failure;
use crate::form::{Encoding, Form, include_object};
use crate::listing::Collected;
use crate::query::Query;
use crate::record::{Record, Typing, write_json};
use crate::resource::Kind;

/// A negotiated form with everything it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rendering {
    form: Form,
    encoding: Encoding,
    include: IncludeObject,
    now: Timestamp,
}

impl Rendering {
    /// Reads from a request how the answer has to look.
    pub(crate) fn negotiate(
        headers: &HeaderMap,
        query: &Query,
        now: Timestamp,
    ) -> Result<Rendering, Failure> {
        let (form, encoding) = Form::negotiate(headers)?;
        let include = if form == Form::Table { include_object(query)? } else { IncludeObject::default() };
        Ok(Rendering { form, encoding, include, now })
    }

    /// The text the answer is written in.
    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Fails unless one object can be shown in this form. For writes, which must not fail once they
    /// are done.
    pub(crate) fn check_object(&self, kind: &Kind) -> Result<(), Failure> {
        match self.form {
            Form::PartialList => Err(Failure::PartialListOfObject { kind: kind.name }),
            Form::Object | Form::Table | Form::Partial => Ok(()),
        }
    }

    /// The same for a list.
    pub(crate) fn check_list(&self, kind: &Kind) -> Result<(), Failure> {
        match self.form {
            Form::Partial => Err(Failure::PartialOfList { kind: kind.name }),
            Form::Object | Form::Table | Form::PartialList => Ok(()),
        }
    }

    /// Writes one object.
    pub(crate) fn object(&self, kind: &Kind, object: &dyn Record) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        match self.form {
            Form::Object => object.write(Typing::Typed, &mut out),
            Form::Table => {
                let metadata =
                    ListMeta { resource_version: object.meta().resource_version, ..ListMeta::default() };
                self.write_table(kind, metadata, &mut std::iter::once(object), &mut out);
            }
            Form::Partial => write_partial(object, &mut out),
            Form::PartialList => return Err(Failure::PartialListOfObject { kind: kind.name }),
        }
        Ok(out)
    }

    /// Writes a list.
    pub(crate) fn list(&self, kind: &Kind, list: Collected) -> Result<Vec<u8>, Failure> {
        let mut out = Vec::new();
        match self.form {
            Form::Object => {
                let (kind, version) = (format!("{}List", kind.name), kind.gv.api_version());
                write_list(&kind, &version, &list, &mut out, |object, out| object.write(Typing::Bare, out));
            }
            Form::Table => {
                let mut items = list.items.iter().map(AsRef::as_ref);
                self.write_table(kind, list.metadata, &mut items, &mut out);
            }
            Form::Partial => return Err(Failure::PartialOfList { kind: kind.name }),
            Form::PartialList => {
                write_list("PartialObjectMetadataList", "meta.k8s.io/v1", &list, &mut out, write_partial);
            }
        }
        Ok(out)
    }

    fn write_table(
        &self,
        kind: &Kind,
        metadata: ListMeta,
        objects: &mut dyn Iterator<Item = &dyn Record>,
        out: &mut Vec<u8>,
    ) {
        let rows = objects.flat_map(|object| object.rows(self.include, self.now)).collect();
        write_json(&Typed::of(&Table { metadata, column_definitions: (kind.columns)(), rows }), out);
    }
}

fn write_partial(object: &dyn Record, out: &mut Vec<u8>) {
    write_json(&Typed::of(&PartialObjectMetadata { metadata: object.meta().clone() }), out);
}

/// Writes the frame of a list by hand, since its items are of a kind only they know.
fn write_list(
    kind: &str,
    api_version: &str,
    list: &Collected,
    out: &mut Vec<u8>,
    write_item: impl Fn(&dyn Record, &mut Vec<u8>),
) {
    out.extend(b"{\"kind\":");
    write_json(&kind, out);
    out.extend(b",\"apiVersion\":");
    write_json(&api_version, out);
    out.extend(b",\"metadata\":");
    write_json(&list.metadata, out);
    out.extend(b",\"items\":[");
    for (index, object) in list.items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_item(object.as_ref(), out);
    }
    out.extend(b"]}");
}
