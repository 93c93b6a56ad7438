//! Kinds of which there are no objects here: only what any object has is described.

use super::{API_VERSION, KIND, METADATA, Schema};

const fn bare(name: &'static str) -> Schema {
    Schema {
        name,
        description: "A kind of which this server has no objects.",
        fields: &[API_VERSION, KIND, METADATA],
    }
}

pub(crate) static EVENT: Schema = bare("io.k8s.api.core.v1.Event");
pub(crate) static LIMIT_RANGE: Schema = bare("io.k8s.api.core.v1.LimitRange");
pub(crate) static POD: Schema = bare("io.k8s.api.core.v1.Pod");
pub(crate) static REPLICATION_CONTROLLER: Schema = bare("io.k8s.api.core.v1.ReplicationController");
pub(crate) static DAEMON_SET: Schema = bare("io.k8s.api.apps.v1.DaemonSet");
pub(crate) static DEPLOYMENT: Schema = bare("io.k8s.api.apps.v1.Deployment");
pub(crate) static REPLICA_SET: Schema = bare("io.k8s.api.apps.v1.ReplicaSet");
pub(crate) static STATEFUL_SET: Schema = bare("io.k8s.api.apps.v1.StatefulSet");
pub(crate) static CRON_JOB: Schema = bare("io.k8s.api.batch.v1.CronJob");
pub(crate) static JOB: Schema = bare("io.k8s.api.batch.v1.Job");
pub(crate) static CUSTOM_RESOURCE_DEFINITION: Schema =
    bare("io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition");
