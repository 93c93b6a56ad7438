#!/usr/bin/env bash
# Field cases C047 to C050: Locations behind a proxy, the closing PUT of a large upload, slashes and percent signs.
# docker and podman push through the same proxy in their own cases.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/proxies

# C047
for header in 'X-Forwarded-Proto: https' 'X-Forwarded-Host: reg.example:8443' 'Forwarded: proto=https;host=reg.example'; do
    status POST "/v2/$repo/blobs/uploads/" -H "$header" >/dev/null
    matches "C047 whatever ${header%%:*} says, the Location starts with /v2/" "^/v2/$repo/blobs/uploads/" "$(header location)"
done
small_image $repo v1 hello >/dev/null
layer=$(digest "$DIR/layer")
same "C047 the Location of a manifest as well" "/v2/$repo/manifests/$(digest "$DIR/manifest")" "$(put_manifest $repo v1 "$OCI_MANIFEST" "$DIR/manifest" >/dev/null; header location)"
tls_proxy
plain=$BASE BASE=https://$TLS_HOST
status_tls() { status "$@" --insecure; }
head -c 30000000 /dev/urandom >"$DIR/blob"
same "C047 through TLS an upload opens" 202 "$(status_tls POST "/v2/$repo/blobs/uploads/")"
session=$(header location)
same "C047 takes a streamed piece" 202 "$(status_tls PATCH "$session" -H 'Transfer-Encoding: chunked' -T "$DIR/blob")"
session=$(header location)
same "C047 and closes, always on the proxy's own address" 201 "$(status_tls PUT "$(with_query "$session" "digest=$(digest "$DIR/blob")")")"
same "C047 the blob comes back through the proxy" "$(digest "$DIR/blob")" "$(status_tls GET "/v2/$repo/blobs/$(digest "$DIR/blob")" >/dev/null; digest "$BODY")"
BASE=$plain

# C049: closing costs the same whatever was sent before, also after a restart.
send_large() { # SIZE: leaves the session's Location in $session
    head -c "$1" /dev/urandom >"$DIR/large"
    session=$(upload_open $repo)
    status PATCH "$session" -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/octet-stream' -T "$DIR/large" >/dev/null
    session=$(header location)
}
close_ms() {
    curl -sS -o "$BODY" -w '%{http_code} %{time_total}\n' -X PUT "$(url "$(with_query "$session" "digest=$(digest "$DIR/large")")")" |
        awk '{ print ($1 == 201 ? int($2 * 1000) : 999999) }'
}
for bytes in 1000000 400000000; do
    send_large $bytes
    at_most "C049 closing an upload of $((bytes / 1000000)) MB takes less than 2 s (ms)" 2000 "$(close_ms)"
done
send_large 400000000
server_restart
at_most "C049 also when the server was restarted in between (ms)" 2000 "$(close_ms)"

# C050
for path in /v2 /v2/; do same "C050 GET $path is 200" 200 "$(status GET $path)"; done
for path in uploads uploads/; do same "C050 POST …/blobs/$path is 202" 202 "$(status POST "/v2/$repo/blobs/$path")"; done
hex=${layer#sha256:}
same "C050 an encoded colon is one" 200 "$(status GET "/v2/$repo/blobs/sha256%3A$hex")"
same "C050 also in small letters" 200 "$(status GET "/v2/$repo/blobs/sha256%3a$hex")"
same "C050 an encoded slash in from= is one" 201 "$(status POST "/v2/field/slash/blobs/uploads?mount=sha256%3a$hex&from=field%2Fproxies")"
same "C050 an unencoded query is understood" 201 "$(status POST "/v2/field/slash-two/blobs/uploads/?mount=$layer&from=$repo")"
for parameter in ns=docker.io origin=host account=me; do
    same "C050 the parameter $parameter changes nothing" 200 "$(status GET "/v2/$repo/manifests/v1?$parameter" -H "$ANY_MANIFEST")"
done
server_stop
