#!/usr/bin/env bash
# regctl: anonymous mounts, chunked uploads, sha512, copies with referrers and digest tags, deletes of tags.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

version=v0.11.7
go_tool regctl github.com/regclient/regclient/cmd/regctl $version
client_version "regctl $version"
server_start
export REGCTL_CONFIG=$DIR/regctl.json
check "the registry is set" regctl registry set --tls disabled "$HOST"

repo=regctl/app
app=$HOST/$repo
for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
done
layout "$DIR/oci"
first=$(layout_image "$DIR/oci" one amd64 gzip "$DIR/root1.tar")
second=$(layout_image "$DIR/oci" two arm64 gzip "$DIR/root2.tar")
index=$(layout_index "$DIR/oci" index amd64 one arm64 two)

check "copy of an image" regctl image copy "ocidir://$DIR/oci:one" "$app:v1"
pushed $repo v1 "$first"
requests_mark
check "the same copy again" regctl image copy "ocidir://$DIR/oci:one" "$app:v1"
same "sends no blob" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
check "another image over the tag" regctl image copy "ocidir://$DIR/oci:two" "$app:v1"
pushed $repo v1 "$second" "$first"
check "copy of an index" regctl image copy "ocidir://$DIR/oci:index" "$app:multi"
pushed $repo multi "$index"
same "digest" "$index" "$(regctl image digest "$app:multi")"
same "digest of a platform" "$second" "$(regctl image digest --platform linux/arm64 "$app:multi")"
check "get a file out of the image" test "$(regctl image get-file --platform linux/amd64 "$app:multi" /etc/generation)" = "generation 1"
same "list of tags" "multi v1" "$(regctl tag ls "$app" | sort | paste -sd' ')"

check "artifact put with a subject" regctl artifact put --artifact-type application/vnd.example.sbom --subject "$app:multi" -f "$DIR/root1/etc/generation"
same "artifact list" application/vnd.example.sbom "$(regctl artifact list --format '{{range .Descriptors}}{{.ArtifactType}}{{end}}' "$app:multi")"
requests_mark
check "copy with referrers and digest tags to a second repository" regctl image copy --referrers --digest-tags "$app:multi" "$HOST/regctl/copies/deep:multi"
pushed regctl/copies/deep multi "$index"
same "the referrers came along" application/vnd.example.sbom "$(regctl artifact list --format '{{range .Descriptors}}{{.ArtifactType}}{{end}}' "$HOST/regctl/copies/deep:multi")"
if [[ $AGAINST == weir ]]; then at_least "blobs were mounted" 3 "$(requested '^POST /v2/regctl/copies/deep/blobs/uploads/[^ ]* 201$')"; fi

# Uploads of unknown length are sent in chunks.
head -c 5000000 /dev/urandom >"$DIR/large"
same "blob put" "$(digest "$DIR/large")" "$(regctl blob put "$app" <"$DIR/large")"
check "blob get" cmp "$DIR/large" <(regctl blob get "$app" "$(digest "$DIR/large")")
if [[ $AGAINST == weir ]]; then
    want=sha512:$(sha512sum "$DIR/large" | cut -d' ' -f1)
    same "blob put with sha512" "$want" "$(regctl blob put --digest-algo sha512 "$app" <"$DIR/large" || regctl blob put --digest "$want" "$app" <"$DIR/large")"
    check "blob get by sha512" cmp "$DIR/large" <(regctl blob get "$app" "$want")
fi
check "modify recompresses on the way" regctl image mod "$app@$first" --create "$app:zstd" --layer-compress zstd
pushed $repo zstd "$(tag_digest $repo zstd)"
check "export" regctl image export "$app@$first" "$DIR/export.tar"
check "import" regctl image import "$HOST/regctl/imported:v1" "$DIR/export.tar"
pushed regctl/imported v1 "$first"

check "delete of a tag" regctl tag delete "$app:zstd"
not_tagged $repo zstd
check "delete of a digest" regctl manifest delete "$app@$second"
not_tagged $repo v1
server_stop
