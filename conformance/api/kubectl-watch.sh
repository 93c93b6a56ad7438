#!/usr/bin/env bash
# kubectl get -w while crane and skopeo push: streams, tags and image tags, as tables and as objects. Numbers are lines of the
# checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

debian skopeo
go_tool crane github.com/google/go-containerregistry/cmd/crane v0.22.1
kube_start demo
for n in 1 2 3; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
    layout "$DIR/oci$n"
done
first=$(layout_image "$DIR/oci1" one amd64 gzip "$DIR/root1.tar")
second=$(layout_image "$DIR/oci2" two amd64 gzip "$DIR/root2.tar")
third=$(layout_image "$DIR/oci3" three amd64 gzip "$DIR/root3.tar")
must "a first stream is there" crane push "$DIR/oci1" "$HOST/demo/before:v1"

following "$DIR/is" kubectl get is -w
following "$DIR/istag" kubectl get istag -w -o custom-columns=NAME:.metadata.name,IMAGE:.image.metadata.name
following "$DIR/itag" kubectl get itag -w --output-watch-events --no-headers
following "$DIR/one" kubectl get is before -w --no-headers
following "$DIR/json" kubectl get is -w -o json --output-watch-events
following "$DIR/names" kubectl get images -w -o name
reaches "92a the watch of streams begins with the table" "$DIR/is" 2
reaches "the watch of tags begins with what is there" "$DIR/istag" 2
reaches "the watch of image tags, too" "$DIR/itag" 1
reaches "105 the watch of one stream begins with its row" "$DIR/one" 1
reaches "the watch of images begins with what is there" "$DIR/names" 1

# A push of each client.
check "crane pushes" crane push "$DIR/oci1" "$HOST/demo/app:v1"
reaches "188 one push is one event of the stream" "$DIR/is" 3
check "skopeo pushes" skopeo copy --dest-tls-verify=false "oci:$DIR/oci2:two" "docker://$HOST/demo/app:v1"
reaches "and so is the second" "$DIR/is" 4
check "skopeo pushes to another stream" skopeo copy --dest-tls-verify=false "oci:$DIR/oci3:three" "docker://$HOST/demo/other:v1"
check "the tag of the first is moved" crane tag "$HOST/demo/app@$first" v1
check "a tag is deleted" kubectl delete istag app:v1
check "the stream is deleted" kubectl delete is other
check "the one that is watched alone changes" crane push "$DIR/oci2" "$HOST/demo/before:v1"

reaches "92a the table of streams has a row for each change" "$DIR/is" 9
same "92a and one header" 1 "$(grep -c '^NAME ' "$DIR/is")"
same "98 its rows are in the order of the commits" "before app app other app app other before" "$(tail -n +2 "$DIR/is" | awk '{ print $1 }' | paste -sd' ')"
reaches "the tags, each with its image" "$DIR/istag" 9
same "188 are told of in the order of the commits" \
    "before:v1=$first app:v1=$first app:v1=$second other:v1=$third app:v1=$first app:v1=$first other:v1=$third before:v1=$second" \
    "$(tail -n +2 "$DIR/istag" | awk '{ print $1 "=" $2 }' | paste -sd' ')"
reaches "the image tags" "$DIR/itag" 8
same "92a --output-watch-events" "ADDED before:v1 ADDED app:v1 MODIFIED app:v1 ADDED other:v1 MODIFIED app:v1 DELETED app:v1 DELETED other:v1 MODIFIED before:v1" \
    "$(awk '{ print $1, $2 }' "$DIR/itag" | paste -sd' ')"
reaches "105 the one alone saw its own change" "$DIR/one" 2
same "105 and no other" 2 "$(wc -l <"$DIR/one")"
events() { jq -r '"\(.type) \(.object.metadata.name)"' "$DIR/json" 2>/dev/null | paste -sd' '; }
wanted="ADDED before ADDED app MODIFIED app ADDED other MODIFIED app MODIFIED app DELETED other MODIFIED before"
seen() { [[ $(events) == "$wanted" ]]; }
eventually 50 seen || true
same "97 the events as objects" "$wanted" "$(events)"
same "98 versions grow" ok "$(jq -r '.object.metadata.resourceVersion' "$DIR/json" | sort -n -c 2>&1 && echo ok)"
same "187 each with its repository" "8" "$(jq -r '.object.status.dockerImageRepository' "$DIR/json" | grep -c "^$HOST/demo/" || true)"
reaches "each image is told of once" "$DIR/names" 3
same "188 as one each" 3 "$(sort -u "$DIR/names" | wc -l)"
same "and no more" 3 "$(wc -l <"$DIR/names")"

# 99: a selector.
step kubectl label is before tier=gold
following "$DIR/gold" kubectl get is -w -l tier=gold -o json --output-watch-events
told() { [[ $(jq -r .type "$DIR/gold" 2>/dev/null | paste -sd' ') == "$1" ]]; }
check "99 a watch with a selector" eventually 50 told "ADDED"
step kubectl annotate is before note=one
check "99 what still matches is modified" eventually 50 told "ADDED MODIFIED"
step kubectl label is before --overwrite tier=silver
check "99 what matches no more is deleted" eventually 50 told "ADDED MODIFIED DELETED"
same "99 with its old labels" gold "$(jq -rs '.[2].object.metadata.labels.tier' "$DIR/gold")"
step kubectl label is before --overwrite tier=gold
check "99 what matches again is added" eventually 50 told "ADDED MODIFIED DELETED ADDED"

says "96 a watch ends at its time, without an error" '"type":"ADDED"' kubectl get --raw "$API/namespaces/demo/imagestreams?watch=true&timeoutSeconds=1"
# 108
following "$DIR/last" kubectl get is -w --no-headers
reaches "108 a watch as the server stops" "$DIR/last" 2
last=$FOLLOWER
server_stop
check "108 ends by itself" eventually 50 gone "$last"
