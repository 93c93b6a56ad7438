#!/usr/bin/env bash
# Field cases C033 to C036: what a delete takes away, and what it leaves.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/delete

# C033
both=$(small_image $repo 3.7-45 z)
small_image $repo latest z >/dev/null
same "C033 DELETE of one of two tags is 202" 202 "$(status DELETE "/v2/$repo/manifests/3.7-45")"
not_tagged $repo 3.7-45
pushed $repo latest "$both"
same "C033 the list of tags has the other" latest "$(tags $repo)"
same "C033 a second DELETE is 404" "404 MANIFEST_UNKNOWN" "$(status DELETE "/v2/$repo/manifests/3.7-45") $(error_code)"
same "C033 DELETE of the last tag is 202" 202 "$(status DELETE "/v2/$repo/manifests/latest")"
same "C033 the manifest stays by digest" 200 "$(status GET "/v2/$repo/manifests/$both" -H "$ANY_MANIFEST")"
same "C033 the empty list is an array" '[]' "$(status GET "/v2/$repo/tags/list" >/dev/null; jq -c .tags "$BODY")"
small_image $repo latest z >/dev/null
pushed $repo latest "$both"

# C035
for name in one two; do shared=$(small_image field/shared-$name v1 shared); done
layer=$(digest "$DIR/layer")
same "C035 the image is deleted in one repository" 202 "$(status DELETE "/v2/field/shared-one/manifests/$shared")"
same "C035 and its layer" 202 "$(status DELETE "/v2/field/shared-one/blobs/$layer")"
look() {
    same "C035 the layer is gone there ($1)" "404 BLOB_UNKNOWN" "$(status GET "/v2/field/shared-one/blobs/$layer") $(error_code)"
    same "C035 and whole in the other ($1)" "200 $layer" "$(status GET "/v2/field/shared-two/blobs/$layer") $(digest "$BODY")"
}
look "at once"
pushed field/shared-two v1 "$shared"
server_restart
look "after a restart"
same "C035 DELETE of a blob that is not there is 404" "404 BLOB_UNKNOWN" "$(status DELETE "/v2/field/shared-one/blobs/$layer") $(error_code)"
same "C035 pushed again it is back" 200 "$(put_blob field/shared-one "$DIR/layer"; blob_status field/shared-one "$layer")"

# C036, without collection: deleting one index leaves its children and whatever shares them.
for arch in amd64 arm64 riscv64; do
    small_image field/multi digest $arch >/dev/null
    cp "$DIR/manifest" "$DIR/$arch"
done
index_manifest "$OCI_INDEX" "$OCI_MANIFEST" amd64 "$DIR/amd64" arm64 "$DIR/arm64" >"$DIR/first"
index_manifest "$OCI_INDEX" "$OCI_MANIFEST" amd64 "$DIR/amd64" riscv64 "$DIR/riscv64" >"$DIR/second"
for index in first second; do put_manifest field/multi $index "$OCI_INDEX" "$DIR/$index" >/dev/null; done
same "C036 DELETE of an index by digest is 202" 202 "$(status DELETE "/v2/field/multi/manifests/$(digest "$DIR/first")")"
not_tagged field/multi first
pushed field/multi second "$(digest "$DIR/second")"
for arch in amd64 riscv64; do same "C036 the child $arch of the other index stays" 200 "$(status GET "/v2/field/multi/manifests/$(digest "$DIR/$arch")" -H "$ANY_MANIFEST")"; done
same "C036 a child can be deleted under its index" 202 "$(status DELETE "/v2/field/multi/manifests/$(digest "$DIR/riscv64")")"
same "C036 which stays" 200 "$(status GET /v2/field/multi/manifests/second -H "$ANY_MANIFEST")"

# A digest takes all its tags along.
for tag in a b c; do image=$(small_image field/all-tags $tag same); done
other=$(small_image field/all-tags d other)
same "C033 DELETE by digest is 202" 202 "$(status DELETE "/v2/field/all-tags/manifests/$image")"
for tag in a b c; do not_tagged field/all-tags $tag; done
pushed field/all-tags d "$other"
server_stop
