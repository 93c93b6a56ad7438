#!/usr/bin/env bash
# kubectl when the server has no place, stops, or somebody else was first; and what its cache saves. Numbers are lines of the
# checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

command -v python3 || debian python3-minimal
kube_start demo
server=$BASE
python3 "$(dirname "$0")/faults.py" "$PORT" "$DIR/proxy-port" 3>&- &
proxy=$!
on_exit "stop $proxy"
must "the proxy is up" eventually 100 test -s "$DIR/proxy-port"
proxied=http://127.0.0.1:$(cat "$DIR/proxy-port")

# Through the proxy, with a cache of its own.
through() { "$KUBECTL" --server "$proxied" --cache-dir "$DIR/proxy-cache" --namespace "$NS" "$@"; }

# fault METHOD PATH TIMES STATUS REASON MESSAGE [RETRY-AFTER]: what the proxy answers, as the server would.
fault() {
    jq -n --arg method "$1" --arg path "$2" --argjson times "$3" --argjson status "$4" --arg reason "$5" --arg message "$6" --arg after "${7:-}" '
        [{$method, $path, $times, $status,
          headers: ({"Content-Type": "application/json"} + if $after == "" then {} else {"Retry-After": $after} end),
          body: {kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", $reason, $message, code: $status}}]' >"$DIR/fault"
    curl -sSf -o "$DIR/told" -X PUT --data-binary @"$DIR/fault" "$proxied/-/faults"
}
no_fault() { fault GET /nowhere 0 500 InternalError none; }

# seen METHOD PATH-PATTERN FIELDS: what was asked since, and how it was answered, joined by commas.
seen() { curl -sSf "$proxied/-/requests" | awk -v method="$1" -v path="^$2\$" -v fields="$3" '$1 == method && $2 ~ path {
    out = ""; n = split(fields, f, ","); for (i = 1; i <= n; i++) out = out (i > 1 ? " " : "") $f[i]; print out }' | paste -sd,; }
streams=$API/namespaces/demo/imagestreams

# 16a: a refresh asks again for both documents, and for what it has.
no_fault
says "api-resources fills the cache" 'imagestreams' through api-resources
first=$OUT
same "16a nothing was kept before" "/api 200 -,/apis 200 -" "$(seen GET '/apis?' 2,3,5 | tr , '\n' | sort | paste -sd,)"
no_fault
says "api-resources again" 'imagestreams' through api-resources
same "16a says the same" "$first" "$OUT"
matches "16a and asks with the tags it has, which are right" '^/api 304 "[^ ]+",/apis 304 "[^ ]+"$' \
    "$(seen GET '/apis?' 2,3,5 | tr , '\n' | sort | paste -sd,)"

# 65: there is no place.
step through create -f - < <(stream app v1=registry.example/some/app:1)
busy='Too many requests, please try again later.'
fault GET "$streams/app" 2 429 TooManyRequests "$busy" 1
says "65 get comes back after 429" '^app ' through get is app --no-headers
same "65 as often as it takes" "429 fault,429 fault,200 server" "$(seen GET "$streams/app" 3,4)"
fault POST "$streams" 1 429 TooManyRequests "$busy" 1
says "65 create comes back after 429" 'twice created' through create -f - < <(stream twice v1=registry.example/some/app:1)
same "65 with the same body" "429 fault,201 server" "$(seen POST "$streams" 3,4)"
fault DELETE "$streams/twice" 1 429 TooManyRequests "$busy" 1
says "65 delete comes back after 429" 'twice" deleted' through delete is twice
same "65 once" "429 fault,200 server" "$(seen DELETE "$streams/twice" 3,4)"
fault GET "$streams/app" 1 429 TooManyRequests "$busy"
declines "65 without Retry-After it gives up" "Error from server \(TooManyRequests\): $busy" through get is app
same "65 at once" "429 fault" "$(seen GET "$streams/app" 3,4)"

# 65: the server stops, and another one is there a second later.
stopping='The apiserver is shutting down, please try again later.'
fault GET "$streams/app" 1 503 ServiceUnavailable "$stopping" 1
says "65 get comes back after 503" '^app ' through get is app --no-headers
same "65 as often as it takes, too" "503 fault,200 server" "$(seen GET "$streams/app" 3,4)"
fault PATCH "$streams/app" 1 503 ServiceUnavailable "$stopping" 1
says "65 label comes back after 503" 'app labeled' through label is app moved=yes
same "65 with the same patch" "503 fault,200 server" "$(seen PATCH "$streams/app" 3,4)"

# 65a: somebody else was first.
conflict='Operation cannot be fulfilled on imagestreams.image.openshift.io "app": the object has been modified; please apply your changes to the latest version and try again'
stream app v1=registry.example/some/app:1 >"$DIR/app.yaml"
no_fault
step through apply -f "$DIR/app.yaml"
stream app v1=registry.example/some/app:2 >"$DIR/app.yaml"
fault PATCH "$streams/app" 1 409 Conflict "$conflict"
says "65a apply reads again and goes on" 'app configured' through apply -f "$DIR/app.yaml"
same "65a with a second patch" "409 fault,200 server" "$(seen PATCH "$streams/app" 3,4)"
holds "65a which counts" registry.example/some/app:2 '.spec.tags[0].from.name' is app
fault PATCH "$streams/app" 1 409 Conflict "$conflict"
declines "65a label says so" 'the object has been modified' through label is app tier=gold
same "65a after one patch" "409 fault" "$(seen PATCH "$streams/app" 3,4)"
holds "65a and nothing was changed" null .metadata.labels.tier is app

# 65, 160: the server's own words, while its only place is taken by a request whose body does not come.
server_restart --limits-api-requests 1
mkfifo "$DIR/slow"
step kubectl get is
curl -sS -o "$DIR/slow-answer" -w '%{http_code}\n' -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' -X POST -T - \
    "$server/api/v1/namespaces" <"$DIR/slow" >"$DIR/slow-status" 3>&- &
slow=$!
on_exit "unfollow $slow"
exec 9>"$DIR/slow"
taken() { [[ $(status GET /api/v1/namespaces) == 429 ]]; }
check "160 with its only place taken the server says 429" eventually 100 taken
same "65 and when to come back" 1 "$(header retry-after)"
same "160 in a Status" "TooManyRequests 1 $busy" "$(answered '"\(.reason) \(.details.retryAfterSeconds) \(.message)"')"
same "160 but it is healthy" 200 "$(status GET /readyz)"
same "160 and gives out images" 200 "$(status GET /v2/)"
following "$DIR/patient" kubectl get is app --no-headers 9>&-
patient=$FOLLOWER
turned_away() { grep -a '"status":429' "$SERVER_LOG" | grep -qa "\"path\":\"$streams/app\""; }
check "65 kubectl is turned away" eventually 100 turned_away
printf '{"metadata":{"name":"late"}}' >&9
exec 9>&-
check "160 the slow request ends" wait "$slow"
same "160 as it should" 201 "$(cat "$DIR/slow-status")"
check "65 and kubectl gets its answer" wait "$patient"
matches "65 which is the stream" '^app ' "$(cat "$DIR/patient")"
server_stop
