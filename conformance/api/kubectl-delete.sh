#!/usr/bin/env bash
# kubectl delete in all its forms, with finalizers, of tags, images and namespaces. Numbers are lines of the checklist of
# kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo doomed
make() {
    local name
    for name; do step kubectl create -f <(stream "$name" v1=registry.example/a/b:1); done
}
names() { kubectl get is -o name | sed 's#.*/##' | paste -sd' '; }

make one two three four five six seven
ran kubectl delete is one
matches "133 delete says so" 'imagestream.image.openshift.io "one" deleted' "$OUT"
declines "127 delete again" 'imagestreams.image.openshift.io "one" not found' kubectl delete is one
says "133a --ignore-not-found" '=' kubectl delete is one --ignore-not-found
says "133a --dry-run=server" '"two" deleted.*\(server dry run\)' kubectl delete is two --dry-run=server
says "133a --dry-run=client" '"two" deleted.*\(dry run\)' kubectl delete is two --dry-run=client
same "133a which delete nothing" "five four seven six three two" "$(names)"
says "133 --wait=false" '"two" deleted' kubectl delete is two --wait=false
absent "133 gone all the same" is two
for how in background foreground orphan; do
    make "by-$how"
    says "133a --cascade=$how" "\"by-$how\" deleted" timeout 20 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" -n demo delete is "by-$how" --cascade=$how
    absent "130 --cascade=$how leaves nothing behind" is "by-$how"
done
says "133a --now" '"three" deleted' kubectl delete is three --now
says "133a --grace-period=0 --force" '"four" (force )?deleted' kubectl delete is four --grace-period=0 --force
make labelled
step kubectl label is labelled five drop=yes
says "133 -l" '(labelled|five)" deleted.*(labelled|five)" deleted' kubectl delete is -l drop=yes
same "133 leaves the others" "seven six" "$(names)"
says "133 delete -f" '"six" deleted' kubectl delete -f <(stream six)
make eight
says "133 --all" '(eight|seven)" deleted.*(eight|seven)" deleted' kubectl delete is --all
same "133 leaves nothing" '' "$(names)"
make nine
says "133a delete all --all" '"nine" deleted' kubectl delete all --all
declines "a name that is not there" 'NotFound' kubectl delete is nine eight

# 131: finalizers.
make held
says "131 a finalizer is set" 'patched' kubectl patch is held --type=merge -p '{"metadata":{"finalizers":["example.com/hold"]}}'
generation=$(kubectl get is held -o 'jsonpath={.metadata.generation}' || true)
says "131 delete waits for nobody with --wait=false" '"held" deleted' kubectl delete is held --wait=false
holds "131 it is being deleted, and its generation says so" "true $((generation + 1))" '"\(.metadata.deletionTimestamp != null) \(.metadata.generation)"' is held
declines "131 it cannot be made again" 'object is being deleted: imagestreams.image.openshift.io "held" already exists' kubectl create -f <(stream held)
declines "131 no finalizer can be added" 'no new finalizers can be added if the object is being deleted' kubectl patch is held --type=merge -p '{"metadata":{"finalizers":["example.com/hold","example.com/more"]}}'
declines "131 a wait for the deletion runs out" 'timed out waiting' kubectl wait --for=delete is/held --timeout=1s
says "131 the last finalizer is removed" 'patched' kubectl patch is held --type=json -p '[{"op":"remove","path":"/metadata/finalizers"}]'
absent "131 and with it the stream" is held

# 129: preconditions.
make exact
declines "129 another version" 'the ResourceVersion in the precondition \(1\) does not match the ResourceVersion in record' \
    kubectl delete --raw "$API/namespaces/demo/imagestreams/exact" -f <(printf '{"preconditions":{"resourceVersion":"1"}}')
same "129 another uid" "409 the UID in the precondition" "$(api DELETE imagestreams/exact '{"preconditions":{"uid":"00000000-0000-4000-8000-000000000000"}}') $(answered .message | grep -o 'the UID in the precondition')"
holds "129 it is still there" exact .metadata.name is exact

# Tags, images.
image=$(small_image demo/pushed v1 one)
small_image demo/pushed v2 one >/dev/null
# 106a
says "106a delete istag ends at once" 'imagestreamtag.image.openshift.io "pushed:v1" deleted' timeout 20 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" -n demo delete istag pushed:v1
absent "106a it is gone" istag pushed:v1
not_tagged demo/pushed v1
says "delete itag" 'imagetag.image.openshift.io "pushed:v2" deleted' timeout 20 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" -n demo delete itag pushed:v2
not_tagged demo/pushed v2
says "the image stays" "=image.image.openshift.io/$image" kubectl get image "$image" -o name
says "delete image" "\"$image\" deleted" kubectl delete image "$image"
absent "the image is gone" image "$image"
says "delete of a stream" 'deleted' kubectl delete is pushed
same "takes its repository with it" 404 "$(status GET /v2/demo/pushed/tags/list)"

# Namespaces and projects.
small_image doomed/app v1 one >/dev/null
NS=doomed
following "$DIR/doomed" kubectl get is -w --no-headers --output-watch-events
reaches "134 a watch of the namespace" "$DIR/doomed" 1
says "134 delete namespace" 'namespace "doomed" deleted' timeout 60 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" delete namespace doomed
NS=demo
absent "134 it is gone" namespace doomed
same "134 its streams are gone" '' "$(kubectl get is -n doomed -o name)"
reaches "134 the watch saw it" "$DIR/doomed" 2
matches "134 as a deletion" 'DELETED +app' "$(tail -n 1 "$DIR/doomed")"
says "a project" '' kubectl create namespace short
says "delete project" 'project.project.openshift.io "short" deleted' timeout 60 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" delete project short
absent "is the namespace as well" namespace short
server_stop
