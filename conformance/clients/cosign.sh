#!/usr/bin/env bash
# cosign with a key of its own and no service: signatures and attestations, as tags and as referrers.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

version=v3.1.3
go_tool cosign github.com/sigstore/cosign/v3/cmd/cosign $version
client_version "cosign $version"
server_start
cd "$DIR"
export COSIGN_PASSWORD='' HOME=$DIR/home
mkdir -p "$HOME"

repo=cosign/app
first=$(small_image $repo v1 one)
image=$HOST/$repo@$first
check "generate-key-pair" cosign generate-key-pair
local_only=(--key cosign.key --use-signing-config=false --tlog-upload=false --allow-http-registry --yes)
verify_only=(--key cosign.pub --insecure-ignore-tlog --allow-http-registry)
fallback=${first/:/-}

check "sign, stored as a tag" cosign sign "${local_only[@]}" --new-bundle-format=false "$image"
pushed $repo "$fallback.sig" "$(tag_digest $repo "$fallback.sig")"
check "verify" cosign verify "${verify_only[@]}" --new-bundle-format=false "$image"
check "sign once more with an annotation" cosign sign "${local_only[@]}" --new-bundle-format=false -a who=me "$image"
check "verify the annotation" cosign verify "${verify_only[@]}" --new-bundle-format=false -a who=me "$image"
if [[ $AGAINST == weir ]]; then same "the signature's tag has two events" 2 "$(history_of $repo "$fallback.sig" | wc -w)"; fi
printf '{"a":1}' >predicate.json
check "attest, stored as a tag" cosign attest "${local_only[@]}" --new-bundle-format=false --type custom --predicate predicate.json "$image"
pushed $repo "$fallback.att" "$(tag_digest $repo "$fallback.att")"
check "verify-attestation" cosign verify-attestation "${verify_only[@]}" --new-bundle-format=false --type custom "$image"

second=$(small_image $repo v2 two)
image=$HOST/$repo@$second
check "sign, stored as a referrer" cosign sign "${local_only[@]}" --new-bundle-format=true "$image"
check "verify" cosign verify "${verify_only[@]}" --new-bundle-format=true "$image"
check "attest, stored as a referrer" cosign attest "${local_only[@]}" --new-bundle-format=true --type custom --predicate predicate.json "$image"
check "verify-attestation" cosign verify-attestation "${verify_only[@]}" --new-bundle-format=true --type custom "$image"
if [[ $AGAINST == weir ]]; then
    same "both are listed by the registry" "200 2" "$(status GET "/v2/$repo/referrers/$second") $(jq '.manifests | length' "$BODY")"
    same "as bundles" application/vnd.dev.sigstore.bundle.v0.3+json "$(jq -r '[.manifests[].artifactType] | unique | join(" ")' "$BODY")"
    same "and without a tag" "$fallback.att $fallback.sig v1 v2" "$(tags $repo)"
fi
check "tree" cosign tree --allow-http-registry "$image"
cosign generate-key-pair --output-key-prefix other
refused "another key verifies nothing" cosign verify --key other.pub --insecure-ignore-tlog --allow-http-registry "$image"
check "copy with signatures" cosign copy --allow-http-registry "$HOST/$repo@$first" "$HOST/cosign/copy:v1"
pushed cosign/copy v1 "$first"
check "the copy verifies" cosign verify "${verify_only[@]}" --new-bundle-format=false "$HOST/cosign/copy@$first"
server_stop
