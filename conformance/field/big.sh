#!/usr/bin/env bash
# Field cases C025, C026, C065 and C067 at a size that fits a test: many tags, many repositories, start on much content, memory
# under large and many uploads. The figures for whole sizes are the business of `make bench`.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

# Manifests alone are enough here.
server_start --manifests-missing-blobs accept
anonymous_kib() { awk '/^RssAnon/ { print $2 }' "/proc/$SERVER_PID/status"; }
# best_ms PATH: the quickest of ten answers.
best_ms() { for _ in {1..10}; do curl -s -o /dev/null -w '%{time_total}\n' "$BASE$1"; done | sort -n | awk 'NR == 1 { print int($1 * 1000) }'; }
printf '{}' >"$DIR/empty"
numbered_manifest() { image_manifest "$OCI_MANIFEST" "$OCI_CONFIG" "$DIR/empty" | sed "s#^{#{\"annotations\":{\"number\":\"$1\"},#"; }
# puts: turns lines of URL and file into the configuration of one curl with many transfers.
puts() {
    local first=true where file
    while read -r where file; do
        $first || echo next
        first=false
        printf 'url = "%s"\nrequest = PUT\ndata-binary = "@%s"\nheader = "Content-Type: %s"\nheader = "Expect:"\nsilent\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' "$where" "$file" "$OCI_MANIFEST"
    done
}

# C025: 20 000 tags on 200 images.
mkdir "$DIR/manifests"
for n in {1..200}; do numbered_manifest "$n" >"$DIR/manifests/$n"; done
for n in {1..200}; do
    echo "$BASE/v2/field/big/manifests/$(digest "$DIR/manifests/$n")?$(seq -f "tag=t%05.0f" -s '&' $(((n - 1) * 100)) $((n * 100 - 1))) $DIR/manifests/$n"
done | puts >"$DIR/curl"
curl --config "$DIR/curl" >"$DIR/answers"
same "C025 200 pushes with a hundred tags each are 201" "200 201" "$(sort "$DIR/answers" | uniq -c | sed 's/^ *//')"
all() { # PATH KEY: follows the pages to the end
    local next=$1
    while [[ -n $next ]]; do
        status GET "$next" >/dev/null
        jq -r ".$2[]" "$BODY"
        next=$(header link | sed -nE 's/^<([^>]*)>.*/\1/p')
    done
}
same "C025 the whole list has every tag once, in order" "$(seq -f 't%05.0f' 0 19999 | sha256sum)" "$(all /v2/field/big/tags/list tags | sha256sum)"
same "C025 page by page as well" "$(seq -f 't%05.0f' 0 19999 | sha256sum)" "$(all '/v2/field/big/tags/list?n=997' tags | sha256sum)"
at_most "C025 the first answer to a request for all takes less than a second (ms)" 1000 "$(best_ms /v2/field/big/tags/list)"
at_most "C025 a page of 100 at the beginning is quick (ms)" 50 "$(best_ms '/v2/field/big/tags/list?n=100')"
at_most "C025 and at the end (ms)" 50 "$(best_ms '/v2/field/big/tags/list?n=100&last=t19800')"
at_most "C025 as is one tag (ms)" 50 "$(best_ms /v2/field/big/manifests/t12345)"

# C026: 2000 repositories.
numbered_manifest one >"$DIR/one"
seq -f "$BASE/v2/many/r%04.0f/manifests/v1 $DIR/one" 0 1999 | puts >"$DIR/curl"
curl --config "$DIR/curl" >"$DIR/answers"
same "C026 2000 pushes to as many repositories are 201" "2000 201" "$(sort "$DIR/answers" | uniq -c | sed 's/^ *//')"
same "C026 the catalogue has every one once, in order" "$({ echo field/big; seq -f 'many/r%04.0f' 0 1999; } | sha256sum)" "$(all '/v2/_catalog?n=100' repositories | sha256sum)"
at_most "C026 its first page is quick (ms)" 50 "$(best_ms '/v2/_catalog?n=1')"
at_most "C026 and its last (ms)" 50 "$(best_ms '/v2/_catalog?n=1&last=many/r1998')"
if [[ $AGAINST == weir ]]; then
    same "C026 the image API lists as many streams" 2001 "$(curl -s "$BASE$API/imagestreams" | jq '.items | length')"
fi

# C065: ready at once, whatever is there.
ready_ms() {
    local start
    start=$(date +%s%N)
    server_restart
    READY=$((($(date +%s%N) - start) / 1000000))
}
server_stop
ready_ms
at_most "C065 ready after an orderly stop (ms)" 2000 "$READY"
server_kill
ready_ms
at_most "C065 ready after a kill (ms)" 2000 "$READY"

# C067: memory does not follow what is sent.
idle=$(anonymous_kib)
at_most "C067 anonymous memory when idle (KiB)" $((24 * 1024)) "$idle"
session=$(upload_open field/large)
head -c 600000000 /dev/zero | curl -sS -o /dev/null -D "$HEADERS" -X PATCH -H 'Expect:' -H 'Transfer-Encoding: chunked' -T - "$(url "$session")" &
upload=$!
peak=0
sampled() {
    local now
    now=$(anonymous_kib)
    ((now <= peak)) || peak=$now
    gone $upload
}
check "C067 an upload of 600 MB from a pipe ends" eventually 1200 sampled
wait $upload || true
same "C067 all of it arrived" 0-599999999 "$(header range)"
at_most "C067 anonymous memory meanwhile (KiB)" $((64 * 1024)) "$peak"
head -c 10000000 /dev/urandom >"$DIR/ten"
many() {
    local n pids=() failed=0
    for n in {1..64}; do
        (
            BODY=$DIR/body.$n HEADERS=$DIR/headers.$n
            session=$(upload_open "field/large-$n")
            [[ $(upload_close "$session" "$(digest "$DIR/ten")" "$DIR/ten") == 201 ]]
        ) &
        pids+=($!)
    done
    for n in "${pids[@]}"; do wait "$n" || failed=$((failed + 1)); done
    return $failed
}
many &
upload=$! peak=0
check "C067 64 uploads of 10 MB at once end" eventually 1200 sampled
check "C067 and all succeed" wait $upload
at_most "C067 anonymous memory meanwhile (KiB)" $((128 * 1024)) "$peak"
for n in {1..10000}; do
    ((n == 1)) || echo next
    printf 'url = "%s/v2/field/big/blobs/sha256:%064x"\nhead\nsilent\noutput = /dev/null\nwrite-out = "%%{http_code}\\n"\n' "$BASE" "$n"
done >"$DIR/curl"
before=$(anonymous_kib)
curl --config "$DIR/curl" >"$DIR/answers"
same "C067 10 000 questions for unknown blobs are 404" "10000 404" "$(sort "$DIR/answers" | uniq -c | sed 's/^ *//')"
at_most "C067 they leave nothing behind in memory (KiB more)" $((16 * 1024)) $(($(anonymous_kib) - before))
server_stop
