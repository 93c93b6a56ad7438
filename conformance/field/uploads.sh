#!/usr/bin/env bash
# Field cases C001 to C006: what upload clients in the field do, and what has to come of it.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/uploads

# C001: the client gave up on the closing PUT and sends it again.
head -c 30000000 /dev/urandom >"$DIR/blob"
blob=$(digest "$DIR/blob")
session=$(upload_open $repo)
same "C001 a closing PUT is 201" 201 "$(upload_close "$session" "$blob" "$DIR/blob")"
location=$(header location)
same "C001 the same closing PUT again, without a body, is 201" 201 "$(upload_close "$session" "$blob")"
same "C001 with the same Location" "$location" "$(header location)"
same "C001 and again with the whole body" 201 "$(upload_close "$session" "$blob" "$DIR/blob")"
same "C001 a closed session closes for no other digest" 4 "$(upload_close "$session" "sha256:$(printf '1%.0s' {1..64})" | cut -c1)"
# Cut off by the client somewhere in the body or right after it, then sent again.
for cut in 0.05 0.1 0.15 0.2 0.3; do
    head -c 30000000 /dev/urandom >"$DIR/cut"
    session=$(upload_open $repo)
    curl -sS -o /dev/null --limit-rate 150M --max-time $cut -X PUT -H 'Expect:' -H 'Content-Type: application/octet-stream' --data-binary @"$DIR/cut" \
        "$(url "$(with_query "$session" "digest=$(digest "$DIR/cut")")")" || true
    closed() {
        case $(upload_close "$session" "$(digest "$DIR/cut")") in
        201) return 0 ;;
        # Not all of it had arrived: the session is dropped or says where to go on, and a new upload works.
        4*) [[ $(upload_close "$(upload_open $repo)" "$(digest "$DIR/cut")" "$DIR/cut") == 201 ]] ;;
        *) return 1 ;;
        esac
    }
    check "C001 a PUT cut off after $cut s is closed by a retry or refused cleanly" eventually 20 closed
    same "C001 after which HEAD finds the blob" 200 "$(blob_status $repo "$(digest "$DIR/cut")")"
    same "C001 with the right bytes" "$(digest "$DIR/cut")" "$(status GET "/v2/$repo/blobs/$(digest "$DIR/cut")" >/dev/null; digest "$BODY")"
done

# C003: several PATCH requests without Content-Range, then mixed with one that has it.
session=$(upload_open $repo)
printf 'aaabbbcccddd' >"$DIR/parts"
for part in aaa bbb; do
    printf %s $part >"$DIR/part"
    session=$(upload_patch "$session" "$DIR/part")
done
same "C003 pieces without Content-Range are appended" 0-5 "$(header range)"
printf ccc >"$DIR/part"
same "C003 a piece with Content-Range continues them" 202 "$(status PATCH "$session" -H 'Content-Range: 6-8' --data-binary @"$DIR/part")"
session=$(header location)
printf ddd >"$DIR/part"
session=$(upload_patch "$session" "$DIR/part")
same "C003 the closing PUT knows them all" 201 "$(upload_close "$session" "$(digest "$DIR/parts")")"

# C004: the Range header tells every byte, also of chunked transfer encoding.
head -c 5000000 /dev/urandom >"$DIR/stream"
session=$(upload_open $repo)
same "C004 a streamed piece is 202" 202 "$(status PATCH "$session" -H 'Transfer-Encoding: chunked' -T "$DIR/stream")"
same "C004 and its Range ends with its last byte" 0-4999999 "$(header range)"
same "C004 GET says the same" "204 0-4999999" "$(status GET "$(header location)") $(header range)"

# C006: a mount that cannot be is an ordinary upload.
small_image field/source v1 seed >/dev/null
layer=$(digest "$DIR/layer")
none=sha256:$(printf '0%.0s' {1..64})
mount() { status POST "/v2/$1/blobs/uploads/?$2"; }
same "C006 a mount of what is there is 201" 201 "$(mount field/mounted "mount=$layer&from=field/source")"
same "C006 and the blob answers in the target" 200 "$(blob_status field/mounted "$layer")"
same "C006 a mount without a source finds it anywhere" 201 "$(mount field/mounted-anonymously "mount=$layer")"
same "C006 a source that does not exist gives an upload" 202 "$(mount field/elsewhere "mount=$layer&from=field/none")"
same "C006 a digest that nobody has gives an upload" 202 "$(mount field/mounted "mount=$none&from=field/source")"
same "C006 also without a source" 202 "$(mount field/mounted "mount=$none")"
same "C006 a source without a digest is no mount" 202 "$(mount field/mounted from=field/source)"
session=$(mount field/elsewhere "mount=$none&from=field/source" >/dev/null; header location)
same "C006 the session of a refused mount takes the blob" 201 "$(upload_close "$session" "$layer" "$DIR/layer")"
matches "C006 a source that is no name is refused or becomes an upload" '^(202|400)$' "$(mount field/mounted "mount=$none&from=../etc")"
matches "C006 a digest that is none is refused or becomes an upload" '^(202|400)$' "$(mount field/mounted 'mount=sha256:xyz&from=field/source')"
server_stop
