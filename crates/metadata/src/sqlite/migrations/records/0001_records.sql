-- The one sequence behind resource versions, the change feed and the order of watches. `compacted`
-- is the newest version whose change has been dropped from the feed.
CREATE TABLE sequence (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    version   INTEGER NOT NULL,
    compacted INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (id, version, compacted) VALUES (1, 0, 0);

-- `detail` holds, as JSON, what of the object before the change can be read nowhere else; `repository`
-- is that of a stream.
CREATE TABLE change (
    version    INTEGER PRIMARY KEY,
    resource   TEXT NOT NULL,
    namespace  TEXT,
    name       TEXT NOT NULL,
    uid        TEXT NOT NULL,
    action     TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    repository INTEGER,
    detail     TEXT
) STRICT;

CREATE TABLE namespace (
    name       TEXT PRIMARY KEY,
    uid        TEXT NOT NULL UNIQUE,
    version    INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    metadata   TEXT NOT NULL,
    finalizers TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Everything pullable hangs on the id, which is never used again: a repository deleted and made
-- again under its name inherits nothing. `path` is the name as it stands under /v2/, with slashes.
-- One that was deleted stays, since the history of its tags does; `deleted` is the version at which
-- that happened, and its namespace may be gone as well. What hangs on it stays as it was, so that a
-- large one goes as fast as a small one, and nobody gets to it: a name means a repository that lives.
CREATE TABLE repository (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    namespace  TEXT NOT NULL,
    name       TEXT NOT NULL,
    path       TEXT NOT NULL,
    deleted    INTEGER
) STRICT;
CREATE UNIQUE INDEX repository_name ON repository (namespace, name) WHERE deleted IS NULL;
CREATE UNIQUE INDEX repository_path ON repository (path) WHERE deleted IS NULL;
CREATE INDEX repository_former ON repository (namespace, name, deleted) WHERE deleted IS NOT NULL;

-- A number for each digest of a manifest and each name of an Image. Texts of digests are random, and
-- rows and index entries under random keys are spread over all pages; numbers grow, so what one
-- group of pushes adds stands side by side. Only the index on `name` is random. A row may go once
-- nothing has its number; the columns `manifest` of the references below are held by no foreign key.
CREATE TABLE name (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- The visible ImageStream of a repository. Tags are rows of their own, so that a push costs the
-- same in a stream of ten tags and in one of a hundred thousand.
CREATE TABLE stream (
    repository              INTEGER PRIMARY KEY REFERENCES repository (id) ON DELETE RESTRICT,
    uid                     TEXT NOT NULL UNIQUE,
    version                 INTEGER NOT NULL,
    generation              INTEGER NOT NULL,
    created                 INTEGER NOT NULL,
    metadata                TEXT NOT NULL,
    lookup_local            INTEGER NOT NULL,
    docker_image_repository TEXT
) STRICT;

-- `tracks` is the tag of the same stream that this one follows, where it follows one: a push finds
-- its followers without reading the other spec tags.
CREATE TABLE spec_tag (
    repository INTEGER NOT NULL REFERENCES stream (repository) ON DELETE RESTRICT,
    tag        TEXT NOT NULL,
    tracks     TEXT,
    body       TEXT NOT NULL,
    PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX spec_tag_tracks ON spec_tag (repository, tracks) WHERE tracks IS NOT NULL;

-- The tags that have a status, each with a copy of its newest event, which is the one of version
-- `head` and `position`. `pullable` says that the image of that event can be pulled here, by a tag
-- that the protocol can spell; it is kept by the writes that change it, so that a page of tags is one
-- walk along the key. An event that names no image has the empty name.
CREATE TABLE tag (
    repository INTEGER NOT NULL REFERENCES stream (repository) ON DELETE RESTRICT,
    tag        TEXT NOT NULL,
    since      INTEGER NOT NULL,
    head       INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    reference  TEXT NOT NULL,
    image      INTEGER NOT NULL REFERENCES name (id) ON DELETE RESTRICT,
    generation INTEGER NOT NULL,
    pullable   INTEGER NOT NULL CHECK (pullable IN (0, 1)),
    PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_image ON tag (image, repository);

-- What went wrong with a tag, as one JSON array. A tag may have this and no status.
CREATE TABLE tag_condition (
    repository INTEGER NOT NULL REFERENCES stream (repository) ON DELETE RESTRICT,
    tag        TEXT NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;

-- The history. Nothing in it is overwritten, so that what a stream showed at any version can be read
-- back: the events of at most that version, after the last removal of the tag up to it, which is an
-- entry of its own, and with an `until` beyond it. `until` is the version at which the visible list
-- stopped showing an event without the tag being removed. One that was then shown again in other words is
-- `replaced`, and the two are one entry of the history. `position` tells events of one version apart.
CREATE TABLE tag_event (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE RESTRICT,
    tag        TEXT NOT NULL,
    version    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    until      INTEGER,
    replaced   INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1)),
    kind       TEXT NOT NULL,
    created    INTEGER NOT NULL,
    reference  TEXT NOT NULL,
    image      INTEGER NOT NULL REFERENCES name (id) ON DELETE RESTRICT,
    generation INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    client     TEXT,
    reason     TEXT,
    PRIMARY KEY (repository, tag, version, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX tag_event_image ON tag_event (image, repository);

CREATE TABLE image (
    id      INTEGER PRIMARY KEY REFERENCES name (id) ON DELETE RESTRICT,
    uid     TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    record  TEXT NOT NULL
) STRICT;

-- The whole object is encrypted, annotations included: clients like to keep a copy of it there. `key`
-- says with which key. `held` says that it has finalizers.
CREATE TABLE secret (
    namespace TEXT NOT NULL REFERENCES namespace (name) ON DELETE RESTRICT,
    name      TEXT NOT NULL,
    uid       TEXT NOT NULL,
    version   INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    held      INTEGER NOT NULL CHECK (held IN (0, 1)),
    key       TEXT NOT NULL,
    sealed    BLOB NOT NULL,
    PRIMARY KEY (namespace, name)
) STRICT, WITHOUT ROWID;

-- Bytes of layers, configs and other blobs. A key is fresh for each stored copy and in exactly one
-- place: here, with a manifest, in trash or in quarantine. The number is to a blob what that of a
-- name is to a manifest; the two are apart, so that a list of Images does not walk over the blobs.
CREATE TABLE blob (
    id         INTEGER PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    object_key TEXT NOT NULL UNIQUE,
    size       INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('live', 'corrupt')),
    created_ms INTEGER NOT NULL
) STRICT;

-- "Readable as a blob through this repository." The states are those of revisions.
CREATE TABLE link (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE RESTRICT,
    blob       INTEGER NOT NULL REFERENCES blob (id) ON DELETE RESTRICT,
    state      TEXT NOT NULL CHECK (state IN ('live', 'condemned', 'deleted')),
    since_ms   INTEGER NOT NULL,
    PRIMARY KEY (repository, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_blob ON link (blob);

-- Bytes and facts of a manifest, once per digest. Small ones live here, large ones in the store.
CREATE TABLE manifest (
    id            INTEGER PRIMARY KEY REFERENCES name (id) ON DELETE RESTRICT,
    size          INTEGER NOT NULL,
    object_key    TEXT,
    artifact_type TEXT,
    annotations   TEXT NOT NULL,
    body          BLOB,
    CHECK ((body IS NULL) <> (object_key IS NULL))
) STRICT;
-- Partial, so that a small manifest needs no entry.
CREATE UNIQUE INDEX manifest_object_key ON manifest (object_key) WHERE object_key IS NOT NULL;

-- "Pullable by digest through this repository." `condemned` is the collector's word and still
-- readable; `deleted` is a user's word and invisible at once. The type stands here, not with the
-- bytes: one repository cannot change what another one's manifest was pushed as. `referrer` is the
-- digest once more, where there is a subject: its referrers are listed in this order.
CREATE TABLE revision (
    repository INTEGER NOT NULL REFERENCES repository (id) ON DELETE RESTRICT,
    manifest   INTEGER NOT NULL REFERENCES manifest (id) ON DELETE RESTRICT,
    media_type TEXT NOT NULL,
    subject    INTEGER REFERENCES name (id) ON DELETE RESTRICT,
    referrer   TEXT,
    state      TEXT NOT NULL CHECK (state IN ('live', 'condemned', 'deleted')),
    since_ms   INTEGER NOT NULL,
    PRIMARY KEY (repository, manifest),
    CHECK ((subject IS NULL) = (referrer IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX revision_subject ON revision (subject, repository, referrer) WHERE subject IS NOT NULL;
CREATE INDEX revision_manifest ON revision (manifest);

-- What a manifest names and what was there when it was accepted: blobs and manifests. The foreign
-- keys stop a collector that missed a reference. Keyed by what is named, since that is the question;
-- what one manifest names stands in the manifest.
CREATE TABLE blob_reference (
    blob     INTEGER NOT NULL REFERENCES blob (id) ON DELETE RESTRICT,
    manifest INTEGER NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('config', 'layer', 'child')),
    PRIMARY KEY (blob, manifest, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE child_reference (
    child    INTEGER NOT NULL REFERENCES manifest (id) ON DELETE RESTRICT,
    manifest INTEGER NOT NULL,
    PRIMARY KEY (child, manifest)
) STRICT, WITHOUT ROWID;

-- What a manifest names and what was absent, or may be: no foreign key but that of the name, which
-- absent blobs have as well. What an Image consists of that nobody pushed stands here too, and every
-- entry of an index that is a blob: from an entry the indexes are found that it is in.
CREATE TABLE soft_reference (
    named    INTEGER NOT NULL REFERENCES name (id) ON DELETE RESTRICT,
    manifest INTEGER NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('blob', 'child', 'subject')),
    PRIMARY KEY (named, manifest, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE trash (
    object_key    TEXT PRIMARY KEY,
    not_before_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX trash_due ON trash (not_before_ms);

-- Copies that failed a check and were replaced. Never deleted by itself: somebody may want to know why.
CREATE TABLE quarantine (
    object_key TEXT PRIMARY KEY,
    digest     TEXT NOT NULL,
    since_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
