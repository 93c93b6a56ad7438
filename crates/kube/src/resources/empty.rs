//! Resources of which there are no objects here, ever.
//!
//! `oc adm prune images` gives up unless it can list everything that might use an image, `kubectl
//! describe` asks for events, and `kubectl create` of a kind without patches looks for a definition of
//! it among the custom resources; a server that runs nothing has none of these. What those clients do
//! without is not here: an unknown resource is the honest answer.

use weir_image_api::{ImageStreamLayers, meta};
use weir_registry::view::{Listed, Page};

use super::{API_EXTENSIONS, APPS, BATCH, CORE};
use crate::resource::{Gv, Kind, List, Ownership, Resource, Rights, Scope, Verbs};
use crate::schema::Schema;
use crate::schema::empty::{
    CRON_JOB, CUSTOM_RESOURCE_DEFINITION, DAEMON_SET, DEPLOYMENT, EVENT, JOB, LIMIT_RANGE, POD, REPLICA_SET,
    REPLICATION_CONTROLLER, STATEFUL_SET,
};

const fn kind(gv: Gv, name: &'static str, schema: &'static Schema) -> Kind {
    Kind { gv, name, schema, columns: <ImageStreamLayers as meta::Resource>::columns }
}

const fn resource(
    kind: &'static Kind,
    plural: &'static str,
    singular: &'static str,
    short_names: &'static [&'static str],
) -> Resource {
    Resource {
        kind,
        plural,
        singular,
        short_names,
        categories: &[],
        scope: Scope::Namespaced,
        verbs: Verbs { list: Some(NOTHING), ..Verbs::NONE },
        rights: Rights::OPEN,
        ownership: Ownership::Unknown,
        fields: &[],
        subresources: &[],
    }
}

const NOTHING: List = |source, _, _| {
    let version = source.namespaces(&Page { limit: Some(1), after: None })?.version;
    Ok(Listed { items: Vec::new(), version, next: None, remaining: None })
};

/// What clients select events by.
const EVENT_FIELDS: &[&str] = &[
    "involvedObject.apiVersion",
    "involvedObject.fieldPath",
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "involvedObject.resourceVersion",
    "involvedObject.uid",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

pub(super) static EVENTS: Resource = {
    static KIND: Kind = kind(CORE, "Event", &EVENT);
    Resource { fields: EVENT_FIELDS, ..resource(&KIND, "events", "event", &["ev"]) }
};
pub(super) static LIMIT_RANGES: Resource = {
    static KIND: Kind = kind(CORE, "LimitRange", &LIMIT_RANGE);
    resource(&KIND, "limitranges", "limitrange", &["limits"])
};
pub(super) static PODS: Resource = {
    static KIND: Kind = kind(CORE, "Pod", &POD);
    resource(&KIND, "pods", "pod", &["po"])
};
pub(super) static REPLICATION_CONTROLLERS: Resource = {
    static KIND: Kind = kind(CORE, "ReplicationController", &REPLICATION_CONTROLLER);
    resource(&KIND, "replicationcontrollers", "replicationcontroller", &["rc"])
};
pub(super) static DAEMON_SETS: Resource = {
    static KIND: Kind = kind(APPS, "DaemonSet", &DAEMON_SET);
    resource(&KIND, "daemonsets", "daemonset", &["ds"])
};
pub(super) static DEPLOYMENTS: Resource = {
    static KIND: Kind = kind(APPS, "Deployment", &DEPLOYMENT);
    resource(&KIND, "deployments", "deployment", &["deploy"])
};
pub(super) static REPLICA_SETS: Resource = {
    static KIND: Kind = kind(APPS, "ReplicaSet", &REPLICA_SET);
    resource(&KIND, "replicasets", "replicaset", &["rs"])
};
pub(super) static STATEFUL_SETS: Resource = {
    static KIND: Kind = kind(APPS, "StatefulSet", &STATEFUL_SET);
    resource(&KIND, "statefulsets", "statefulset", &["sts"])
};
pub(super) static CRON_JOBS: Resource = {
    static KIND: Kind = kind(BATCH, "CronJob", &CRON_JOB);
    resource(&KIND, "cronjobs", "cronjob", &["cj"])
};
pub(super) static JOBS: Resource = {
    static KIND: Kind = kind(BATCH, "Job", &JOB);
    resource(&KIND, "jobs", "job", &[])
};
pub(super) static CUSTOM_RESOURCE_DEFINITIONS: Resource = {
    static KIND: Kind = kind(API_EXTENSIONS, "CustomResourceDefinition", &CUSTOM_RESOURCE_DEFINITION);
    let named = ("customresourcedefinitions", "customresourcedefinition");
    Resource { scope: Scope::Cluster, ..resource(&KIND, named.0, named.1, &["crd", "crds"]) }
};
