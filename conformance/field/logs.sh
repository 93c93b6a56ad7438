#!/usr/bin/env bash
# Field case C102 and what goes with it: every refusal says why and can be found in the log; health and metrics answer.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/logs
small_image $repo v1 hello >/dev/null
cp "$DIR/manifest" "$DIR/good"
none=sha256:$(printf '0%.0s' {1..64})

# told WHAT STATUS CODE METHOD PATH [CURL-ARGUMENT…]: an error with code, sentence and request id, which the log has as well.
told() {
    local what=$1 want="$2 $3" got id
    shift 3
    got=$(status "$@" -H 'Authorization: Basic c2VjcmV0OnNlY3JldA==')
    id=$(header x-request-id)
    same "C102 $what: status and code" "$want" "$got $(error_code)"
    check "C102 $what: a sentence, as JSON, without internals" jq -e '.errors[0].message | test("^[^\n]{5,}$") and (test("panicked|src/|/work/|sqlite"; "i") | not)' "$BODY"
    matches "C102 $what: the type is JSON" '^application/json' "$(header content-type)"
    if [[ $AGAINST == weir ]]; then
        check "C102 $what: its request id $id is in the log, with the code" eventually 50 logged "$id" "${want#* }"
    fi
}
logged() { jq -e -nR --arg id "$1" --arg code "$2" '[inputs | fromjson? | select(.id == $id and .code == $code)] | length > 0' "$SERVER_LOG"; }

session=$(upload_open $repo)
told "a wrong digest" 400 DIGEST_INVALID PUT "$(with_query "$session" "digest=$none")" --data-binary abc
told "a missing blob" 404 BLOB_UNKNOWN GET "/v2/$repo/blobs/$none"
sed "s/$(digest "$DIR/layer")/$none/" "$DIR/good" >"$DIR/incomplete"
told "a manifest with a missing layer" 400 MANIFEST_BLOB_UNKNOWN PUT "/v2/$repo/manifests/v2" -H "Content-Type: $OCI_MANIFEST" --data-binary @"$DIR/incomplete"
same "C102 a manifest with a missing layer: the digest is named" "$none" "$(jq -r '.errors[0].detail | if type == "object" then .digest else . end' "$BODY")"
told "a manifest of no JSON" 400 MANIFEST_INVALID PUT "/v2/$repo/manifests/v2" -H "Content-Type: $OCI_MANIFEST" --data-binary '{"schemaVersion":'
told "a manifest of another type than announced" 400 MANIFEST_INVALID PUT "/v2/$repo/manifests/v2" -H "Content-Type: $OCI_INDEX" --data-binary @"$DIR/good"
head -c 5000000 /dev/zero >"$DIR/zeros"
told "a manifest that is too large" 413 MANIFEST_INVALID PUT "/v2/$repo/manifests/v2" -H "Content-Type: $OCI_MANIFEST" --data-binary @"$DIR/zeros"
told "an unknown upload" 404 BLOB_UPLOAD_UNKNOWN PATCH "/v2/$repo/blobs/uploads/0197a0c8-0000-7000-8000-000000000000" --data-binary abc
told "an unknown manifest" 404 MANIFEST_UNKNOWN GET "/v2/$repo/manifests/none"
told "an unknown repository" 404 NAME_UNKNOWN GET /v2/field/nothing/tags/list
told "a name that is none" 400 NAME_INVALID POST /v2/Field/Logs/blobs/uploads/
told "a method that is none" 405 UNSUPPORTED POST "/v2/$repo/tags/list"
matches "C102 a method that is none: Allow names those there are" GET "$(header allow)"

if [[ $AGAINST == weir ]]; then
    same "C102 none of it left a trace" v1 "$(tags $repo)"
    same "C102 no secret is in the log" 0 "$(grep -cE 'c2VjcmV0OnNlY3JldA|secret' "$SERVER_LOG")"
    own=$(curl -s -o /dev/null -D - -H 'X-Request-Id: from-the-proxy-1' "$BASE/v2/" | tr -d '\r' | awk 'tolower($1) == "x-request-id:" { print $2 }')
    matches "C102 every answer has a request id" '.' "$own"
    for probe in livez readyz healthz; do same "C102 /$probe" "200 ok" "$(status GET /$probe) $(<"$BODY")"; done
    same "C102 /metrics" 200 "$(status GET /metrics)"
    check "C102 counts requests by route, method and status" grep -qE '^weir_http_request_duration_seconds_count\{route="/v2/\{name\}/manifests/\{reference\}",method="PUT",status="2xx"\} [1-9]' "$BODY"
    check "C102 refusals apart" grep -qE '^weir_http_request_duration_seconds_count\{.*method="PUT",status="4xx"\} [1-9]' "$BODY"
    same "C102 names no repository in them" 0 "$(grep -c 'field/logs' "$BODY")"
fi
server_stop
