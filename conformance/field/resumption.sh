#!/usr/bin/env bash
# Field cases C007 and C009: an upload goes on after the server was killed, and whichever Location closes it.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/resumption

# C007
head -c 9000000 /dev/urandom >"$DIR/blob"
head -c 4000000 "$DIR/blob" >"$DIR/begin"
tail -c +4000001 "$DIR/blob" >"$DIR/rest"
fresh=$(upload_open $repo)
session=$(upload_patch "$(upload_open $repo)" "$DIR/begin" -H 'Content-Range: 0-3999999')
server_kill
server_restart
same "C007 after a kill the session is there, with every acknowledged byte" "204 0-3999999" "$(status GET "$session") $(header range)"
same "C007 a piece goes on from there" 202 "$(head -c 1000000 "$DIR/rest" | status PATCH "$session" -H 'Content-Range: 4000000-4999999' --data-binary @-)"
server_restart
tail -c +1000001 "$DIR/rest" >"$DIR/last"
same "C007 and after a restart in order the last piece closes it" 201 "$(upload_close "$session" "$(digest "$DIR/blob")" "$DIR/last")"
same "C007 the blob is whole" "$(digest "$DIR/blob")" "$(status GET "/v2/$repo/blobs/$(digest "$DIR/blob")" >/dev/null; digest "$BODY")"
same "C007 a session without a byte survives as well" 201 "$(upload_close "$fresh" "$(digest "$DIR/begin")" "$DIR/begin")"
server_kill
server_restart
same "C007 a blob acknowledged before the kill is there after it" 200 "$(blob_status $repo "$(digest "$DIR/begin")")"
same "C007 a closed session is not open again" 4 "$(status PATCH "$session" --data-binary xyz | cut -c1)"

# C009
first=$(upload_open $repo)
printf abc >"$DIR/abc"
newest=$(upload_patch "$first" "$DIR/abc")
printf def >"$DIR/def"
newest=$(upload_patch "$newest" "$DIR/def")
printf abcdef >"$DIR/whole"
same "C009 the first Location knows the session's end" "204 0-5" "$(status GET "$first") $(header range)"
same "C009 the first Location closes with every byte" 201 "$(upload_close "$first" "$(digest "$DIR/whole")")"
same "C009 and the blob is the whole" abcdef "$(status GET "/v2/$repo/blobs/$(digest "$DIR/whole")" >/dev/null; cat "$BODY")"
server_stop
