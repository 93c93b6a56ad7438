#!/usr/bin/env bash
# Field cases C010 and C012: clients that read blobs by ranges, one at a time, many at once, thousands in a row.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/ranges
small_image $repo v1 hello >/dev/null
small=/v2/$repo/blobs/$(digest "$DIR/layer")

# C010: the blob is the five bytes "hello".
range() { echo "$(status GET "$small" -H "Range: bytes=$1") $(header content-range) $(header content-length) $(<"$BODY")"; }
same "C010 0-0" "206 bytes 0-0/5 1 h" "$(range 0-0)"
same "C010 0-4" "206 bytes 0-4/5 5 hello" "$(range 0-4)"
same "C010 0-999 is cut" "206 bytes 0-4/5 5 hello" "$(range 0-999)"
same "C010 4-" "206 bytes 4-4/5 1 o" "$(range 4-)"
same "C010 -2" "206 bytes 3-4/5 2 lo" "$(range -2)"
same "C010 -99 is the whole" "206 bytes 0-4/5 5 hello" "$(range -99)"
same "C010 5-9 is beyond the end" "416 bytes */5" "$(range 5-9 | cut -d' ' -f1-3)"
same "C010 9-3 is no range of it" "416 bytes */5" "$(range 9-3 | cut -d' ' -f1-3)"
same "C010 an unknown unit is ignored" "200 5" "$(status GET "$small" -H 'Range: lines=1-2') $(header content-length)"
same "C010 HEAD ignores the range" "200 5" "$(status HEAD "$small" -H 'Range: bytes=0-1') $(header content-length)"
same "C010 and announces ranges" bytes "$(header accept-ranges)"
same "C010 If-Range of another version gives the whole" "200 5" "$(status GET "$small" -H 'Range: bytes=0-1' -H 'If-Range: "sha256:other"') $(header content-length)"

# The bodies of a multipart answer in order, the boundary lines taken out.
parts() { tr -d '\r' <"$BODY" | awk '/^--/ { body = 0; next } body { print } /^$/ { body = 1 }' | paste -sd'|'; }
same "C010 two ranges are two parts, in order" "206 h|lo" "$(status GET "$small" -H 'Range: bytes=0-0,3-4') $(parts)"
matches "C010 as multipart/byteranges" '^multipart/byteranges; boundary=' "$(header content-type)"
same "C010 with the length of the whole answer" "$(size "$BODY")" "$(header content-length)"
same "C010 touching ranges are not joined" "206 he|ll" "$(status GET "$small" -H 'Range: bytes=0-1,2-3') $(parts)"
same "C010 descending ranges stay descending" "206 lo|h" "$(status GET "$small" -H 'Range: bytes=3-4,0-0') $(parts)"
same "C010 of a pair with one beyond the end the other remains" "206 he" "$(status GET "$small" -H 'Range: bytes=0-1,7-9') $(if [[ $(header content-type) == multipart* ]]; then parts; else cat "$BODY"; fi)"

same "C010 a manifest is not served in ranges" 200 "$(status GET "/v2/$repo/manifests/v1" -H "$ANY_MANIFEST" -H 'Range: bytes=0-10')"
same "C010 and does not offer them" '' "$(header content-range)$(header accept-ranges | grep bytes || true)"

# C012: a large blob in thousands of pieces over one connection.
head -c 64000000 /dev/urandom >"$DIR/blob"
put_blob $repo "$DIR/blob"
blob=/v2/$repo/blobs/$(digest "$DIR/blob")
: >"$DIR/list"
for n in {1..2000}; do
    from=$(((RANDOM * 32768 + RANDOM) % 63990000))
    ((n == 1)) || echo next
    printf 'url = "%s"\nrange = "%d-%d"\nsilent\noutput = "%s"\nwrite-out = "%%{http_code} %%{num_connects}\\n"\n' "$BASE$blob" $from $((from + 4095)) "$DIR/pieces/$n"
    echo "$from" >>"$DIR/list"
done >"$DIR/curl"
mkdir "$DIR/pieces"
curl --config "$DIR/curl" >"$DIR/answers"
same "C012 2000 ranges are each 206" "2000 206" "$(cut -d' ' -f1 "$DIR/answers" | sort | uniq -c | sed 's/^ *//')"
same "C012 over one connection" 1 "$(awk '{ sum += $2 } END { print sum }' "$DIR/answers")"
wrong=0 n=0
while read -r from; do
    n=$((n + 1))
    cmp -s "$DIR/pieces/$n" <(tail -c +$((from + 1)) "$DIR/blob" | head -c 4096) || wrong=$((wrong + 1))
done <"$DIR/list"
same "C012 each with its own bytes" 0 "$wrong"

# As many ranges in one request as containers/storage ever asks for.
ranges=$(for n in {0..1023}; do printf '%s%d-%d' "$([[ $n == 0 ]] || echo ,)" $((n * 60000)) $((n * 60000 + 99)); done)
same "C012 1024 ranges in one request are 206" 206 "$(status GET "$blob" -H "Range: bytes=$ranges")"
same "C012 and 1024 parts" 1024 "$(grep -ac '^Content-Range: bytes ' "$BODY" || true)"

# Parallel readers of one layer, as containerd does it, each hanging up after its share.
for n in {0..7}; do
    (curl -sS --max-time 20 -H "Range: bytes=$((n * 8000000))-" "$BASE$blob" 2>/dev/null | head -c 8000000 >"$DIR/share$n") &
    workers[n]=$!
done
wait "${workers[@]}" || true
same "C012 eight readers that hang up early have the whole together" "$(digest "$DIR/blob")" "$(cat "$DIR"/share? | sha256sum | sed 's/^/sha256:/; s/ .*//')"
server_stop
