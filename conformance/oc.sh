# shellcheck shell=bash
# Sourced by cases that send what `oc` sends, after kube.sh. The module of the real oc is not served by the module proxy, so these
# are its requests, one by one, as integrated-registry.md section 9 has them.

I=$API

# oc METHOD PATH [JSON [CURL-ARGUMENT…]]: prints the status; $BODY holds the answer. A path without a slash in front is in $NS.
oc() {
    local method=$1 path=$2 body=${3:-} sent=(-H 'User-Agent: oc/4.21.0 (linux/amd64) kubernetes/0000000')
    case $path in /*) ;; *) path=$I/namespaces/$NS/$path ;; esac
    shift $(($# > 2 ? 3 : 2))
    [[ "$*" == *Accept:* ]] || sent+=(-H 'Accept: application/json, */*')
    [[ -z $body || "$*" == *Content-Type:* ]] || sent+=(-H 'Content-Type: application/json')
    [[ -z $body ]] || sent+=(--data-binary "$body")
    status "$method" "$path" "${sent[@]}" "$@"
}

# tag_body STREAM:TAG FROM-JSON [FURTHER-FIELDS-OF-TAG [FURTHER-FIELDS-OF-IMPORT-POLICY [REFERENCE-POLICY [GENERATION]]]]: what `oc tag` puts.
tag_body() {
    jq -nc --arg name "$1" --arg namespace "$NS" --argjson from "$2" --argjson more "${3:-{\}}" --argjson policies "${4:-{\}}" \
        --arg policy "${5:-Source}" --argjson generation "${6:-null}" '{
        kind: "ImageStreamTag", apiVersion: "image.openshift.io/v1", metadata: {name: $name, namespace: $namespace, creationTimestamp: null},
        tag: ({name: ($name | split(":")[1]), annotations: null, from: $from, generation: $generation,
               importPolicy: ({importMode: "Legacy"} + $policies), referencePolicy: {type: $policy}} + $more),
        generation: 0, lookupPolicy: {local: false},
        image: {metadata: {creationTimestamp: null}, dockerImageReference: "", dockerImageMetadata: null, dockerImageLayers: null}}'
}

from() { jq -nc --arg kind "$1" --arg name "$2" --arg namespace "${3:-}" '{kind: $kind, name: $name} + (if $namespace == "" then {} else {namespace: $namespace} end)'; }

# spec_of STREAM TAG JQ-EXPRESSION, head_of STREAM TAG: of the stream in $NS.
spec_of() {
    oc GET "imagestreams/$1" >/dev/null
    jq -r --arg tag "$2" ".spec.tags[]? | select(.name == \$tag) | $3" "$BODY" 2>&1
}
head_of() {
    oc GET "imagestreams/$1" >/dev/null
    jq -r --arg tag "$2" '.status.tags[]? | select(.tag == $tag) | .items[0].image' "$BODY" 2>&1
}
