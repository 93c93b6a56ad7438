#!/usr/bin/env bash
# Field case C023: order and pages of the list of tags, and of the catalogue.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/lists
for tag in b A a 10 9 _x test1 test2 test3; do small_image $repo $tag $tag >/dev/null; done

# list QUERY: status, tags in the order of the answer, and where the next page is.
list() {
    local got
    got=$(status GET "/v2/$repo/tags/list$1")
    echo "$got $(jq -r '.tags // [] | join(" ")' "$BODY") $(header link)" | sed 's/ *$//'
}
same "C023 all tags, in the order of their bytes" "200 10 9 A _x a b test1 test2 test3" "$(list '')"
same "C023 last without n" "200 test2 test3" "$(list '?last=test1')"
same "C023 a last that is no tag" "200 test1 test2 test3" "$(list '?last=nope')"
same "C023 n=0 is an empty list" "200" "$(list '?n=0')"
same "C023 as an array" "[]" "$(jq -c .tags "$BODY")"
same "C023 n=2 names the next page" "200 10 9 </v2/$repo/tags/list?n=2&last=9>; rel=\"next\"" "$(list '?n=2')"
same "C023 n with last" "200 b test1 </v2/$repo/tags/list?n=2&last=test1>; rel=\"next\"" "$(list '?n=2&last=a')"
same "C023 a page that ends the list names none" "200 test2 test3" "$(list '?n=2&last=test1')"
same "C023 n larger than the list" "200 10 9 A _x a b test1 test2 test3" "$(list '?n=100')"
same "C023 an enormous n is no error" 200 "$(list '?n=99999999999' | cut -d' ' -f1)"
same "C023 a negative n is 400" 400 "$(list '?n=-1' | cut -d' ' -f1)"
same "C023 an n that is no number is 400" 400 "$(list '?n=x' | cut -d' ' -f1)"
same "C023 an unknown repository is 404" "404 NAME_UNKNOWN" "$(status GET /v2/field/unknown/tags/list) $(error_code)"

# Page after page while somebody pushes: every tag that was there is met once.
for n in {1..40}; do small_image field/paged "t$n" "$n" >/dev/null; done
(
    BODY=$DIR/pusher.body HEADERS=$DIR/pusher.headers
    for n in {1..20}; do put_manifest field/paged "s$n" "$OCI_MANIFEST" "$DIR/manifest" >/dev/null; done
) &
pusher=$!
next='/v2/field/paged/tags/list?n=7' met=''
while [[ -n $next ]]; do
    status GET "$next" >/dev/null
    met+=$(jq -r '.tags[]' "$BODY")$'\n'
    next=$(header link | sed -nE 's/^<([^>]*)>.*/\1/p')
done
wait $pusher
same "C023 walking the pages meets every tag once" "$(printf 't%s\n' {1..40} | sort | paste -sd' ')" "$(grep '^t' <<<"$met" | sort | paste -sd' ')"
same "C023 and none twice" '' "$(sort <<<"$met" | grep . | uniq -d)"

# The same for the catalogue.
for name in zoo/b zoo/a zoo/a/deep; do small_image $name v1 $name >/dev/null; done
catalog() { status GET "/v2/_catalog$1" >/dev/null; jq -r '.repositories | join(" ")' "$BODY"; }
same "C023 the catalogue from a name on" "zoo/a zoo/a/deep zoo/b" "$(catalog '?last=zoo')"
same "C023 a page of it" "zoo/a zoo/a/deep" "$(catalog '?n=2&last=zoo')"
matches "C023 names the next" '^</v2/_catalog\?n=2&last=zoo(/|%2F)a(/|%2F)deep>; rel="next"$' "$(header link)"
same "C023 which is the last" "zoo/b" "$(catalog '?n=2&last=zoo/a/deep')"
same "C023 n=0 is an empty catalogue" '' "$(catalog '?n=0')"
server_stop
