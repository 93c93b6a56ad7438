#!/usr/bin/env bash
# Field case C053: many streams on one HTTP/2 connection, some of them slow; and whole pushes and pulls over each kind of
# connection.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/http2
anonymous_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$SERVER_PID/status"; }

head -c 32000000 /dev/urandom >"$DIR/blob"
put_blob $repo "$DIR/blob"
blob=$BASE/v2/$repo/blobs/$(digest "$DIR/blob")

# Forty readers on one connection with ten others that have stopped reading in the middle.
command -v go || {
    bad "missing: go, to build the client of many streams"
    exit 1
}
must "the client of many streams builds" env CGO_ENABLED=0 go build -o "$DIR/bin/streams" "$(dirname "$0")/streams.go"
streams "$blob" 40 10 >"$DIR/streams" &
client=$!
peak=0
sampled() {
    local now
    now=$(anonymous_kib)
    ((now <= peak)) || peak=$now
    gone $client
}
check "C053 fifty streams end" eventually 1200 sampled
wait $client || true
same "C053 each with 200 and the whole blob, also those that stood still for a while" \
    "1 connections 1;40 quick 200 HTTP/2.0 $(digest "$DIR/blob");10 stalled 200 HTTP/2.0 $(digest "$DIR/blob")" \
    "$(sort "$DIR/streams" | uniq -c | sed 's/^ *//' | paste -sd';')"
at_most "C053 memory stays bounded (KiB of anonymous memory)" $((96 * 1024)) "$peak"

# A whole push and pull over each kind of connection.
for how in '--http1.1' '--http1.1 -H Connection:close' '--http2-prior-knowledge' '--http1.0'; do
    # shellcheck disable=SC2086 # several arguments
    over() { command curl $how "$@"; }
    curl() { over "$@"; }
    name="field/http2/$(tr -cd 'A-Za-z0-9' <<<"$how" | tr '[:upper:]' '[:lower:]')"
    image=$(small_image "$name" v1 "over $how")
    pushed "$name" v1 "$image"
    session=$(upload_open "$name")
    same "C053 an upload in two pieces ($how)" 201 "$(upload_close "$(upload_patch "$session" "$DIR/blob")" "$(cat "$DIR/blob" "$DIR/layer" | sha256sum | sed 's/^/sha256:/; s/ .*//')" "$DIR/layer")"
    unset -f curl over
done

# Clients try TLS first on a registry that is declared insecure. `docker manifest` and BuildKit go on without TLS only when the
# answer to the TLS hello is HTTP; a closed connection is an error to them.
start=$(date +%s%N)
curl -sk -o /dev/null --max-time 5 "https://$HOST/v2/" || true
at_most "C053 a TLS hello on the plain port is turned away at once (ms)" 1000 $((($(date +%s%N) - start) / 1000000))
answer=''
exec {hello}<>"/dev/tcp/127.0.0.1/$PORT"
printf '\x16\x03\x01\x00\x05hell\n' >&"$hello"
read -rt 5 -u "$hello" answer || true
exec {hello}>&-
matches "C053 and told so in HTTP" '^HTTP/1\.[01] 400 ' "$answer"
server_stop
