//! Namespaces, and projects, which are the same.

use serde_json::{Value, json};

use crate::api::{Api, N, PROJECTS, names};

const REQUESTS: &str = "/apis/project.openshift.io/v1/projectrequests";

// kubernetes-api 141
#[tokio::test]
async fn a_project_is_asked_for() {
    let (_rig, api) = Api::start().await;
    let may = api.found(REQUESTS).await;
    assert_eq!(may, json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}));
    let request = json!({
        "kind": "ProjectRequest", "apiVersion": "project.openshift.io/v1", "metadata": {"name": "mine"},
        "displayName": "My own", "description": "for tests",
    });
    let made = api.make(REQUESTS, &request).await;
    assert_eq!((&made["kind"], &made["status"]["phase"]), (&json!("Project"), &json!("Active")));
    assert_eq!(
        made["metadata"]["annotations"],
        json!({
            "openshift.io/description": "for tests", "openshift.io/display-name": "My own",
            "openshift.io/requester": "system:anonymous",
        })
    );
    let namespace = api.found("/api/v1/namespaces/mine").await;
    assert_eq!(namespace["metadata"], made["metadata"]);
    let again = api.post(REQUESTS, &request).await;
    assert_eq!(
        again.refusal(),
        (409, "AlreadyExists".into(), "project.project.openshift.io \"mine\" already exists".into())
    );
    let table = api.rows(PROJECTS).await;
    assert_eq!(table, json!([["demo", "", "Active"], ["mine", "My own", "Active"]]));
}

#[tokio::test]
async fn a_change_of_one_is_a_change_of_the_other() {
    let (_rig, api) = Api::start().await;
    let path = format!("{PROJECTS}/demo");
    let named = json!({"metadata": {"annotations": {"openshift.io/display-name": "Demo"}}});
    let reply = api.patch(&path, "merge-patch+json", &named).await;
    assert_eq!((reply.status, &reply.json()["kind"]), (200, &json!("Project")), "{}", reply.message());
    let mut namespace = api.found("/api/v1/namespaces/demo").await;
    assert_eq!(namespace["metadata"]["annotations"]["openshift.io/display-name"], "Demo");
    namespace["metadata"]["labels"] = json!({"tier": "web"});
    // Unconditional: a namespace can be replaced without a version.
    namespace["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let reply = api.put("/api/v1/namespaces/demo", &namespace).await;
    assert_eq!(reply.status, 200, "{}", reply.message());
    assert_eq!(api.found(&path).await["metadata"]["labels"], json!({"tier": "web"}));
    let selected = api.found("/api/v1/namespaces?fieldSelector=status.phase%3DActive").await;
    assert_eq!(names(&selected), ["demo"]);
    let none = api.found(&format!("{PROJECTS}?fieldSelector=status.phase%3DTerminating")).await;
    assert_eq!(none["items"], json!([]));
}

// kubernetes-api 134; image-api 17
#[tokio::test]
async fn a_namespace_ends_by_terminating() {
    let (rig, api) = Api::start().await;
    rig.push("demo/app", "v1", &weir_testkit::SampleImage::of("x")).await;
    let reply = api.delete(&format!("{PROJECTS}/demo")).await;
    let going = reply.json();
    assert_eq!(
        (reply.status, &going["kind"], &going["status"]["phase"]),
        (200, &json!("Project"), &json!("Terminating"))
    );
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    let created = api.post(&format!("{N}/imagestreams"), &json!({"metadata": {"name": "late"}})).await;
    let status = created.json();
    assert_eq!(
        created.refusal(),
        (
            403,
            "Forbidden".into(),
            "imagestreams.image.openshift.io \"late\" is forbidden: unable to create new content in namespace demo \
             because it is being terminated"
                .into()
        )
    );
    assert_eq!(status["details"]["causes"][0]["reason"], "NamespaceTerminating");
}

// kubernetes-api 35; image-api 17
#[tokio::test]
async fn nothing_is_made_where_there_is_no_namespace() {
    let (_rig, api) = Api::start().await;
    let elsewhere = N.replace("demo", "nons");
    let reply = api.post(&format!("{elsewhere}/imagestreams"), &json!({"metadata": {"name": "x"}})).await;
    assert_eq!(reply.refusal(), (404, "NotFound".into(), "namespaces \"nons\" not found".into()));
    assert_eq!(reply.json()["details"], json!({"name": "nons", "kind": "namespaces"}));
    assert_eq!(api.found(&format!("{elsewhere}/imagestreams")).await["items"], json!([]));
    let impossible = N.replace("demo", "No");
    let reply = api.post(&format!("{impossible}/imagestreams"), &json!({"metadata": {"name": "x"}})).await;
    assert_eq!((reply.status, reply.message()), (404, "namespaces \"No\" not found".to_owned()));
}

// What `oc adm prune images`, `kubectl describe` and `oc status` ask for.
#[tokio::test]
async fn there_is_nothing_of_what_is_not_run_here() {
    let (_rig, api) = Api::start().await;
    for (path, kind) in [
        ("/api/v1/pods", "PodList"),
        ("/api/v1/namespaces/demo/replicationcontrollers", "ReplicationControllerList"),
        ("/api/v1/limitranges", "LimitRangeList"),
        ("/apis/apps/v1/daemonsets", "DaemonSetList"),
        ("/apis/apps/v1/deployments", "DeploymentList"),
        ("/apis/apps/v1/replicasets", "ReplicaSetList"),
        ("/apis/apps/v1/statefulsets", "StatefulSetList"),
        ("/apis/batch/v1/jobs", "JobList"),
        ("/apis/batch/v1/cronjobs?limit=500", "CronJobList"),
        (
            "/api/v1/namespaces/demo/events?fieldSelector=involvedObject.name%3Dapp%2CinvolvedObject.uid%3Du",
            "EventList",
        ),
    ] {
        let list = api.found(path).await;
        assert_eq!((&list["kind"], &list["items"]), (&json!(kind), &json!([])), "{path}");
        assert_ne!(list["metadata"]["resourceVersion"], Value::Null);
    }
    for path in ["/apis/build.openshift.io/v1/builds", "/apis/apps.openshift.io/v1/deploymentconfigs"] {
        assert_eq!(api.get(path).await.status, 404, "{path}");
    }
}
