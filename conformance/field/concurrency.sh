#!/usr/bin/env bash
# Field cases C055 to C058: pushes to one tag at once, reading what was just acknowledged, a push against a delete.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start

# One worker has its own files, so that it does not disturb the others.
worker() {
    BODY=$DIR/body.$BASHPID HEADERS=$DIR/headers.$BASHPID
    "$@"
}
# C055: sixty images to one tag of one repository.
printf '{}' >"$DIR/empty"
put_blob field/parallel "$DIR/empty"
one_push() {
    local file=$DIR/image.$1
    printf 'content %s' "$1" >"$file.layer"
    put_blob field/parallel "$file.layer" || return 1
    image_manifest "$OCI_MANIFEST" "$OCI_CONFIG" "$DIR/empty" "$OCI_LAYER" "$file.layer" >"$file"
    [[ $(put_manifest field/parallel latest "$OCI_MANIFEST" "$file") == 201 ]]
}
for n in {1..60}; do worker one_push "$n" & workers[n]=$!; done
failed=0
for n in {1..60}; do wait "${workers[n]}" || failed=$((failed + 1)); done
same "C055 sixty pushes to one tag at once all succeed" 0 "$failed"
for n in {1..60}; do digest "$DIR/image.$n"; done | sort >"$DIR/pushed"
if [[ $AGAINST == weir ]]; then
    history_of field/parallel latest | tr ' ' '\n' >"$DIR/history"
    same "C055 the history has every one of them, once" "$(paste -sd' ' "$DIR/pushed")" "$(sort "$DIR/history" | paste -sd' ')"
    same "C055 and the tag is the newest" "$(head -n 1 "$DIR/history")" "$(tag_digest field/parallel latest)"
fi

# C057: what was acknowledged is there for the next request, on another connection.
late=0
for n in {1..200}; do
    printf 'r%d' "$n" >"$DIR/fresh"
    fresh=$(digest "$DIR/fresh")
    [[ $(blob_status field/fresh "$fresh") == 404 ]] || late=$((late + 1))
    [[ $(upload_close "$(upload_open field/fresh)" "$fresh" "$DIR/fresh") == 201 ]] || late=$((late + 1))
    [[ $(blob_status field/fresh "$fresh") == 200 ]] || late=$((late + 1))
done
same "C057 200 times: unknown before, there right after 201" 0 "$late"

# C058: a push and a delete of one tag, again and again; readers never see parts of different images.
for n in {1..10}; do
    small_image field/contended "seed$n" "$n" >/dev/null
    cp "$DIR/manifest" "$DIR/contended.$n"
done
pushes() { local n; for n in {1..150}; do put_manifest field/contended t "$OCI_MANIFEST" "$DIR/contended.$((n % 10 + 1))" >>"$DIR/pushes"; echo >>"$DIR/pushes"; done; }
deletes() { local n; for n in {1..150}; do status DELETE /v2/field/contended/manifests/t >>"$DIR/deletes"; echo >>"$DIR/deletes"; done; }
worker pushes & pusher=$!
worker deletes & deleter=$!
torn=0 seen=0
while ! gone $pusher || ! gone $deleter; do
    [[ $(status GET /v2/field/contended/manifests/t -H "$ANY_MANIFEST") == 200 ]] || continue
    seen=$((seen + 1))
    [[ $(header docker-content-digest) == "$(digest "$BODY")" && $(header content-length) == "$(size "$BODY")" ]] || torn=$((torn + 1))
done
wait $pusher $deleter || true
same "C058 of $seen reads none was torn" 0 "$torn"
same "C058 every push was 201" "150 201" "$(sort "$DIR/pushes" | uniq -c | sed 's/^ *//')"
same "C058 every delete was 202 or 404" '' "$(grep -vxE '202|404' "$DIR/deletes" | sort -u)"
last=$(put_manifest field/contended t "$OCI_MANIFEST" "$DIR/contended.1")
same "C058 afterwards the tag works" "201 $(digest "$DIR/contended.1")" "$last $(tag_digest field/contended t)"
server_stop
