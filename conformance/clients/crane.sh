#!/usr/bin/env bash
# crane of go-containerregistry: push, pull, copy, tag, list, append, mutate, indexes, delete, and its validation of a pull.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

version=v0.22.1
go_tool crane github.com/google/go-containerregistry/cmd/crane $version
client_version "crane $version"
server_start

repo=crane/app
app=$HOST/$repo
for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
    layout "$DIR/oci$n"
done
first=$(layout_image "$DIR/oci1" one amd64 gzip "$DIR/root1.tar")
second=$(layout_image "$DIR/oci2" two arm64 gzip "$DIR/root2.tar")

check "push" crane push "$DIR/oci1" "$app:v1"
pushed $repo v1 "$first"
requests_mark
check "the same push again" crane push "$DIR/oci1" "$app:v1"
same "sends nothing" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
pushed $repo v1 "$first"
check "push over the tag" crane push "$DIR/oci2" "$app:v1"
pushed $repo v1 "$second" "$first"
check "push to a digest only" crane push "$DIR/oci1" "$HOST/crane/untagged@$first"
same "is there by digest" 200 "$(status GET "/v2/crane/untagged/manifests/$first" -H "$ANY_MANIFEST")"
image_says "$first" "its name" .metadata.name "$first"

same "digest" "$second" "$(crane digest "$app:v1")"
same "manifest" "$second" "sha256:$(crane manifest "$app:v1" | sha256sum | cut -d' ' -f1)"
same "config" arm64 "$(crane config "$app:v1" | jq -r .architecture)"
check "validate" crane validate --remote "$app@$first"
check "pull as an OCI layout" crane pull --format oci "$app@$first" "$DIR/back"
same "gives the manifest" "$first" "$(digest "$DIR/back/blobs/sha256/${first#sha256:}")"
check "pull as a docker tarball" crane pull "$app@$first" "$DIR/back.tar"
check "push of the docker tarball" crane push "$DIR/back.tar" "$app:docker"
pushed $repo docker "$(tag_digest $repo docker)"
same "export gives the files" "generation 1" "$(crane export "$app@$first" - | tar -xO etc/generation)"

check "tag" crane tag "$app@$first" stable
pushed $repo stable "$first"
check "tag moved on" crane tag "$app:v1" stable
pushed $repo stable "$second" "$first"
same "ls" "docker stable v1" "$(crane ls "$app" | sort | paste -sd' ')"

requests_mark
check "copy to a second repository" crane copy "$app@$first" "$HOST/crane/copies/deep:v1"
pushed crane/copies/deep v1 "$first"
same "sends no blob" 0 "$(requested '^PATCH ')"
at_least "but mounts" 1 "$(requested '^POST /v2/crane/copies/deep/blobs/uploads/[^ ]* 201$')"
check "copy of all tags" crane copy --all-tags "$app" "$HOST/crane/all"
same "brings them all" "docker stable v1" "$(tags crane/all)"
check "catalog names the repositories" test "$(crane catalog "$HOST" | grep -cxE 'crane/(app|copies/deep|all|untagged)')" -ge 3

check "append of a layer" crane append -b "$app@$first" -f "$DIR/root2.tar" -t "$app:appended"
appended=$(tag_digest $repo appended)
pushed $repo appended "$appended"
image_says "$appended" "number of layers" '.dockerImageLayers | length' 2
check "mutate" crane mutate "$app:appended" --label made=crane --entrypoint /bin/cat -t "$app:mutated"
image_says "$(tag_digest $repo mutated)" "its label" .dockerImageMetadata.Config.Labels.made crane
check "flatten" crane flatten "$app:appended" -t "$app:flat"
image_says "$(tag_digest $repo flat)" "number of layers" '.dockerImageLayers | length' 1

check "index of two images" crane index append -m "$app@$first" -m "$app@$second" -t "$app:multi"
index=$(tag_digest $repo multi)
pushed $repo multi "$index"
image_says "$index" "its children and their platforms" '[.dockerImageManifests[] | "\(.architecture)=\(.digest)"] | sort | join(" ")' "amd64=$first arm64=$second"
same "a platform of the index" "$second" "$(crane digest --platform linux/arm64 "$app:multi")"
check "validate the index" crane validate --remote "$app:multi"
check "copy of the index" crane copy "$app:multi" "$HOST/crane/multi:v1"
pushed crane/multi v1 "$index"

# A whole Debian.
debian_tar
layout "$DIR/debian"
whole=$(layout_image "$DIR/debian" twelve amd64 gzip "$CACHE/debian.tar")
check "push of a whole Debian" crane push "$DIR/debian" "$HOST/crane/debian:12"
pushed crane/debian 12 "$whole"
at_least "its layer has more than 100 MB" 100000001 "$(crane manifest "$HOST/crane/debian:12" | jq '[.layers[].size] | max')"
check "validate the whole Debian" crane validate --remote "$HOST/crane/debian:12"

if [[ $AGAINST == weir ]]; then
    check "delete of a tag" crane delete "$app:stable"
    not_tagged $repo stable
    same "what it named stays" 200 "$(status GET "/v2/$repo/manifests/$second" -H "$ANY_MANIFEST")"
fi
check "delete of a digest" crane delete "$app@$second"
not_tagged $repo v1
same "its bytes are gone from the repository" 404 "$(status GET "/v2/$repo/manifests/$second" -H "$ANY_MANIFEST")"
check "what else was pushed stays" crane validate --remote "$app@$first"
server_stop
