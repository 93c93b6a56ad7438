#!/usr/bin/env bash
# A push, what `oc tag` sends, a rollback and a deletion, in one watch and in the order of the commits; and the history says who,
# how and why, also of what is gone.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
for resource in imagestreams imagestreamtags; do following "$DIR/$resource" curl -sN "$BASE$API/namespaces/demo/$resource?watch=true"; done

first=$(small_image demo/app v1 one)
second=$(small_image demo/app v1 two)
tag='{"kind":"ImageStreamTag","apiVersion":"image.openshift.io/v1","metadata":{"name":"app:stable","namespace":"demo"},"tag":{"name":"stable","from":{"kind":"ImageStreamImage","name":"app@'$second'"},"importPolicy":{"importMode":"Legacy"},"referencePolicy":{"type":"Source"}}}'
same "what oc tag sends" 201 "$(api PUT imagestreamtags/app:stable "$tag" -H 'Weir-Reason: release 2')"
weir() { "$WEIR" "$@" --server "$BASE"; }
says "a rollback" "went from ${second:0:19} back to ${first:0:19}" weir rollback demo/app:v1 --reason "broke the build"
same "is a new event, of the image before" "$first $second $first" "$(history_of demo/app v1)"
same "the deletion of the tag" 202 "$(status DELETE /v2/demo/app/manifests/v1)"
same "the deletion of the stream" 200 "$(api DELETE imagestreams/app)"

reaches "six events of the stream" "$DIR/imagestreams" 6
same "in the order of the commits" "ADDED MODIFIED MODIFIED MODIFIED MODIFIED DELETED" "$(jq -r .type "$DIR/imagestreams" | paste -sd' ')"
same "their versions grow" ok "$(jq -r .object.metadata.resourceVersion "$DIR/imagestreams" | sort -n -c -u 2>&1 && echo ok)"
heads='[.object.status.tags[]? | "\(.tag)=\(.items[0].image[7:13]) of \(.items | length)"] | join(",")'
short_of() { printf '%s' "${1:7:6}"; }
one=$(short_of "$first") two=$(short_of "$second")
same "each shows what was so at its time" \
    "v1=$one of 1;v1=$two of 2;stable=$two of 1,v1=$two of 2;stable=$two of 1,v1=$one of 3;stable=$two of 1;stable=$two of 1" \
    "$(jq -r "$heads" "$DIR/imagestreams" | paste -sd';')"
reaches "the tags: six events as well" "$DIR/imagestreamtags" 6
same "each tag by itself" "ADDED app:v1 $one;MODIFIED app:v1 $two;ADDED app:stable $two;MODIFIED app:v1 $one;DELETED app:v1 $one;DELETED app:stable $two" \
    "$(jq -r '"\(.type) \(.object.metadata.name) \(.object.image.metadata.name[7:13])"' "$DIR/imagestreamtags" | paste -sd';')"

# What is kept after all is gone.
same "the history of the tag is there" 200 "$(api GET 'imagestreams/app/history?tag=v1')"
same "newest first, with the deletion" "deleted rollback push push" "$(answered '[.entries[].kind] | join(" ")')"
same "the rollback says why" "broke the build" "$(answered '.entries[] | select(.kind == "rollback") | .reason')"
same "each says who and with what" 4 "$(answered '[.entries[] | select(.user != "" and .client != null)] | length')"
same "weir history tells the same" "deleted rollback push push" "$(weir history demo/app:v1 --output json | jq -r '[.entries[].kind] | join(" ")')"
says "weir history for people" 'rollback +sha256:' weir history demo/app:v1
same "the history of the other tag is there" 200 "$(api GET 'imagestreams/app/history?tag=stable')"
same "with the end of its stream" "deleted tag" "$(answered '[.entries[].kind] | join(" ")')"
same "and the reason of its tag" "release 2" "$(answered '.entries[1].reason')"
server_stop
