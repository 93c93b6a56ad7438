#!/usr/bin/env bash
# BuildKit with a daemon of its own: builds pushed with attestations, and the build cache kept in the registry in both forms.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian runc
version=v0.34.2
for tool in buildkitd buildctl; do go_tool $tool github.com/moby/buildkit/cmd/$tool $version -tags netgo,osusergo; done
client_version "buildkitd and buildctl $version"
server_start

short_folder
socket=unix://$SHORT/sock
printf '[registry."%s"]\nhttp = true\ninsecure = true\n' "$HOST" >"$DIR/buildkitd.toml"
buildkitd --config "$DIR/buildkitd.toml" --addr "$socket" --root "$DIR/root" --containerd-worker=false --oci-worker=true \
    --oci-worker-snapshotter native --oci-worker-net host >"$RESULTS/$CASE.daemon.log" 2>&1 3>&- &
daemon=$!
on_exit "stop $daemon 200"
buildctl() { command buildctl --addr "$socket" "$@"; }
up() { gone $daemon || buildctl debug workers; }
must "buildkitd is up" eventually 300 up

# build DOCKERFILE REFERENCE[,ATTRIBUTE-OF-THE-IMAGE…] [OPTION…]
build() {
    local dockerfile=$1 reference=$2
    shift 2
    buildctl build --progress plain --frontend dockerfile.v0 --local context="$DIR/context" --local dockerfile="$DIR/context" \
        --opt filename="$dockerfile" --output "type=image,name=$reference,push=true,oci-mediatypes=true" "$@"
}
mkdir "$DIR/context"
busybox_root "$DIR/context/root" "generation 1"
printf 'FROM scratch\nADD root /\nRUN ["/bin/sh", "-c", "echo made-here > /made"]\nCMD ["/bin/cat", "/made"]\n' >"$DIR/context/run"
printf 'FROM scratch\nCOPY root/etc /etc\n' >"$DIR/context/copy"
repo=buildkit/app

check "build and push" build run "$HOST/$repo:v1"
first=$(tag_digest $repo v1)
pushed $repo v1 "$first"
check "the same build again" build run "$HOST/$repo:v1"
pushed $repo v1 "$first"
check "build with provenance" build run "$HOST/$repo:v1" --opt attest:provenance=mode=max
second=$(tag_digest $repo v1)
pushed $repo v1 "$second" "$first"
same "is an index of the image and its attestation" "amd64 unknown" \
    "$(status GET "/v2/$repo/manifests/v1" -H "$ANY_MANIFEST" >/dev/null; jq -r '[.manifests[].platform.architecture] | sort | join(" ")' "$BODY")"
check "build for two platforms" build copy "$HOST/$repo:multi" --opt platform=linux/amd64,linux/arm64
multi=$(tag_digest $repo multi)
pushed $repo multi "$multi"
image_says "$multi" "its platforms" '[.dockerImageManifests[].architecture] | sort | join(" ")' "amd64 arm64"
check "build with zstd layers" build copy "$HOST/$repo:zstd,compression=zstd,force-compression=true"
pushed $repo zstd "$(tag_digest $repo zstd)"
same "which are stored as such" "$OCI_LAYER+zstd" "$(status GET "/v2/$repo/manifests/zstd" -H "$ANY_MANIFEST" >/dev/null; jq -r '[.layers[].mediaType] | unique | join(" ")' "$BODY")"

for image_manifest in true false; do
    cache="type=registry,ref=$HOST/buildkit/cache:$image_manifest"
    check "export of the cache (image-manifest=$image_manifest)" build run "$HOST/$repo:cached" --export-cache "$cache,mode=max,image-manifest=$image_manifest"
    pushed buildkit/cache $image_manifest "$(tag_digest buildkit/cache $image_manifest)"
    same "has the expected form" "$([[ $image_manifest == true ]] && echo "$OCI_MANIFEST" || echo "$OCI_INDEX")" \
        "$(status GET "/v2/buildkit/cache/manifests/$image_manifest" -H "$ANY_MANIFEST" >/dev/null; header content-type)"
    check "the local cache is emptied" buildctl prune --all
    build run "$HOST/$repo:from-cache" --import-cache "$cache" >"$DIR/build.out" 2>&1
    check "a build with the cache of the registry runs nothing" grep -q '^#[0-9]* CACHED' "$DIR/build.out"
    same "and gives the same image" "$(tag_digest $repo cached)" "$(tag_digest $repo from-cache)"
done

# From what was pushed.
printf 'FROM %s\nRUN ["/bin/cat", "/made"]\nCOPY root/etc/generation /second\n' "$HOST/$repo@$second" >"$DIR/context/on-top"
buildctl prune --all
check "build on top of a pushed image" build on-top "$HOST/$repo:on-top"
pushed $repo on-top "$(tag_digest $repo on-top)"

check "buildkitd stops" stop $daemon 200
server_stop
