#!/usr/bin/env bash
# Debian's umoci makes and changes OCI images on disk; skopeo carries them to the registry and back.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian umoci skopeo golang-github-containers-common
server_start
client_version "$(umoci --version)"

repo=umoci/app
push() { skopeo copy --dest-tls-verify=false "oci:$DIR/oci:$1" "docker://$HOST/$repo:$2"; }
digest_in_layout() { jq -r --arg tag "$1" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag) | .digest' "$DIR/oci/index.json"; }

busybox_root "$DIR/root" "generation 1"
check "init" umoci init --layout "$DIR/oci"
check "new" umoci new --image "$DIR/oci:v1"
check "insert" umoci insert --image "$DIR/oci:v1" "$DIR/root" /
check "config" umoci config --image "$DIR/oci:v1" --config.cmd /bin/cat --config.cmd /etc/generation --config.label made=umoci --manifest.annotation org.example.note=first
first=$(digest_in_layout v1)
check "push" push v1 v1
pushed $repo v1 "$first"
image_says "$first" "its label" .dockerImageMetadata.Config.Labels.made umoci

check "unpack" umoci unpack --image "$DIR/oci:v1" "$DIR/bundle"
echo "generation 2" >"$DIR/bundle/rootfs/etc/generation"
rm "$DIR/bundle/rootfs/bin/sh"
check "repack adds a layer" umoci repack --image "$DIR/oci:v2" "$DIR/bundle"
second=$(digest_in_layout v2)
check "push over the tag" push v2 v1
pushed $repo v1 "$second" "$first"

check "pull by tag" skopeo copy --src-tls-verify=false "docker://$HOST/$repo:v1" "oci:$DIR/back:v1"
check "pull by digest" skopeo copy --src-tls-verify=false "docker://$HOST/$repo@$first" "oci:$DIR/back:first"
check "unpack of the pulled image" umoci unpack --image "$DIR/back:v1" "$DIR/bundle-back"
check "the tree is the one that was packed" diff -r --no-dereference "$DIR/bundle/rootfs" "$DIR/bundle-back/rootfs"
check "unpack of the older image" umoci unpack --image "$DIR/back:first" "$DIR/bundle-first"
same "which still has its file" "generation 1" "$(<"$DIR/bundle-first/rootfs/etc/generation")"
server_stop
