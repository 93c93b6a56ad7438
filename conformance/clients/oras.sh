#!/usr/bin/env bash
# oras: artifacts of any type, attachments and their discovery, copies with referrers, blobs, tags, deletes.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

version=v1.3.6
go_tool oras oras.land/oras/cmd/oras $version
client_version "oras $version"
server_start
cd "$DIR"

repo=oras/artifact
here=$HOST/$repo
printf 'hello\n' >hello.txt
printf '{"a":1}' >data.json
head -c 20000000 /dev/urandom >large.bin
type=application/vnd.example.thing

# Push with several files and a config of its own kind.
check "push" oras push --plain-http --artifact-type $type --annotation org.example.note=first "$here:v1" hello.txt:text/plain data.json:application/json large.bin
first=$(tag_digest $repo v1)
pushed $repo v1 "$first"
image_says "$first" "its media type" .dockerImageManifestMediaType "$OCI_MANIFEST"
same "resolve" "$first" "$(oras resolve --plain-http "$here:v1")"
requests_mark
check "push of the same artifact by digest" oras copy --from-plain-http --to-plain-http "$here:v1" "$here:v1"
same "sends no blob" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
pushed $repo v1 "$first"
printf 'hello again\n' >hello.txt
check "push over the tag" oras push --plain-http --artifact-type $type "$here:v1" hello.txt:text/plain
second=$(tag_digest $repo v1)
pushed $repo v1 "$second" "$first"
printf 'a: [b' >config.yaml
check "push with a config that is no JSON" oras push --plain-http --config config.yaml:application/vnd.example.config+yaml "$here:config" data.json:application/json
pushed $repo config "$(tag_digest $repo config)"
check "push under several tags" oras push --plain-http --artifact-type $type "$here:1.2.3,1.2,latest" data.json:application/json
several=$(tag_digest $repo latest)
for tag in 1.2.3 1.2 latest; do pushed $repo $tag "$several"; done

# Pull.
mkdir out-first out-second
check "pull by digest" oras pull --plain-http "$here@$first" -o out-first
check "the files are the pushed ones" cmp large.bin out-first/large.bin
check "pull by tag" oras pull --plain-http "$here:v1" -o out-second
check "the file is the newer one" cmp hello.txt out-second/hello.txt

# Attachments, in the registry's own list of referrers.
printf 'signature' >signature
printf 'sbom' >sbom
check "attach a signature" oras attach --plain-http --artifact-type application/vnd.example.signature --annotation k=v "$here:v1" signature:text/plain
check "attach an SBOM" oras attach --plain-http --artifact-type application/vnd.example.sbom "$here:v1" sbom:text/plain
discover() { oras discover --plain-http --format json "$@" "$here:v1"; }
same "discover finds both" "application/vnd.example.sbom application/vnd.example.signature" \
    "$(discover | jq -r '[.referrers[].artifactType] | sort | join(" ")')"
same "discover of one type finds one" application/vnd.example.signature \
    "$(discover --artifact-type application/vnd.example.signature | jq -r '[.referrers[].artifactType] | join(" ")')"
if [[ $AGAINST == weir ]]; then
    same "no tag was needed for that" "1.2 1.2.3 config latest v1" "$(tags $repo)"
    same "the registry lists them itself" "200 2" "$(status GET "/v2/$repo/referrers/$second") $(jq '.manifests | length' "$BODY")"
    same "with their annotations" v "$(jq -r '.manifests[] | select(.artifactType | endswith("signature")) | .annotations.k' "$BODY")"
fi
signature=$(discover --artifact-type application/vnd.example.signature | jq -r '.referrers[0].digest')
check "attach to the attachment" oras attach --plain-http --artifact-type application/vnd.example.note "$here@$signature" sbom:text/plain

# Copies, with everything attached.
check "copy with referrers" oras cp -r --from-plain-http --to-plain-http "$here:v1" "$HOST/oras/copy:v1"
pushed oras/copy v1 "$second"
same "the referrers came along" 2 "$(oras discover --plain-http --format json "$HOST/oras/copy:v1" | jq '.referrers | length')"
check "copy to a layout" oras cp -r --from-plain-http --to-oci-layout "$here:v1" "$DIR/layout:v1"
check "copy back from the layout" oras cp -r --from-oci-layout --to-plain-http "$DIR/layout:v1" "$HOST/oras/restored:v1"
pushed oras/restored v1 "$second"
same "with its referrers" 2 "$(oras discover --plain-http --format json "$HOST/oras/restored:v1" | jq '.referrers | length')"

# Blobs, manifests, indexes and lists.
blob=$(digest data.json)
check "blob push" oras blob push --plain-http "$here@$blob" data.json
same "blob fetch" '{"a":1}' "$(oras blob fetch --plain-http "$here@$blob" --output -)"
check "manifest fetch" oras manifest fetch --plain-http --output manifest.json "$here:v1"
same "gives the bytes" "$second" "$(digest manifest.json)"
check "manifest push under two tags" oras manifest push --plain-http "$here:again,once-more" manifest.json
pushed $repo again "$second"
pushed $repo once-more "$second"
check "index create" oras manifest index create --plain-http "$here:index" v1 config
pushed $repo index "$(tag_digest $repo index)"
check "tag" oras tag --plain-http "$here@$first" old older
pushed $repo older "$first"
same "repo tags" "1.2 1.2.3 again config index latest old older once-more v1" "$(oras repo tags --plain-http "$here" | grep -v '^sha256-' | sort | paste -sd' ')"
check "repo ls names the repositories" test "$(oras repo ls --plain-http "$HOST" | grep -cE '^oras/(artifact|copy|restored)$')" = 3

# Delete.
check "delete of an attachment" oras manifest delete --plain-http --force "$here@$signature"
same "discover finds the other alone" application/vnd.example.sbom "$(discover | jq -r '[.referrers[].artifactType] | join(" ")')"
check "delete of the artifact" oras manifest delete --plain-http --force "$here@$first"
not_tagged $repo older
same "the tags of others stay" "1.2 1.2.3 again config index latest once-more v1" "$(oras repo tags --plain-http "$here" | grep -v '^sha256-' | sort | paste -sd' ')"
check "delete of a blob" oras blob delete --plain-http --force "$HOST/oras/restored@$blob"
server_stop
