"""The dynamic clients of `kubernetes` and of `openshift` over images, streams, tags, secrets and projects.

    dynamic.py kubernetes|openshift URL CACHE-FILE

Numbers are lines of the checklist of kubernetes-api.md."""

import os
import sys

import kubernetes
from checks import Section, check, collect, done, refused, until

WHICH, URL, CACHE = sys.argv[1:4]
NAMESPACE = f"{WHICH}-dynamic"
GROUP = "image.openshift.io/v1"

configuration = kubernetes.client.Configuration()
configuration.host = URL
api = kubernetes.client.ApiClient(configuration)
if WHICH == "openshift":
    from openshift.dynamic import DynamicClient
else:
    from kubernetes.dynamic import DynamicClient


def tag(name, version):
    return {"name": name, "reference": True, "from": {"kind": "DockerImage", "name": f"registry.example/some/app:{version}"}}


def stream(name, **spec):
    return {"apiVersion": GROUP, "kind": "ImageStream", "metadata": {"name": name}, "spec": spec}


def tags(item):
    return {each["name"]: each["from"]["name"] for each in item.to_dict()["spec"].get("tags") or []}


# 18
with Section("discovery"):
    check("18 the cache is cold", False, os.path.exists(CACHE))
    client = DynamicClient(api, cache_file=CACHE)
    streams = client.resources.get(api_version=GROUP, kind="ImageStream")
    check("18 ImageStream is found", ("imagestreams", True), (streams.name, streams.namespaced))
    check("18 by its short name", "imagestreams", client.resources.get(api_version=GROUP, short_names=["is"]).name)
    istags = client.resources.get(api_version=GROUP, kind="ImageStreamTag")
    images = client.resources.get(api_version=GROUP, kind="Image")
    check("18 ImageStreamTag and Image are found", ("imagestreamtags", "images", False), (istags.name, images.name, images.namespaced))
    check("18 the cache is written", True, os.path.exists(CACHE))
    check("18 verbs", True, {"create", "delete", "get", "list", "patch", "update", "watch"} <= set(streams.verbs))
    check("18 a second client reads the cache", "imagestreams", DynamicClient(api, cache_file=CACHE).resources.get(api_version=GROUP, kind="ImageStream").name)
    secrets = client.resources.get(api_version="v1", kind="Secret")
    projects = client.resources.get(api_version="project.openshift.io/v1", kind="Project")
    requests = client.resources.get(api_version="project.openshift.io/v1", kind="ProjectRequest")
    check("the version", True, client.version["kubernetes"]["gitVersion"].startswith("v1."))

with Section("projects"):
    made = requests.create(body={"apiVersion": "project.openshift.io/v1", "kind": "ProjectRequest", "metadata": {"name": NAMESPACE}, "displayName": "Made here"})
    check("a project request gives a project", ("Project", NAMESPACE), (made.kind, made.metadata.name))
    check("with its name for people", "Made here", made.metadata.annotations["openshift.io/display-name"])
    refused("a second request", 409, "AlreadyExists", lambda: requests.create(body={"metadata": {"name": NAMESPACE}, "kind": "ProjectRequest", "apiVersion": "project.openshift.io/v1"}))
    check("it is among the projects", True, NAMESPACE in [each.metadata.name for each in projects.get().items])

with Section("create, get, list"):
    made = streams.create(body=stream("app", tags=[tag("v1", 1), tag("v2", 1)]), namespace=NAMESPACE)
    check("create", ("app", 1), (made.metadata.name, made.metadata.generation))
    check("get", made.metadata.uid, streams.get(name="app", namespace=NAMESPACE).metadata.uid)
    streams.create(body=dict(stream("labelled"), metadata={"name": "labelled", "labels": {"tier": "gold"}}), namespace=NAMESPACE)
    listed = streams.get(namespace=NAMESPACE)
    check("list", ("ImageStreamList", ["app", "labelled"]), (listed.kind, [each.metadata.name for each in listed.items]))
    check("items of a list have a kind", {"ImageStream"}, {each.kind for each in listed.items})
    check("a label", ["labelled"], [each.metadata.name for each in streams.get(namespace=NAMESPACE, label_selector="tier=gold").items])
    check("a field", ["app"], [each.metadata.name for each in streams.get(namespace=NAMESPACE, field_selector="metadata.name=app").items])
    check("a page", (1, True), (lambda page: (len(page.items), bool(page.metadata["continue"])))(streams.get(namespace=NAMESPACE, limit=1)))
    refused("create again", 409, "AlreadyExists", lambda: streams.create(body=stream("app"), namespace=NAMESPACE))
    refused("get of what is not there", 404, "NotFound", lambda: streams.get(name="absent", namespace=NAMESPACE))
    refused("what is invalid", 422, "Invalid", lambda: streams.create(body=stream("Upper"), namespace=NAMESPACE))

# 120
with Section("patch"):
    patched = streams.patch(body={"spec": {"tags": [tag("v2", 2)]}}, name="app", namespace=NAMESPACE)
    check("120 patch is strategic unless said otherwise", {"v1": "registry.example/some/app:1", "v2": "registry.example/some/app:2"}, tags(patched))
    patched = streams.patch(body={"spec": {"tags": [tag("v3", 3)]}}, name="app", namespace=NAMESPACE, content_type="application/merge-patch+json")
    check("120 merge", {"v3": "registry.example/some/app:3"}, tags(patched))
    patched = streams.patch(body=[{"op": "replace", "path": "/spec/lookupPolicy/local", "value": True}], name="app", namespace=NAMESPACE, content_type="application/json-patch+json")
    check("120 json", True, patched.spec.lookupPolicy.local)
    body = refused("120a a list that is said to be a merge", 400, "BadRequest", lambda: streams.patch(body=[{"op": "remove", "path": "/x"}], name="app", namespace=NAMESPACE, content_type="application/merge-patch+json"))
    check("120a is told of the other type", True, b"json-patch+json" in (body if isinstance(body, bytes) else body.encode()))
    patched = streams.patch(body={"metadata": {"labels": {"by": WHICH}}}, name="app", namespace=NAMESPACE, query_params=[("dryRun", "All")])
    check("a dry run shows it", WHICH, patched.metadata.labels["by"])
    check("and keeps nothing", None, streams.get(name="app", namespace=NAMESPACE).metadata.labels)

with Section("replace"):
    current = streams.get(name="app", namespace=NAMESPACE).to_dict()
    current["metadata"]["annotations"] = {"note": "replaced"}
    check("replace", "replaced", streams.replace(body=current, namespace=NAMESPACE).metadata.annotations["note"])
    refused("replace of an old version", 409, "Conflict", lambda: streams.replace(body=current, namespace=NAMESPACE))

with Section("apply"):
    applied = streams.server_side_apply(body=stream("applied", tags=[tag("v1", 1)]), namespace=NAMESPACE, field_manager="python")
    check("server side apply makes it", {"v1": "registry.example/some/app:1"}, tags(applied))
    applied = streams.server_side_apply(body=stream("applied", tags=[tag("v2", 1)]), namespace=NAMESPACE, field_manager="python")
    check("and drops what is left out", {"v2": "registry.example/some/app:1"}, tags(applied))
    refused("another manager has a conflict", 409, "Conflict", lambda: streams.server_side_apply(body=stream("applied", tags=[tag("v2", 9)]), namespace=NAMESPACE, field_manager="other"))
    forced = streams.server_side_apply(body=stream("applied", tags=[tag("v2", 9)]), namespace=NAMESPACE, field_manager="other", force_conflicts=True)
    check("unless it forces it", {"v2": "registry.example/some/app:9"}, tags(forced))
    if WHICH == "openshift":
        first = streams.apply(body=stream("old-way", tags=[tag("v1", 1), tag("v2", 1)]), namespace=NAMESPACE)
        check("apply makes it", 2, len(first.spec.tags))
        check("apply remembers it", True, "kubectl.kubernetes.io/last-applied-configuration" in first.metadata.annotations.to_dict())
        second = streams.apply(body=stream("old-way", tags=[tag("v2", 2)]), namespace=NAMESPACE)
        check("apply changes it", {"v2": "registry.example/some/app:2"}, tags(second))

with Section("tags"):
    source = {"kind": "ImageStreamTag", "name": "app:v3"}
    made = istags.create(body={"apiVersion": GROUP, "kind": "ImageStreamTag", "metadata": {"name": "app:alias"}, "tag": {"name": "alias", "from": source}}, namespace=NAMESPACE)
    check("a tag is made", "app:alias", made.metadata.name)
    istags.delete(name="app:alias", namespace=NAMESPACE)
    check("and deleted", {"v3"}, set(tags(streams.get(name="app", namespace=NAMESPACE))))
    digest = "sha256:" + ("1" if WHICH == "openshift" else "2") * 64
    made = images.create(body={"apiVersion": GROUP, "kind": "Image", "metadata": {"name": digest}, "dockerImageReference": f"registry.example/some/app@{digest}"})
    check("an image is made", digest, images.get(name=digest).metadata.name)
    check("it is listed", True, digest in [each.metadata.name for each in images.get().items])
    images.delete(name=digest)
    refused("and gone after its deletion", 404, "NotFound", lambda: images.get(name=digest))

# 111
with Section("watch"):
    seen, wait = collect(streams.watch(namespace=NAMESPACE, timeout=20), 7 if WHICH == "openshift" else 6)
    there = len(streams.get(namespace=NAMESPACE).items)
    check("111 a watch begins with what is there", True, until(lambda: len(seen) == there))
    check("111 as additions", {"ADDED"}, {event["type"] for event in seen})
    streams.create(body=stream("watched"), namespace=NAMESPACE)
    streams.patch(body={"metadata": {"labels": {"seen": "yes"}}}, name="watched", namespace=NAMESPACE)
    streams.delete(name="watched", namespace=NAMESPACE)
    check("111 and goes on", ["ADDED watched", "MODIFIED watched", "DELETED watched"], [f'{event["type"]} {event["object"].metadata.name}' for event in wait()[there:]])
    check("111 a watch stops at its time", there, len(list(streams.watch(namespace=NAMESPACE, timeout=1))))

with Section("secrets"):
    secrets.create(body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "plain"}, "stringData": {"key": "value"}}, namespace=NAMESPACE)
    check("stringData becomes data", "dmFsdWU=", secrets.get(name="plain", namespace=NAMESPACE).data.key)
    check("patch of a secret", "b3RoZXI=", secrets.patch(body={"data": {"key": "b3RoZXI="}}, name="plain", namespace=NAMESPACE).data.key)
    refused("a docker configuration that is none", 422, "Invalid", lambda: secrets.create(body={"metadata": {"name": "bad"}, "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "ew=="}}, namespace=NAMESPACE))
    check("secrets of a project", ["plain"], [each.metadata.name for each in secrets.get(namespace=NAMESPACE).items])
    secrets.delete(name="plain", namespace=NAMESPACE)
    check("none is left", [], secrets.get(namespace=NAMESPACE).items)

with Section("delete"):
    gone = streams.delete(name="labelled", namespace=NAMESPACE)
    check("127 delete answers with a Status", ("Status", "Success"), (gone.kind, gone.status))
    refused("127 a second time it is not there", 404, "NotFound", lambda: streams.delete(name="labelled", namespace=NAMESPACE))
    swept = streams.delete(namespace=NAMESPACE, label_selector="nobody=has-this")
    check("132 a deletion of many that finds none", 0, len(swept.items or []))
    streams.delete(namespace=NAMESPACE, label_selector="nobody!=has-this")
    check("132 a deletion of all", [], streams.get(namespace=NAMESPACE).items)
    projects.delete(name=NAMESPACE)

    def absent():
        try:
            projects.get(name=NAMESPACE)
        except Exception as error:
            return getattr(error, "status", None) == 404
        return False

    check("134 a project ends", True, until(absent))
done()
