#!/usr/bin/env bash
# Debian's buildah: images from scratch, layer on layer, and an index of two platforms.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian buildah runc golang-github-containers-common
server_start
short_folder
export CONTAINERS_REGISTRIES_CONF=$DIR/registries.conf BUILDAH_ISOLATION=chroot
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$HOST" >"$CONTAINERS_REGISTRIES_CONF"
buildah() { /usr/bin/buildah --root "$DIR/store" --runroot "$SHORT/run" --storage-driver vfs "$@"; }
client_version "$(buildah --version | cut -d' ' -f1-3)"

# push IMAGE REFERENCE [OPTION…]
push() {
    local image=$1 reference=$2
    shift 2
    buildah push --digestfile "$DIR/digest" "$@" "$image" "docker://$reference" && cat "$DIR/digest"
}
repo=buildah/app
app=$HOST/$repo

for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    container=$(buildah from scratch)
    check "an image from scratch ($n)" buildah add "$container" "$DIR/root$n" /
    buildah config --cmd '["/bin/cat","/etc/generation"]' --label generation=$n "$container"
    check "commit ($n)" buildah commit --rm "$container" localhost/made:$n
done
first=$(push localhost/made:1 "$app:v1")
pushed $repo v1 "$first"
image_says "$first" "its label" '.dockerImageMetadata.Config.Labels.generation' 1
requests_mark
same "a push of the same image gives the same digest" "$first" "$(push localhost/made:1 "$app:v1")"
same "and sends no blob" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
pushed $repo v1 "$first"
second=$(push localhost/made:2 "$app:v1" --format v2s2)
pushed $repo v1 "$second" "$first"

# On top of a pulled image, running a command in it.
buildah rmi -af
container=$(buildah from --pull-always "$app@$first")
check "run in the pulled image" buildah run "$container" -- /bin/sh -c 'cat /etc/generation > /made-here'
buildah commit --rm "$container" localhost/made:3
third=$(push localhost/made:3 "$app:v1")
pushed $repo v1 "$third" "$second" "$first"
image_says "$third" "number of layers" '.dockerImageLayers | length' 2
buildah rmi -af
container=$(buildah from --pull-always "$app:v1")
same "what was made is in the image" "generation 1" "$(buildah run "$container" -- /bin/cat /made-here)"
buildah rm -a

# A Dockerfile.
printf 'FROM %s\nRUN echo hello > /hello\nCOPY root2/etc/generation /second\nCMD ["/bin/cat", "/hello"]\n' "$app:v1" >"$DIR/Dockerfile"
check "bud" buildah bud --layers -f "$DIR/Dockerfile" -t localhost/made:4 "$DIR"
fourth=$(push localhost/made:4 "$app:bud")
pushed $repo bud "$fourth"

# Two platforms.
for arch in amd64 arm64; do
    container=$(buildah from --arch $arch scratch)
    buildah copy "$container" "$DIR/root1" /
    buildah config --arch $arch "$container"
    buildah commit --rm "$container" localhost/multi:$arch
done
check "manifest create" buildah manifest create localhost/multi:list
for arch in amd64 arm64; do check "manifest add of $arch" buildah manifest add localhost/multi:list localhost/multi:$arch; done
check "manifest push" buildah manifest push --tls-verify=false --all localhost/multi:list "docker://$app:multi"
list=$(tag_digest $repo multi)
pushed $repo multi "$list"
image_says "$list" "its platforms" '[.dockerImageManifests[].architecture] | sort | join(" ")' "amd64 arm64"
same "its children are there by digest" "200 200" \
    "$(for child in $(curl -s "$BASE/v2/$repo/manifests/multi" -H "$ANY_MANIFEST" | jq -r '.manifests[].digest'); do status GET "/v2/$repo/manifests/$child" -H "$ANY_MANIFEST"; echo; done | paste -sd' ')"
server_stop
