#!/usr/bin/env bash
# Field cases C020 and C022: an index whose children are partly missing, and one whose entries are blobs.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/indexes

# C020
present=$(small_image $repo amd a)
absent=sha256:$(printf '7%.0s' {1..64})
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s","size":%d,"digest":"%s","platform":{"os":"linux","architecture":"amd64"}},{"mediaType":"%s","size":500,"digest":"%s","platform":{"os":"linux","architecture":"arm64"}}]}' \
    "$OCI_INDEX" "$OCI_MANIFEST" "$(size "$DIR/manifest")" "$present" "$OCI_MANIFEST" "$absent" >"$DIR/sparse"
same "C020 an index with a missing child is accepted" 201 "$(put_manifest $repo sparse "$OCI_INDEX" "$DIR/sparse")"
sparse=$(digest "$DIR/sparse")
pushed $repo sparse "$sparse"
image_says "$sparse" "both platforms are on record" '[.dockerImageManifests[].architecture] | sort | join(" ")' "amd64 arm64"
same "C020 the missing child is 404" 404 "$(status GET "/v2/$repo/manifests/$absent" -H "$ANY_MANIFEST")"

# The missing child, pushed later by digest, completes the index.
small_image field/later digest later >/dev/null
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' "$OCI_INDEX" "$(descriptor "$OCI_MANIFEST" "$DIR/manifest")" >"$DIR/early"
same "C020 an index before any child is accepted" 201 "$(put_manifest field/late early "$OCI_INDEX" "$DIR/early")"
late=$(small_image field/late digest later)
same "C020 a child pushed later is readable through it" 200 "$(status GET "/v2/field/late/manifests/$late" -H "$ANY_MANIFEST")"
server_restart --manifests-missing-children reject
same "C020 where children must be there, the missing one is named" "400 MANIFEST_BLOB_UNKNOWN $absent" \
    "$(put_manifest $repo refused "$OCI_INDEX" "$DIR/sparse") $(error_code) $(jq -r '.errors[0].detail | if type == "object" then .digest else . end' "$BODY")"
not_tagged $repo refused
server_restart --manifests-missing-children accept

# C022: the registry cache of BuildKit in its old form.
printf 'a layer of a cache' >"$DIR/layer"
printf '{"layers":[]}' >"$DIR/cacheconfig"
put_blob $repo "$DIR/layer"
put_blob $repo "$DIR/cacheconfig"
layer=$(descriptor application/vnd.oci.image.layer.v1.tar+gzip "$DIR/layer")
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,"annotations":{"buildkit/createdat":"2026-01-01T00:00:00Z"}},%s]}' \
    "$OCI_INDEX" "${layer%\}}" "$(descriptor application/vnd.buildkit.cacheconfig.v0 "$DIR/cacheconfig")" >"$DIR/cache"
same "C022 an index of layers and a cache config is accepted" 201 "$(put_manifest $repo cache "$OCI_INDEX" "$DIR/cache")"
pushed $repo cache "$(digest "$DIR/cache")"
for file in layer cacheconfig; do same "C022 its $file is still a blob" 200 "$(blob_status $repo "$(digest "$DIR/$file")")"; done
image_manifest "$OCI_MANIFEST" application/vnd.buildkit.cacheconfig.v0 "$DIR/cacheconfig" application/vnd.oci.image.layer.v1.tar+gzip "$DIR/layer" >"$DIR/cache-image"
same "C022 the new form, an image, is accepted" 201 "$(put_manifest $repo cache "$OCI_MANIFEST" "$DIR/cache-image")"
pushed $repo cache "$(digest "$DIR/cache-image")" "$(digest "$DIR/cache")"
server_stop
