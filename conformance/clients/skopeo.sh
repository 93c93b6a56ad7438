#!/usr/bin/env bash
# Debian's skopeo: copies in every format, between repositories, whole indexes; inspect, list-tags, sync, delete.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian skopeo golang-github-containers-common zstd
server_start
client_version "$(skopeo --version)"

copy() { skopeo copy --src-tls-verify=false --dest-tls-verify=false "$@"; }
layer_types() { status GET "/v2/$1/manifests/$2" -H "$ANY_MANIFEST" >/dev/null && jq -r '[.layers[].mediaType] | unique | join(" ")' "$BODY"; }
repo=skopeo/app
there=docker://$HOST/$repo

for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
done
layout "$DIR/oci"
first=$(layout_image "$DIR/oci" one amd64 gzip "$DIR/root1.tar" "$DIR/root2.tar")
second=$(layout_image "$DIR/oci" two arm64 gzip "$DIR/root2.tar")
packed=$(layout_image "$DIR/oci" zstd amd64 zstd "$DIR/root1.tar")
plain=$(layout_image "$DIR/oci" plain amd64 none "$DIR/root1.tar")
index=$(layout_index "$DIR/oci" index amd64 one arm64 two)

# OCI layout to registry and back, byte for byte.
check "copy of an OCI image" copy "oci:$DIR/oci:one" "$there:v1"
pushed $repo v1 "$first"
requests_mark
check "the same copy again" copy "oci:$DIR/oci:one" "$there:v1"
same "sends no blob" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
pushed $repo v1 "$first"
check "another image over the tag" copy "oci:$DIR/oci:two" "$there:v1"
pushed $repo v1 "$second" "$first"
check "copy of zstd layers" copy "oci:$DIR/oci:zstd" "$there:zstd"
pushed $repo zstd "$packed"
check "copy of unpacked layers" copy --dest-oci-accept-uncompressed-layers --preserve-digests "oci:$DIR/oci:plain" "$there:plain"
pushed $repo plain "$plain"
check "copy of a whole index" copy --all "oci:$DIR/oci:index" "$there:multi"
pushed $repo multi "$index"
image_says "$index" "its children and their platforms" '[.dockerImageManifests[] | "\(.architecture)=\(.digest)"] | sort | join(" ")' "amd64=$first arm64=$second"
for tag in zstd plain multi; do
    check "copy of $tag back" copy --all "$there:$tag" "oci:$DIR/back:$tag"
done
same "the index comes back whole" "$index" "$(digest "$DIR/back/blobs/sha256/${index#sha256:}")"
check "every blob of the index is there again" test "$(cd "$DIR/back/blobs/sha256" && sha256sum -- * | awk '$1 != $2' | wc -l)" = 0 -a -e "$DIR/back/blobs/sha256/${second#sha256:}"
check "copy by digest" copy "$there@$first" "oci:$DIR/back:first"
same "gives the image with that digest" "$first" "$(digest "$DIR/back/blobs/sha256/${first#sha256:}")"

# Conversion on the way.
check "copy as Docker format" copy --format v2s2 "oci:$DIR/oci:one" "$there:docker"
pushed $repo docker "$(tag_digest $repo docker)"
same "has Docker's layer types" application/vnd.docker.image.rootfs.diff.tar.gzip "$(layer_types $repo docker)"
check "copy of the index as Docker's list" copy --all --format v2s2 "oci:$DIR/oci:index" "$there:docker-multi"
pushed $repo docker-multi "$(tag_digest $repo docker-multi)"
same "has Docker's list type" "$DOCKER_LIST" "$(status GET /v2/$repo/manifests/docker-multi -H "$ANY_MANIFEST" >/dev/null; header content-type)"
# New content: of known content skopeo would find and mount the form it has.
busybox_root "$DIR/root3" "generation 3"
root_tar "$DIR/root3" "$DIR/root3.tar"
layout_image "$DIR/oci" new amd64 none "$DIR/root3.tar"
check "copy with zstd:chunked packing" copy --dest-compress-format zstd:chunked --format oci "oci:$DIR/oci:new" "docker://$HOST/skopeo/chunked:v1"
pushed skopeo/chunked v1 "$(tag_digest skopeo/chunked v1)"
same "has zstd layers" "$OCI_LAYER+zstd" "$(layer_types skopeo/chunked v1)"
check "they come back" copy "docker://$HOST/skopeo/chunked:v1" "dir:$DIR/chunked"

# Between repositories of the registry: mounted.
requests_mark
check "copy between repositories" copy --all "$there:multi" "docker://$HOST/skopeo/copies/deep/in/a/tree:multi"
pushed skopeo/copies/deep/in/a/tree multi "$index"
at_most "sends no layer, only the two configs" 2 "$(requested '^PATCH /v2/skopeo/copies')"
at_least "the layers are mounted" 1 "$(requested '^POST /v2/skopeo/copies/deep/in/a/tree/blobs/uploads/[^ ]* 201$')"

# Questions.
same "inspect tells the digest" "$second" "$(skopeo inspect --tls-verify=false "$there:v1" | jq -r .Digest)"
same "inspect --raw gives the bytes" "$index" "$(skopeo inspect --raw --tls-verify=false "$there:multi" | sha256sum | sed 's/^/sha256:/; s/ .*//')"
same "list-tags" "docker docker-multi multi plain v1 zstd" "$(skopeo list-tags --tls-verify=false "$there" | jq -r '.Tags | sort | join(" ")')"

# Whole folders.
mkdir -p "$DIR/sync"
check "sync to a folder" skopeo sync --src-tls-verify=false --src docker --dest dir "$HOST/$repo" "$DIR/sync"
check "sync back under another name" skopeo sync --dest-tls-verify=false --src dir --dest docker "$DIR/sync" "$HOST/skopeo/synced"
same "brings every tag" "docker docker-multi multi plain v1 zstd" "$(tags skopeo/synced/app)"

# A whole Debian.
debian_tar
layout "$DIR/debian"
whole=$(layout_image "$DIR/debian" twelve amd64 none "$CACHE/debian.tar")
check "copy of a whole Debian, unpacked" copy --dest-oci-accept-uncompressed-layers --preserve-digests "oci:$DIR/debian:twelve" "docker://$HOST/skopeo/debian:12"
pushed skopeo/debian 12 "$whole"
check "and back" copy "docker://$HOST/skopeo/debian:12" "dir:$DIR/debian-back"
same "byte for byte" "$(digest "$CACHE/debian.tar")" "$(digest "$DIR/debian-back/$(sha256sum "$CACHE/debian.tar" | cut -d' ' -f1)")"

# skopeo deletes the digest, so every tag of it goes; what others name stays.
check "copy under a second tag" copy "$there:v1" "$there:same"
check "delete" skopeo delete --tls-verify=false "$there:same"
not_tagged $repo same
not_tagged $repo v1
same "the other tags stay" "docker docker-multi multi plain zstd" "$(tags $repo)"
server_stop
