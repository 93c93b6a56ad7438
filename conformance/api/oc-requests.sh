#!/usr/bin/env bash
# The requests of `oc tag`, `oc create`, `oc import-image`, `oc set image-lookup`, `oc describe`, `oc delete`, and their answers.
# Numbers are lines of the checklist of integrated-registry.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"
source "$(dirname "$0")/../oc.sh"

kube_start demo other
client_version "requests of oc, by curl"
first=$(small_image demo/app v1 one)
second=$(small_image demo/app v2 two)

# oc tag app:v1 app:stable
same "172 oc tag reads the source" "200 $first" "$(oc GET imagestreams/app) $(head_of app v1)"
same "172 oc tag app:v1 app:stable" 201 "$(oc PUT imagestreamtags/app:stable "$(tag_body app:stable "$(from ImageStreamImage "app@$first")")")"
same "172 the answer has the image" "$first" "$(answered .image.metadata.name)"
same "172 the status is there at once" "$first" "$(head_of app stable)"
same "172 the source is recorded" "ImageStreamImage app@$first" "$(spec_of app stable '"\(.from.kind) \(.from.name)"')"
same "oc tag again, to another image" 200 "$(oc PUT imagestreamtags/app:stable "$(tag_body app:stable "$(from ImageStreamImage "app@$second")")")"
same "moves it" "$second $first" "$(history_of demo/app stable)"
same "it can be pulled" "$second" "$(tag_digest demo/app stable)"
same "an image that is not there" 422 "$(oc PUT imagestreamtags/app:stable "$(tag_body app:stable "$(from ImageStreamImage app@sha256:0000)")")"

# oc tag --source=docker
same "173 oc tag --source=docker" 201 "$(oc PUT imagestreamtags/app:outside "$(tag_body app:outside "$(from DockerImage registry.example/x/y:1)" '{}' '{}' Source 0)")"
same "173 its generation is not 0" true "$(spec_of app outside '.generation > 0')"
same "173 --scheduled --insecure --reference-policy=local --import-mode=PreserveOriginal" 201 "$(oc PUT imagestreamtags/app:all \
    "$(tag_body app:all "$(from DockerImage registry.example/x/y:2)" '{}' '{"scheduled":true,"insecure":true,"importMode":"PreserveOriginal"}' Local 0)")"
same "173 are in the spec tag" "true true PreserveOriginal Local" "$(spec_of app all '"\(.importPolicy.scheduled) \(.importPolicy.insecure) \(.importPolicy.importMode) \(.referencePolicy.type)"')"
same "173 --reference" 201 "$(oc PUT imagestreamtags/app:pointer "$(tag_body app:pointer "$(from DockerImage registry.example/x/y:3)" '{"reference":true}')")"
oc GET imagestreams/app >/dev/null
same "173 points without an image" "registry.example/x/y:3" "$(answered '.status.tags[] | select(.tag == "pointer") | .items[0] | .dockerImageReference + .image')"
same "173 --scheduled of a stream's tag is refused" 422 "$(oc PUT imagestreamtags/app:bad "$(tag_body app:bad "$(from ImageStreamTag app:v1)" '{}' '{"scheduled":true}')")"
matches "173 and why" 'only tags pointing to Docker repositories may be scheduled for background import' "$(answered .message)"

# oc tag --alias
same "174 oc tag --alias app:v1 app:alias" 201 "$(oc PUT imagestreamtags/app:alias "$(tag_body app:alias "$(from ImageStreamTag app:v1)")")"
same "174 follows" "$first" "$(head_of app alias)"
third=$(small_image demo/app v1 three)
same "174 and goes on following" "$third $first" "$(history_of demo/app alias)"

# Across streams and namespaces.
same "176 oc tag onto a stream that is not there" 201 "$(oc PUT imagestreamtags/fresh:v1 "$(tag_body fresh:v1 "$(from ImageStreamImage "app@$first" demo)")")"
same "176 makes it" "$first" "$(head_of fresh v1)"
NS=other
same "172 oc tag demo/app:v1 other/copy:v1" 201 "$(oc PUT imagestreamtags/copy:v1 "$(tag_body copy:v1 "$(from ImageStreamImage "app@$third" demo)")")"
same "172 points into its own repository" "$HOST/other/copy@$third" "$(oc GET imagestreams/copy >/dev/null; answered '.status.tags[0].items[0].dockerImageReference')"
same "172 from where it can be pulled" "$third" "$(tag_digest other/copy v1)"
NS=demo
same "a source stream that is not there" 422 "$(oc PUT imagestreamtags/app:bad "$(tag_body app:bad "$(from ImageStreamTag nothing:v1)")")"

# oc tag -d
options='{"kind":"DeleteOptions","apiVersion":"image.openshift.io/v1"}'
same "175 oc tag -d" 200 "$(oc DELETE imagestreamtags/app:stable "$options")"
same "175 answers with a Status" "Status Success" "$(answered '"\(.kind) \(.status)"')"
same "175 spec and status are gone" '' "$(spec_of app stable .name)$(head_of app stable)"
same "175 a second time" 404 "$(oc DELETE imagestreamtags/app:stable "$options")"
same "175 names it" 'imagestreamtags.image.openshift.io "app:stable" not found' "$(answered .message)"
same "185 a name without a tag" "400 ImageStreamTags must be retrieved with <name>:<tag>" "$(oc GET imagestreamtags/app) $(answered .message)"

# oc create
created() { jq -nc --arg name "$1" '{kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: {name: $name, creationTimestamp: null}, spec: {lookupPolicy: {local: true}}, status: {dockerImageRepository: ""}}'; }
same "179 oc create is --dry-run=server" "201 null" "$(oc POST 'imagestreams?dryRun=All' "$(created made)") $(answered .metadata.resourceVersion)"
same "179 oc create is made --lookup-local" "201 true $HOST/demo/made" "$(oc POST imagestreams "$(created made)") $(answered '"\(.spec.lookupPolicy.local) \(.status.dockerImageRepository)"')"
same "179 oc create is, again" 409 "$(oc POST imagestreams "$(created made)")"
annotated=$(tag_body made:v1 "$(from DockerImage registry.example/x/y:1)" '{"annotations":{"a":"b"}}' | jq -c '.metadata.annotations = {a: "b"} | del(.tag.importPolicy.importMode)')
same "179 oc create istag --from-image --annotation" "201 b Legacy" "$(oc POST imagestreamtags "$annotated") $(answered '"\(.tag.annotations.a) \(.tag.importPolicy.importMode)"')"
same "179 again: the spec tag is there" '409 imagestreamtag.image.openshift.io "made:v1" already exists' "$(oc POST imagestreamtags "$annotated") $(answered .message)"
same "179 oc create istag --from, of a pushed tag without a spec" "201 $second" "$(oc POST imagestreamtags "$(tag_body app:v2 "$(from ImageStreamTag app:v2)")") $(answered .image.metadata.name)"

# oc set image-lookup
before=$(oc GET imagestreams/app >/dev/null; answered '.spec | del(.lookupPolicy)')
strategic=(-H 'Content-Type: application/strategic-merge-patch+json')
same "180 oc set image-lookup app" "200 true" "$(oc PATCH 'imagestreams/app?fieldManager=kubectl-set' '{"spec":{"lookupPolicy":{"local":true}}}' "${strategic[@]}") $(answered .spec.lookupPolicy.local)"
same "180 changes nothing else" "$before" "$(answered '.spec | del(.lookupPolicy)')"
same "180 --enabled=false" "200 false" "$(oc PATCH 'imagestreams/app?fieldManager=kubectl-set' '{"spec":{"lookupPolicy":{"local":false}}}' "${strategic[@]}") $(answered .spec.lookupPolicy.local)"

# oc import-image, from Weir itself.
import_body() { # STREAM VERSION IMPORT IMAGES-JSON [REPOSITORY-JSON]
    jq -nc --arg name "$1" --arg version "$2" --argjson keep "$3" --argjson images "$4" --argjson repository "${5:-null}" '{
        kind: "ImageStreamImport", apiVersion: "image.openshift.io/v1",
        metadata: ({name: $name, namespace: "demo", creationTimestamp: null} + (if $version == "" then {} else {resourceVersion: $version} end)),
        spec: ({import: $keep} + (if $images == null then {} else {images: $images} end) + (if $repository == null then {} else {repository: $repository} end)),
        status: {}}'
}
one_image() { jq -nc --arg from "$1" --arg to "$2" '[{from: {kind: "DockerImage", name: $from}, to: {name: $to}, importPolicy: {insecure: true, importMode: "Legacy"}, referencePolicy: {type: "Source"}}]'; }
same "177 oc import-image of a stream that is not there" 404 "$(oc GET imagestreams/taken)"
same "177 --confirm" 201 "$(oc POST imagestreamimports "$(import_body taken '' true "$(one_image "$HOST/demo/app:v1" latest)")")"
same "177 the answer has the image, complete" "Success $third DockerImage v1" "$(answered '.status.images[0] | "\(.status.status) \(.image.metadata.name) \(.image.dockerImageMetadata.kind) \(.tag)"')"
same "177 and the stream" "taken $third" "$(answered '.status.import | "\(.metadata.name) \(.status.tags[0].items[0].image)"')"
same "177 which is kept" "$third" "$(head_of taken latest)"
version=$(answered .metadata.resourceVersion)
same "178 with the version of the stream" 201 "$(oc POST imagestreamimports "$(import_body taken "$version" true "$(one_image "$HOST/demo/app:v2" v2)")")"
same "178 with an old one" 409 "$(oc POST imagestreamimports "$(import_body taken 1 true "$(one_image "$HOST/demo/app:v2" v2)")")"
same "178 --dry-run" "201 $third null" "$(oc POST imagestreamimports "$(import_body dry '' false "$(one_image "$HOST/demo/app:v1" latest)")") $(answered '"\(.status.images[0].image.metadata.name) \(.status.import)"')"
same "178 makes nothing" 404 "$(oc GET imagestreams/dry)"
same "178 what is not there fails by itself" "201 Failure NotFound 404" "$(oc POST imagestreamimports "$(import_body taken '' true "$(one_image "$HOST/demo/app:nope" nope)")") $(answered '.status.images[0].status | "\(.status) \(.reason) \(.code)"')"
oc GET imagestreams/taken >/dev/null
same "171 and is told by a condition" "ImportSuccess False NotFound" "$(answered '.status.tags[] | select(.tag == "nope") | .conditions[0] | "\(.type) \(.status) \(.reason)"')"
repository=$(jq -nc --arg from "$HOST/demo/app" '{from: {kind: "DockerImage", name: $from}, importPolicy: {insecure: true}, referencePolicy: {type: "Source"}}')
same "178 --all" "201 Success" "$(oc POST imagestreamimports "$(import_body everything '' true null "$repository")") $(answered '.status.repository.status.status')"
same "178 takes the tags" "alias v1 v2" "$(oc GET imagestreams/everything >/dev/null; answered '[.status.tags[] | select(.items != null) | .tag] | join(" ")')"
same "190a the search of oc new-app" "201 Success" "$(oc POST imagestreamimports "$(import_body newapp '' false "$(one_image "$HOST/demo/app:v1" latest)")") $(answered '.status.images[0].status.status')"

# oc describe, oc set image
for path in imagestreamtags/app:v1 imagetags/app:v1 "imagestreamimages/app@${third:0:15}"; do
    same "171 oc describe $path" "200 $third DockerImage 1.0" "$(oc GET "$path") $(answered '.image | "\(.metadata.name) \(.dockerImageMetadata.kind) \(.dockerImageMetadataVersion)"')"
    matches "190a oc set image --source finds its pull spec" "@$third\$" "$(answered .image.dockerImageReference)"
done
same "oc describe image" "200 $third" "$(oc GET "$I/images/$third") $(answered .metadata.name)"

# oc delete
same "175 oc delete istag" 200 "$(oc DELETE imagestreamtags/app:alias '{"propagationPolicy":"Background"}')"
same "175 is done when the answer is there" 404 "$(oc GET imagestreamtags/app:alias)"
same "oc delete is" "200 imagestreams app" "$(oc DELETE imagestreams/app '{"propagationPolicy":"Background"}') $(answered '"\(.details.kind) \(.details.name)"')"
same "leaves the images" 200 "$(oc GET "$I/images/$third")"
same "a push makes it again" "$first" "$(small_image demo/app v1 one)"
same "with an empty history" "$first" "$(history_of demo/app v1)"
server_stop
