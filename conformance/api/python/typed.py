"""The generated classes of `kubernetes`: custom objects and the core group. They send no Content-Type with a POST.

    typed.py URL

Numbers are lines of the checklist of kubernetes-api.md."""

import base64
import sys

from checks import Section, check, collect, done, refused, until
from kubernetes import client, watch

configuration = client.Configuration()
configuration.host = sys.argv[1]
api = client.ApiClient(configuration)
custom, core = client.CustomObjectsApi(api), client.CoreV1Api(api)
WHERE = dict(group="image.openshift.io", version="v1", namespace="typed", plural="imagestreams")


def stream(name, *tags):
    return {"apiVersion": "image.openshift.io/v1", "kind": "ImageStream", "metadata": {"name": name}, "spec": {"tags": list(tags)}}


def tag(name, version):
    return {"name": name, "reference": True, "from": {"kind": "DockerImage", "name": f"registry.example/some/app:{version}"}}


with Section("namespaces"):
    made = core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name="typed")))
    check("67 create_namespace", "Active", made.status.phase)
    check("list_namespace", True, "typed" in [each.metadata.name for each in core.list_namespace().items])
    check("patch_namespace", True, {"a": "b"}.items() <= core.patch_namespace("typed", {"metadata": {"labels": {"a": "b"}}}).metadata.labels.items())

with Section("custom objects"):
    made = custom.create_namespaced_custom_object(body=stream("app", tag("v1", 1)), **WHERE)
    check("create", "app", made["metadata"]["name"])
    check("get", made["metadata"]["uid"], custom.get_namespaced_custom_object(name="app", **WHERE)["metadata"]["uid"])
    check("list", ["app"], [each["metadata"]["name"] for each in custom.list_namespaced_custom_object(**WHERE)["items"]])
    check("list of all namespaces", True, len(custom.list_cluster_custom_object("image.openshift.io", "v1", "imagestreams")["items"]) >= 1)
    # 120
    patched = custom.patch_namespaced_custom_object(name="app", body={"metadata": {"labels": {"tier": "gold"}}}, **WHERE)
    check("120 patch", "gold", patched["metadata"]["labels"]["tier"])
    body = refused("120a patch by a list", 400, "BadRequest", lambda: custom.patch_namespaced_custom_object(name="app", body=[{"op": "add", "path": "/metadata/labels/a", "value": "b"}], **WHERE))
    check("120a is told of the type to use", True, "json-patch+json" in str(body))
    patched["spec"]["lookupPolicy"] = {"local": True}
    check("replace", True, custom.replace_namespaced_custom_object(name="app", body=patched, **WHERE)["spec"]["lookupPolicy"]["local"])
    refused("replace of an old version", 409, "Conflict", lambda: custom.replace_namespaced_custom_object(name="app", body=patched, **WHERE))
    check("get of the status", "app", custom.get_namespaced_custom_object_status(name="app", **WHERE)["metadata"]["name"])
    check("cluster objects", "ImageList", custom.list_cluster_custom_object("image.openshift.io", "v1", "images")["kind"])

# 111
with Section("watch"):
    watching = watch.Watch()
    seen, wait = collect(watching.stream(custom.list_namespaced_custom_object, timeout_seconds=20, **WHERE), 4)
    check("111 a watch begins with what is there", True, until(lambda: len(seen) == 1))
    custom.create_namespaced_custom_object(body=stream("second"), **WHERE)
    custom.patch_namespaced_custom_object(name="second", body={"metadata": {"annotations": {"a": "b"}}}, **WHERE)
    custom.delete_namespaced_custom_object(name="second", **WHERE)
    check("111 and goes on", ["ADDED app", "ADDED second", "MODIFIED second", "DELETED second"], [f'{event["type"]} {event["object"]["metadata"]["name"]}' for event in wait()])
    check("111 and stops at its time", 1, len(list(watch.Watch().stream(custom.list_namespaced_custom_object, timeout_seconds=1, **WHERE))))

with Section("secrets"):
    made = core.create_namespaced_secret("typed", client.V1Secret(metadata=client.V1ObjectMeta(name="pull"), string_data={"a": "b"}))
    check("create_namespaced_secret", "b", base64.b64decode(made.data["a"]).decode())
    check("118 patch by a dict is strategic", "c", base64.b64decode(core.patch_namespaced_secret("pull", "typed", {"stringData": {"b": "c"}}).data["b"]).decode())
    patched = core.patch_namespaced_secret("pull", "typed", [{"op": "remove", "path": "/data/a"}])
    check("118 patch by a list is JSON", ["b"], list(patched.data))
    check("list_namespaced_secret", ["pull"], [each.metadata.name for each in core.list_namespaced_secret("typed").items])
    seen, wait = collect(watch.Watch().stream(core.list_namespaced_secret, "typed", timeout_seconds=20), 2)
    check("a watch of secrets", True, until(lambda: len(seen) == 1))
    check("delete_namespaced_secret", "Success", core.delete_namespaced_secret("pull", "typed")["status"])
    check("the watch tells", ["ADDED", "DELETED"], [event["type"] for event in wait()])

with Section("delete"):
    check("delete of many", "ImageStreamList", custom.delete_collection_namespaced_custom_object(**WHERE)["kind"])
    check("leaves none", [], custom.list_namespaced_custom_object(**WHERE)["items"])
    core.delete_namespace("typed")
    check("a namespace ends", True, until(lambda: "typed" not in [each.metadata.name for each in core.list_namespace().items]))
done()
