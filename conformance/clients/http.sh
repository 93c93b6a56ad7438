#!/usr/bin/env bash
# Uploads as curl sends them: in one piece, streamed, in chunks, resumed after a break, cancelled; mounts, deletes and listings.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

client_version "$(curl --version | head -n 1 | cut -d' ' -f1,2)"
server_start

repo=http/uploads
head -c 3000000 /dev/urandom >"$DIR/blob"
blob=$(digest "$DIR/blob")
got_blob() { [[ $(status GET "/v2/$1/blobs/$2") == 200 ]] && [[ $(digest "$BODY") == "$2" ]]; }

same "an unknown blob is 404" 404 "$(blob_status $repo "$blob")"

# One request.
if [[ $AGAINST == weir ]]; then
    same "POST with digest and body is 201" 201 "$(status POST "/v2/$repo/blobs/uploads/?digest=$blob" -H 'Content-Type: application/octet-stream' --data-binary @"$DIR/blob")"
    same "its Location is the blob" "/v2/$repo/blobs/$blob" "$(header location)"
    check "the blob comes back byte for byte" got_blob $repo "$blob"
fi

# Two requests.
head -c 100000 /dev/urandom >"$DIR/two"
same "POST, then PUT of the whole body, is 201" 201 "$(upload_close "$(upload_open $repo)" "$(digest "$DIR/two")" "$DIR/two")"
same "the answer names the digest" "$(digest "$DIR/two")" "$(header docker-content-digest)"
same "pushing a blob again is 201" 201 "$(upload_close "$(upload_open $repo)" "$(digest "$DIR/two")" "$DIR/two")"
check "and it comes back byte for byte" got_blob $repo "$(digest "$DIR/two")"

# Streamed: chunked transfer encoding, no length announced.
head -c 2500000 /dev/urandom >"$DIR/stream"
session=$(upload_open $repo)
same "a streamed PATCH is 202" 202 "$(status PATCH "$session" -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/octet-stream' -T "$DIR/stream")"
same "its Range ends with the last byte received" 0-2499999 "$(header range)"
same "the closing PUT without body is 201" 201 "$(upload_close "$(header location)" "$(digest "$DIR/stream")")"
check "the streamed blob comes back byte for byte" got_blob $repo "$(digest "$DIR/stream")"

# In chunks with Content-Range, one of them sent twice, the connection broken in the middle of another.
head -c 9000000 /dev/urandom >"$DIR/chunks"
piece() { tail -c +"$(($1 + 1))" "$DIR/chunks" | head -c "$(($2 - $1 + 1))"; }
send() { piece "$1" "$2" | status PATCH "$session" -H 'Content-Type: application/octet-stream' -H "Content-Range: $1-$2" --data-binary @-; }
session=$(upload_open $repo)
same "the first chunk is 202" 202 "$(send 0 3999999)"
session=$(header location)
same "the same chunk again is 416" 416 "$(send 0 3999999)"
if [[ $AGAINST == weir ]]; then same "and the 416 says where to go on" "0-3999999 204" "$(header range) $(status GET "$(header location)")"; fi
same "a chunk ahead of the end is 416" 416 "$(send 6000000 8999999)"
same "the session still knows its end" "204 0-3999999" "$(status GET "$session") $(header range)"
piece 4000000 8999999 >"$DIR/rest"
curl -sS -o "$DIR/broken" --limit-rate 2M --max-time 1 -X PATCH -H 'Expect:' -H 'Content-Type: application/octet-stream' \
    --data-binary @"$DIR/rest" "$(url "$session")" || true
# The server may still be putting away what arrived: the offset is read until it can be continued from.
resume() {
    [[ $(status GET "$session") == 204 ]] || return 1
    local last
    last=$(header range) last=${last#0-}
    [[ $(send "$((last + 1))" 8999999) == 202 ]]
}
check "after a broken PATCH the upload goes on from the Range it reports" eventually 50 resume
same "and closes with the digest of the whole" 201 "$(upload_close "$(header location)" "$(digest "$DIR/chunks")")"
check "the resumed blob comes back byte for byte" got_blob $repo "$(digest "$DIR/chunks")"

# A wrong digest, then cancelled.
same "a closing PUT with the wrong digest is 400" "400 DIGEST_INVALID" "$(upload_close "$(upload_open $repo)" "sha256:$(printf '0%.0s' {1..64})" "$DIR/two") $(error_code)"
session=$(upload_open $repo)
session=$(upload_patch "$session" "$DIR/two")
same "DELETE of an upload is 204" 204 "$(status DELETE "$session")"
same "a cancelled upload is unknown" "404 BLOB_UPLOAD_UNKNOWN" "$(status GET "$session") $(error_code)"
same "and cannot be closed" 404 "$(upload_close "$session" "$(digest "$DIR/two")")"

# Mount.
same "a mount is 201" 201 "$(status POST "/v2/http/mounted/blobs/uploads/?mount=$(digest "$DIR/chunks")&from=$repo")"
same "at the blob's own Location" "/v2/http/mounted/blobs/$(digest "$DIR/chunks")" "$(header location | sed 's#^http://[^/]*##')"
check "the mounted blob comes back byte for byte" got_blob http/mounted "$(digest "$DIR/chunks")"
same "a blob of another repository alone is 404" 404 "$(blob_status http/mounted "$(digest "$DIR/two")")"

# Images: push, move a tag, list, delete.
repo=http/images/with/depth
one=$(small_image $repo v1 one)
pushed $repo v1 "$one"
two=$(small_image $repo v1 two)
pushed $repo v1 "$two" "$one"
small_image $repo v1 two >/dev/null
pushed $repo v1 "$two" "$one"
old=$(small_image $repo docker-types three "$DOCKER_MANIFEST")
pushed $repo docker-types "$old"
same "the Docker manifest keeps its type" "$DOCKER_MANIFEST" "$(status GET "/v2/$repo/manifests/docker-types" -H "$ANY_MANIFEST" >/dev/null; header content-type)"
small_image $repo v2 two >/dev/null
same "the tags are listed" "docker-types v1 v2" "$(tags $repo)"
status GET '/v2/_catalog?n=1000' >/dev/null
check "the repository is in the catalogue" jq -e --arg repo $repo '.repositories | index($repo)' "$BODY"
if [[ $AGAINST == weir ]]; then
    same "DELETE of a tag is 202" 202 "$(status DELETE "/v2/$repo/manifests/v2")"
    not_tagged $repo v2
    same "the manifest stays" 200 "$(status GET "/v2/$repo/manifests/$two" -H "$ANY_MANIFEST")"
    pushed $repo v1 "$two" "$one"
fi
same "DELETE of a digest is 202" 202 "$(status DELETE "/v2/$repo/manifests/$two")"
not_tagged $repo v1
same "what another tag names stays" 200 "$(status GET "/v2/$repo/manifests/docker-types" -H "$ANY_MANIFEST")"
server_stop
