# shellcheck shell=bash
# Sourced by every case: checks, the server under test, plain HTTP, and what Weir recorded about a push.
#
# A case's standard output is its list of checks, one line each: "ok NAME: what" or "FAILED NAME: what". Everything the
# clients print goes into results/NAME.log. A case owns one folder, work/cases/NAME, made anew at its start, and every
# process it starts is stopped by its id when it ends. What runs in the background does not hold the list of checks (3>&-).
set -Eeuo pipefail

CONFORMANCE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORKSPACE=$(dirname "$CONFORMANCE")
WORK=${WEIR_CONFORMANCE_WORK:-$CONFORMANCE/work}
RESULTS=${WEIR_CONFORMANCE_RESULTS:-$CONFORMANCE/results}
AGAINST=${WEIR_CONFORMANCE_AGAINST:-weir}
WEIR=${WEIR_BIN:-${CARGO_TARGET_DIR:-$WORKSPACE/target}/release/weir}

CASE=$(basename "$0" .sh)
DIR=$WORK/cases/$CASE
CACHE=$WORK/cache
LOG=$RESULTS/$CASE.log

# clear_folder: what a client mounted below the case's folder goes first.
clear_folder() {
    local mounted
    while read -r mounted; do umount -l "$mounted" || true; done < <(awk -v dir="$DIR/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r)
    rm -rf "$DIR"
}

clear_folder
mkdir -p "$DIR/bin" "$DIR/tmp" "$CACHE" "$WORK/bin" "$RESULTS"
export TMPDIR=$DIR/tmp PATH=$DIR/bin:$PATH LC_ALL=C.UTF-8
rm -f "$LOG"
exec 3>&1 >>"$LOG" 2>&1 </dev/null

# --- checks ---------------------------------------------------------------------------------------------------------

LAST=ok FAILURES=0

# Lines of the list of checks, which are in the log as well.
report() {
    printf '%s\n' "$@"
    printf '%s\n' "$@" >&3
}

ok() {
    LAST=ok
    report "ok $CASE: $1"
}

# bad WHAT [DETAIL…]: details are shown indented below the line.
bad() {
    LAST=failed FAILURES=$((FAILURES + 1))
    local what=$1
    shift
    report "FAILED $CASE: $what" "${@/#/    }"
}

# A remark that is neither passed nor failed.
note() { report "note $CASE: $1"; }

# check WHAT COMMAND…: the command succeeds. The case goes on either way; must() ends it.
check() {
    local what=$1 before rc=0
    shift
    before=$(wc -l <"$LOG")
    printf '+ %s\n' "$*"
    "$@" || rc=$?
    if ((rc == 0)); then
        ok "$what"
    else
        mapfile -t tail < <(tail -n +"$((before + 2))" "$LOG" | tail -n 6 | cut -c1-300)
        bad "$what" "exit status $rc of: $*" "${tail[@]}"
    fi
}

must() {
    check "$@"
    [[ $LAST == ok ]] || exit 1
}

# refused WHAT COMMAND…: the command fails, and says so by its exit status.
refused() {
    local what=$1 rc=0
    shift
    printf '+ %s (to be refused)\n' "$*"
    "$@" || rc=$?
    if ((rc != 0)); then ok "$what"; else bad "$what" "succeeded: $*"; fi
}

# same WHAT WANTED GOT
same() {
    if [[ $2 == "$3" ]]; then ok "$1"; else bad "$1" "wanted: $2" "got:    $3"; fi
}

differ() {
    if [[ $2 != "$3" ]]; then ok "$1"; else bad "$1" "both: $2"; fi
}

# matches WHAT PATTERN TEXT: bash's extended regular expression.
matches() {
    if [[ $3 =~ $2 ]]; then ok "$1"; else bad "$1" "wanted a match of: $2" "got: $3"; fi
}

# at_most WHAT LIMIT VALUE, at_least WHAT LIMIT VALUE
at_most() {
    if (($3 <= $2)); then ok "$1: $3"; else bad "$1" "at most: $2" "got: $3"; fi
}

at_least() {
    if (($3 >= $2)); then ok "$1: $3"; else bad "$1" "at least: $2" "got: $3"; fi
}

# The version a client reports, for the table in RESULTS.md.
client_version() {
    printf '%s\n' "$*" >"$RESULTS/$CASE.version"
    printf 'version: %s\n' "$*"
}

# --- the end of a case ----------------------------------------------------------------------------------------------

EXIT_STEPS=()
on_exit() { EXIT_STEPS+=("$*"); }

leave() {
    local rc=$? i
    trap - ERR EXIT
    set +e
    for ((i = ${#EXIT_STEPS[@]} - 1; i >= 0; i--)); do eval "${EXIT_STEPS[i]}"; done
    # What a failed case leaves is for reading; the bytes of a good one are only disk space.
    if ((rc == 0 && FAILURES == 0)); then clear_folder; fi
    exit "$((rc != 0 ? rc : FAILURES > 0))"
}
trap leave EXIT
trap '((BASH_SUBSHELL > 0)) || bad "the script stopped" "line $LINENO of ${BASH_SOURCE[0]##*/}: $BASH_COMMAND"' ERR
trap 'exit 130' INT TERM

# eventually TRIES COMMAND…: asks again until the command succeeds, a tenth of a second apart.
mkfifo "$DIR/never"
exec {NEVER}<>"$DIR/never"
eventually() {
    local tries=$1
    shift
    while ! "$@"; do
        ((--tries > 0)) || return 1
        read -rt 0.1 -u "$NEVER" || true
    done
}

# short_folder: for what the system limits in length, such as the paths of sockets. Sets SHORT; removed at the end.
short_folder() {
    SHORT=$(mktemp -d /tmp/weir.XXXXXX)
    on_exit "rm -rf $SHORT"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# stop PID [TRIES]: SIGTERM, then SIGKILL when the process is still there; fails if it came to that.
stop() {
    local pid=$1 tries=${2:-150} rc=0
    kill -TERM "$pid" 2>/dev/null || return 0
    eventually "$tries" gone "$pid" || {
        rc=1
        kill -KILL "$pid" 2>/dev/null || true
    }
    wait "$pid" 2>/dev/null || true
    return "$rc"
}

free_port() {
    local port
    for _ in {1..100}; do
        port=$((20000 + RANDOM % 12000))
        (exec 9<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || {
            echo "$port"
            return
        }
    done
    return 1
}

# --- the server under test ------------------------------------------------------------------------------------------

SERVER_PID='' SERVER_LOG='' SERVERS=0 PORT='' BASE='' HOST='' DATA=$DIR/registry SERVER_FLAGS=() SERVER_MARK=0

# server_start [FLAG…]: on a free port and $DATA. Sets BASE (URL), HOST (127.0.0.1:port) and SERVER_PID.
server_start() {
    SERVER_FLAGS=("$@")
    for _ in 1 2 3 4 5; do
        PORT=$(free_port)
        ! server_launch || return 0
    done
    bad "the server starts" "$(tail -n 5 "$SERVER_LOG")"
    exit 1
}

server_launch() {
    SERVERS=$((SERVERS + 1))
    SERVER_LOG=$RESULTS/$CASE.server-$SERVERS.log
    HOST=127.0.0.1:$PORT BASE=http://127.0.0.1:$PORT SERVER_MARK=0
    mkdir -p "$DATA"
    case $AGAINST in
    weir)
        "$WEIR" serve --listen "$HOST" --data "$DATA" --log json/info "${SERVER_FLAGS[@]}" >"$SERVER_LOG" 2>&1 3>&- &
        ;;
    docker-registry)
        printf '%s\n' 'version: 0.1' 'log: {level: warn}' 'storage:' "  filesystem: {rootdirectory: $DATA}" \
            '  delete: {enabled: true}' "http: {addr: '$HOST', secret: conformance}" >"$DIR/docker-registry.yml"
        docker-registry serve "$DIR/docker-registry.yml" >"$SERVER_LOG" 2>&1 3>&- &
        ;;
    esac
    SERVER_PID=$!
    eventually 300 server_settled && server_ready || {
        stop "$SERVER_PID" || true
        SERVER_PID=''
        return 1
    }
}

server_ready() { curl -sf -o "$DIR/ready" --max-time 2 "$BASE/v2/"; }
server_settled() { gone "$SERVER_PID" || server_ready; }

# The same data on the same port, as after a restart of the machine. FLAGs replace the earlier ones when given.
server_restart() {
    (($# == 0)) || SERVER_FLAGS=("$@")
    [[ -z $SERVER_PID ]] || server_stop
    server_launch || {
        bad "the server starts again on its data" "$(tail -n 5 "$SERVER_LOG")"
        exit 1
    }
}

server_kill() {
    kill -KILL "$SERVER_PID"
    wait "$SERVER_PID" 2>/dev/null || true
    SERVER_PID=''
}

# Stops in order, and looks at what the server had to say: a panic or a 5xx is a failure whatever the clients made of it. Only
# who asks while it stops may be sent elsewhere.
server_stop() {
    local pid=$SERVER_PID faults
    [[ -n $pid ]] || return 0
    SERVER_PID=''
    if [[ $AGAINST != weir ]]; then
        stop "$pid" || true
        return 0
    fi
    if ! stop "$pid" 200; then
        bad "the server stops on SIGTERM within 20 s"
    elif faults=$(grep -aE 'panicked at|"status":5[0-9][0-9]' "$SERVER_LOG" | grep -av '"code":"ServiceUnavailable"' | head -n 3) && [[ -n $faults ]]; then
        bad "the server's log has no panic and no 5xx" "$faults"
    else
        ok "the server stopped in order, no panic and no 5xx in its log"
    fi
}
on_exit server_stop

requests_mark() { SERVER_MARK=$(wc -l <"$SERVER_LOG"); }

# What was asked of the server since the mark: one "METHOD PATH STATUS" a line. The log may lag behind the answers, so one
# more request marks the end of what has to be in it.
requests() {
    local mark=mark-$RANDOM$RANDOM
    curl -s -o /dev/null "$BASE/v2/$mark/tags/list"
    eventually 50 grep -qa "$mark" "$SERVER_LOG"
    tail -n +"$((SERVER_MARK + 1))" "$SERVER_LOG" | grep -av "$mark" | case $AGAINST in
    weir) jq -rR 'fromjson? | select(.message == "request") | "\(.method) \(.path) \(.status)"' ;;
    *) sed -nE 's/^[0-9.]+ - [^"]*"([A-Z]+) ([^ ]+) HTTP[^"]*" ([0-9]+) .*/\1 \2 \3/p' ;;
    esac
}

# How many requests since the mark match an extended regular expression.
requested() { requests | grep -cE "$1" || true; }

# --- HTTP -----------------------------------------------------------------------------------------------------------

BODY=$DIR/body HEADERS=$DIR/headers

url() { case $1 in http*) printf '%s' "$1" ;; *) printf '%s%s' "$BASE" "$1" ;; esac; }

# status METHOD PATH [CURL-ARGUMENT…]: prints the status; $BODY and $HEADERS hold the answer.
status() {
    local method=$1 where
    where=$(url "$2")
    shift 2
    : >"$BODY"
    if [[ $method == HEAD ]]; then set -- --head "$@"; else set -- -X "$method" "$@"; fi
    curl -sS --path-as-is --max-time 300 -H 'Expect:' -D "$HEADERS" -o "$BODY" -w '%{http_code}' "$@" "$where" || true
}

# The value of a header of the last answer; several lines are joined by ", ".
header() {
    tr -d '\r' <"$HEADERS" | awk -v want="$1" 'BEGIN { want = tolower(want) ":" }
        /^HTTP\// { out = "" }
        tolower($1) == want { $1 = ""; sub(/^ /, ""); out = out == "" ? $0 : out ", " $0 }
        END { print out }'
}

error_code() { jq -r '.errors[0].code // empty' "$BODY" 2>/dev/null || true; }

OCI_MANIFEST=application/vnd.oci.image.manifest.v1+json
OCI_INDEX=application/vnd.oci.image.index.v1+json
OCI_CONFIG=application/vnd.oci.image.config.v1+json
OCI_LAYER=application/vnd.oci.image.layer.v1.tar
DOCKER_MANIFEST=application/vnd.docker.distribution.manifest.v2+json
DOCKER_LIST=application/vnd.docker.distribution.manifest.list.v2+json
ANY_MANIFEST="Accept: $OCI_INDEX, $OCI_MANIFEST, $DOCKER_LIST, $DOCKER_MANIFEST"

digest() { printf 'sha256:%s\n' "$(sha256sum "$1" | cut -d' ' -f1)"; }
size() { stat -c %s "$1"; }

# with_query URL NAME=VALUE
with_query() { case $1 in *\?*) printf '%s&%s' "$1" "$2" ;; *) printf '%s?%s' "$1" "$2" ;; esac; }

# upload_open REPO: opens an upload session and prints its Location.
upload_open() {
    [[ $(status POST "/v2/$1/blobs/uploads/") == 202 ]] || return 1
    header location
}

# upload_patch URL FILE [CURL-ARGUMENT…]: sends one piece, prints the next Location.
upload_patch() {
    local where=$1 file=$2
    shift 2
    [[ $(status PATCH "$where" -H 'Content-Type: application/octet-stream' --data-binary @"$file" "$@") == 202 ]] || return 1
    header location
}

# upload_close URL DIGEST [FILE]: prints the status of the closing PUT.
upload_close() {
    status PUT "$(with_query "$1" "digest=$2")" -H 'Content-Type: application/octet-stream' --data-binary @"${3:-/dev/null}"
}

# put_blob REPO FILE
put_blob() {
    [[ $(upload_close "$(upload_open "$1")" "$(digest "$2")" "$2") == 201 ]]
}

# put_manifest REPO REFERENCE TYPE FILE: prints the status.
put_manifest() { status PUT "/v2/$1/manifests/$2" -H "Content-Type: $3" --data-binary @"$4"; }

blob_status() { status HEAD "/v2/$1/blobs/$2"; }

# The digest a tag answers with.
tag_digest() {
    status HEAD "/v2/$1/manifests/$2" -H "$ANY_MANIFEST" >/dev/null
    header docker-content-digest
}

# The tags of a repository; their order on the wire is a matter of field/lists.sh.
tags() {
    status GET "/v2/$1/tags/list" >/dev/null
    jq -r '.tags | sort | join(" ")' "$BODY"
}

# --- what Weir recorded ---------------------------------------------------------------------------------------------

API=/apis/image.openshift.io/v1

# stream_path REPO: the API path of the image stream that stands for a repository.
stream_path() {
    local namespace=default name=$1
    if [[ $1 == */* ]]; then
        namespace=${1%%/*} name=${1#*/}
    fi
    printf '%s/namespaces/%s/imagestreams/%s' "$API" "$namespace" "${name//\//\~}"
}

# history REPO TAG: the digests of the tag's events, newest first.
history_of() {
    status GET "$(stream_path "$1")" >/dev/null
    jq -r --arg tag "$2" '[.status.tags[]? | select(.tag == $tag) | .items[]?.image] | join(" ")' "$BODY"
}

short() {
    local each out=''
    for each; do out+=" ${each:0:19}"; done
    printf '%s' "${out# }"
}

# pushed REPO TAG DIGEST [OLDER-DIGEST…]: the tag answers with exactly these bytes, by tag and by digest, and Weir holds an
# Image of that name and a history of exactly these events, newest first.
pushed() {
    local repo=$1 tag=$2 got
    shift 2
    got=$(status GET "/v2/$repo/manifests/$tag" -H "$ANY_MANIFEST")
    got+=" $(header docker-content-digest) $(digest "$BODY") $(status GET "/v2/$repo/manifests/$1" -H "$ANY_MANIFEST") $(digest "$BODY")"
    same "$repo:$tag is $(short "$1") by tag and by digest, byte for byte" "200 $1 $1 200 $1" "$got"
    [[ $AGAINST == weir ]] || return 0
    got="Image $(status GET "$API/images/$1" >/dev/null; jq -r '.metadata.name' "$BODY"), history $(history_of "$repo" "$tag")"
    same "$repo:$tag is on record: Image, and history of $# event(s): $(short "$@")" "Image $1, history $*" "$got"
}

# image_says DIGEST WHAT JQ-EXPRESSION WANTED: something of the Image record.
image_says() {
    [[ $AGAINST == weir ]] || return 0
    status GET "$API/images/$1" >/dev/null
    same "Image $(short "$1"): $2" "$4" "$(jq -r "$3" "$BODY" 2>&1)"
}

# not_tagged REPO TAG: the tag is gone from both views.
not_tagged() {
    same "$1:$2 is gone" 404 "$(status GET "/v2/$1/manifests/$2" -H "$ANY_MANIFEST")"
    [[ $AGAINST == weir ]] || return 0
    same "$1:$2 is gone from the image stream" '' "$(history_of "$1" "$2")"
}
