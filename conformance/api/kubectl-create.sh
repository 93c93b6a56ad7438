#!/usr/bin/env bash
# kubectl create and replace: manifests with the default validation, lists, imports, namespaces and secrets (which kubectl sends
# as protobuf), dry runs, raw requests, and how refusals are printed. Numbers are lines of the checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
image=$(small_image demo/pushed v1 one)

# 27, 32
stream one latest=registry.example/some/app:1 >"$DIR/one.yaml"
says "27 create -f" '=imagestream.image.openshift.io/one created' kubectl create -f "$DIR/one.yaml"
holds "32 it has a generation, an id and a version" "1 true true" '"\(.metadata.generation) \(.metadata.uid | test("^[0-9a-f]{8}-[0-9a-f]{4}-4")) \(.metadata.resourceVersion | tonumber > 0)"' is one
holds "27 defaults are filled in" "Source Legacy 1" '.spec.tags[0] | "\(.referencePolicy.type) \(.importPolicy.importMode) \(.generation)"' is one
holds "27 a tag that is a reference has its event" registry.example/some/app:1 '.status.tags[0].items[0].dockerImageReference' is one
holds "126 the creator manages its fields" "kubectl-create Update" '.metadata.managedFields[0] | "\(.manager) \(.operation)"' is one --show-managed-fields
declines "62 create -f of what is there" 'AlreadyExists.*imagestreams.image.openshift.io "one" already exists' kubectl create -f "$DIR/one.yaml"
says "create -f - -o yaml" 'uid: [0-9a-f-]{36}' kubectl create -o yaml -f - < <(stream two)
declines "35 a namespace that is not there" 'namespaces "nowhere" not found' kubectl create -n nowhere -f "$DIR/one.yaml"

# 57, 64: all at once, one cause a line
printf '%s\n' 'apiVersion: image.openshift.io/v1' 'kind: ImageStream' 'metadata: {name: typo}' \
    'spec: {tagz: [], lookupPolicy: {locale: true}}' >"$DIR/typo.yaml"
declines "57 a typo is refused, all of them named" 'strict decoding error: unknown field "spec\.(tagz|lookupPolicy.locale)", unknown field "spec\.' kubectl create -f "$DIR/typo.yaml"
absent "57 and nothing was made" is typo
says "57 --validate=warn says so and goes on" 'Warning: unknown field "spec.tagz".*created' kubectl create --validate=warn -f "$DIR/typo.yaml"
step kubectl delete is typo
says "27a --validate=ignore" '=imagestream.image.openshift.io/typo created' kubectl create --validate=ignore -f "$DIR/typo.yaml"
printf '%s\n' 'apiVersion: image.openshift.io/v1' 'kind: ImageStream' 'metadata: {name: causes, labels: {"bad key!": x, a: "bad value!"}}' \
    'spec: {tags: [{name: t, from: {kind: Bogus, name: x}}, {name: u, from: {kind: DockerImage}}]}' >"$DIR/causes.yaml"
ran kubectl create -f "$DIR/causes.yaml"
# What stands before the first colon is the field; its tags are written as spec.tags[t].
for field in metadata.labels 'spec.tags\[t\].from.kind' 'spec.tags\[u\].from.name'; do
    at_least "64 a line for $field" 1 "$(grep -cE "^\* $field: " <<<"$OUT" || true)"
done
matches "64 below the name" 'The ImageStream "causes" is invalid: ' "$OUT"
at_least "38 one line each for the key and the value" 2 "$(grep -c '^\* metadata.labels: ' <<<"$OUT" || true)"
declines "64 one cause stands in the line" 'The ImageStream "Upper" is invalid: metadata.name: Invalid value: "Upper"' kubectl create -f <(stream Upper)

# 27a, 59
says "27a --dry-run=client" '=imagestream.image.openshift.io/dry created (dry run)' kubectl create --dry-run=client -f <(stream dry)
says "59 --dry-run=server" 'dry created \(server dry run\)' kubectl create --dry-run=server -f <(stream dry)
same "59 the object of a dry run has an id and no version" "true null" \
    "$(kubectl create --dry-run=server -o json -f <(stream dry) | jq -r '"\(.metadata.uid != null) \(.metadata.resourceVersion)"')"
absent "59 and nothing is kept" is dry

# 28
printf '%s\n' 'apiVersion: v1' 'kind: List' 'items:' >"$DIR/list.yaml"
for name in three four; do stream $name v1=registry.example/a/b:1 | sed '1s/^/- /; 2,$s/^/  /' >>"$DIR/list.yaml"; done
says "28 create -f of a List" 'three created.*four created' kubectl create -f "$DIR/list.yaml"
importing() {
    printf '%s\n' 'apiVersion: image.openshift.io/v1' 'kind: ImageStreamImport' "metadata: {name: $1}" \
        "spec: {import: true, images: [{from: {kind: DockerImage, name: '$2'}, to: {name: '$3'}, importPolicy: {insecure: true}}]}"
}
for validate in true warn ignore strict; do
    says "28 create -f of an ImageStreamImport, --validate=$validate" "imagestreamimport.image.openshift.io/imported created" \
        kubectl create --validate=$validate -f <(importing imported "$HOST/demo/pushed:v1" "$validate")
    holds "28 it imported from Weir itself" "$image" ".status.tags[] | select(.tag == \"$validate\") | .items[0].image" is imported
done
declines "28 an import of nothing" 'spec.images: Invalid value: null: you must specify at least one image or a repository import' \
    kubectl create -f <(printf '%s\n' 'apiVersion: image.openshift.io/v1' 'kind: ImageStreamImport' 'metadata: {name: none}' 'spec: {import: true}')
says "create -f of a tag" 'imagestreamtag.image.openshift.io/tagged:v1 created' kubectl create -f <(printf '%s\n' \
    'apiVersion: image.openshift.io/v1' 'kind: ImageStreamTag' "metadata: {name: 'tagged:v1'}" "tag: {from: {kind: ImageStreamTag, name: 'pushed:v1'}}")
holds "makes the stream and resolves the source" "$image" '.status.tags[0].items[0].image' is tagged
says "create -f of a mapping" 'created' kubectl create -f <(printf '%s\n' \
    'apiVersion: image.openshift.io/v1' 'kind: ImageStreamMapping' 'metadata: {name: one}' 'tag: mapped' \
    "image: {metadata: {name: '$image'}, dockerImageReference: '$HOST/demo/pushed@$image'}")
holds "gives the tag its event" "$image" '.status.tags[] | select(.tag == "mapped") | .items[0].image' is one
declines "40 generateName of a stream ends in what a name may not" 'metadata.(generateName|name)|generateName' kubectl create -f <(printf '%s\n' \
    'apiVersion: image.openshift.io/v1' 'kind: ImageStream' 'metadata: {generateName: "Bad_"}')

# 58a
printf '{"apiVersion":"image.openshift.io/v1","kind":"ImageStream","metadata":{"name":"raw"}}' >"$DIR/raw.json"
says "58a create --raw, a body that names no type" '"name": ?"raw"' kubectl create --raw "$API/namespaces/demo/imagestreams" -f "$DIR/raw.json"
kubectl get is raw -o json | jq '.metadata.labels = {"by": "raw"}' >"$DIR/raw.json" || true
says "58a replace --raw" '"by": ?"raw"' kubectl replace --raw "$API/namespaces/demo/imagestreams/raw" -f "$DIR/raw.json"
says "58a delete --raw" '"status": ?"Success"' kubectl delete --raw "$API/namespaces/demo/imagestreams/raw"
absent "58a it is gone" is raw

# 76
says "76 create namespace" '=namespace/made created' kubectl create namespace made
says "76 the namespace is there" 'made +Active' kubectl get namespace made
declines "62 create namespace again" 'namespaces "made" already exists' kubectl create namespace made
says "76 create secret generic" '=secret/plain created' kubectl create secret generic plain --from-literal=key=value
holds "76 its data" value '.data.key | @base64d' secret plain
says "76 create secret docker-registry" '=secret/pull created' kubectl create secret docker-registry pull \
    --docker-server=registry.example --docker-username=me --docker-password=word
holds "76 its type" kubernetes.io/dockerconfigjson .type secret pull
says "76 the table of secrets" '^NAME +TYPE +DATA +AGE.*pull +kubernetes.io/dockerconfigjson +1 ' kubectl get secrets
declines "76 a docker-registry secret that is no JSON" 'dockerconfigjson' kubectl create secret generic broken \
    --type=kubernetes.io/dockerconfigjson --from-literal=.dockerconfigjson='{'
says "the secrets of a stream" '"name": ?"pull"' kubectl get --raw "$API/namespaces/demo/imagestreams/one/secrets"
same "76 no value of a secret is in the log" 0 "$(grep -c "$(printf word | base64)" "$SERVER_LOG" || true)"

# replace
kubectl get is one -o yaml | sed 's/some\/app:1/some\/app:2/' >"$DIR/replaced.yaml"
says "27 replace -f" '=imagestream.image.openshift.io/one replaced' kubectl replace -f "$DIR/replaced.yaml"
holds "41 the generation grew once" 2 .metadata.generation is one
holds "the tag has the new source" registry.example/some/app:2 '.spec.tags[] | select(.name == "latest") | .from.name' is one
says "replace --save-config" 'one replaced' kubectl replace --save-config -f "$DIR/one.yaml"
declines "46 replace of an old version" 'Conflict.*the object has been modified' kubectl replace -f "$DIR/replaced.yaml"
old=$(kubectl get is one -o 'jsonpath={.metadata.uid}' || true)
says "133 replace --force" 'one" deleted.*one replaced' kubectl replace --force -f "$DIR/one.yaml"
differ "133 it is another object" "$old" "$(kubectl get is one -o 'jsonpath={.metadata.uid}')"
declines "replace of what is not there" 'imagestreams.image.openshift.io "absent" not found' kubectl replace -f <(stream absent)
server_stop
