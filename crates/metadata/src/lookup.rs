use std::collections::BTreeSet;

use rusqlite::Connection;
use weir_image_api::stream_image::{self, Match};
use weir_image_api::{Image, ImageStream, Namespace, StreamRef, TagEvent};

use crate::hosts::Hosts;
use crate::{
    Error, NamespaceRecord, image_ids, images, namespaces, repositories, sparse, stream_images, stream_views,
};

/// What a rule may ask for while its edit runs: all of it in the state that the edit changes.
pub trait Lookup {
    /// The newest event of a tag. The outer None: there is no such stream.
    fn tag_head(&self, stream: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, Error>;

    /// The items of the histories of a stream that name the image an id means, or the images it may
    /// mean (image-api 3.4). Of very many images not all are there. None if there is no such stream.
    fn images_of(&self, stream: &StreamRef, id: &str) -> Result<Option<Vec<TagEvent>>, Error>;

    /// An Image.
    fn image(&self, name: &str) -> Result<Option<Image>, Error>;

    /// A stream with all its tags.
    fn image_stream(&self, stream: &StreamRef) -> Result<Option<ImageStream>, Error>;

    /// A namespace.
    fn namespace(&self, name: &Namespace) -> Result<Option<NamespaceRecord>, Error>;
}

/// Looks at the records as they are on one connection.
pub(crate) struct Present<'c> {
    pub(crate) connection: &'c Connection,
    pub(crate) hosts: &'c Hosts,
}

impl Present<'_> {
    /// The repository of a stream, if there is a stream.
    fn repository(&self, stream: &StreamRef) -> Result<Option<i64>, Error> {
        let Some(repository) = repositories::read_id(self.connection, stream)? else { return Ok(None) };
        let mut exists = self.connection.prepare_cached("SELECT 1 FROM stream WHERE repository = ?1")?;
        Ok(exists.exists([repository])?.then_some(repository))
    }
}

impl Lookup for Present<'_> {
    fn tag_head(&self, stream: &StreamRef, tag: &str) -> Result<Option<Option<TagEvent>>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        let newest = sparse::newest(self.connection, repository, tag)?;
        Ok(Some(newest.map(|mut event| {
            self.hosts.render_event(&mut event);
            event
        })))
    }

    fn images_of(&self, stream: &StreamRef, id: &str) -> Result<Option<Vec<TagEvent>>, Error> {
        let Some(repository) = self.repository(stream)? else { return Ok(None) };
        let is_shown = |image, _: &str| Ok(stream_images::is_shown(self.connection, repository, image)?);
        let names = match image_ids::find(self.connection, id, is_shown)? {
            Some(Match::Missing) => BTreeSet::new(),
            Some(Match::One(name)) => BTreeSet::from([name]),
            Some(Match::Ambiguous(names)) => names.into_iter().collect(),
            None => {
                stream_views::images(self.connection, repository, |name| stream_image::matches(name, id))?
            }
        };
        let mut events = Vec::new();
        for name in names {
            events.extend(sparse::of_image(self.connection, repository, &name)?);
        }
        for event in &mut events {
            self.hosts.render_event(event);
        }
        Ok(Some(events))
    }

    fn image(&self, name: &str) -> Result<Option<Image>, Error> {
        images::find(self.connection, name, &self.hosts.internal)
    }

    fn image_stream(&self, stream: &StreamRef) -> Result<Option<ImageStream>, Error> {
        match stream_views::find(self.connection, stream)? {
            Some(found) => stream_views::complete(self.connection, found, self.hosts).map(Some),
            None => Ok(None),
        }
    }

    fn namespace(&self, name: &Namespace) -> Result<Option<NamespaceRecord>, Error> {
        namespaces::find(self.connection, name)
    }
}
