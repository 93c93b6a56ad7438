#!/usr/bin/env bash
# kubectl looks at what was pushed: discovery, tables, whole objects.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

command -v kubectl || debian kubernetes-client
server_start
if [[ $AGAINST != weir ]]; then
    note "only Weir has records to look at"
    ok "nothing to ask of $AGAINST"
    exit 0
fi
# Without a configuration of the user's, and with a cache of its own.
export KUBECONFIG=$DIR/kubeconfig
kubectl() { command kubectl --server "$BASE" --cache-dir "$DIR/cache" "$@"; }
client_version "kubectl $(kubectl version --client -o json 2>/dev/null | jq -r .clientVersion.gitVersion)"

first=$(small_image demo/app v1 one)
second=$(small_image demo/app v1 two)
small_image demo/app v2 two >/dev/null
deep=$(small_image demo/a/b/c v1 deep)

check "get imagestreams" kubectl get imagestreams -n demo
matches "names columns" '^NAME +IMAGE REPOSITORY +TAGS +UPDATED' "$(kubectl get imagestreams -n demo | head -n 1)"
same "and both streams" "app a~b~c" "$(kubectl get is -n demo -o name | sed 's#.*/##' | sort | paste -sd' ')"
matches "app with its repository and tags" "^app +$HOST/demo/app +v2,v1|^app +$HOST/demo/app +v1,v2" "$(kubectl get is app -n demo --no-headers)"
matches "a deep repository is spelled with slashes" "^a~b~c +$HOST/demo/a/b/c +v1 " "$(kubectl get is 'a~b~c' -n demo --no-headers)"
check "get istag" kubectl get istag -n demo
matches "names columns of tags" '^NAME +IMAGE REFERENCE +UPDATED' "$(kubectl get istag -n demo | head -n 1)"
matches "app:v1 is the second image" "^app:v1 +$HOST/demo/app@$second" "$(kubectl get istag app:v1 -n demo --no-headers)"
check "get images" kubectl get images
same "lists every image" "$(printf '%s\n' "$first" "$second" "$deep" | sort | paste -sd' ')" "$(kubectl get images -o name | sed 's#.*/##' | sort | paste -sd' ')"
same "the history in YAML" "$second $first" "$(kubectl get is app -n demo -o yaml | awk '$1 == "image:" { print $2 }' | head -n 2 | paste -sd' ')"
same "jsonpath" "$second" "$(kubectl get is app -n demo -o 'jsonpath={.status.tags[?(@.tag=="v1")].items[0].image}')"
same "get isimage" "app@$first" "$(kubectl get isimage "app@$first" -n demo -o 'jsonpath={.metadata.name}')"
check "describe" kubectl describe is app -n demo
check "get namespaces" kubectl get namespace demo
same "get of all namespaces" 2 "$(kubectl get is -A --no-headers | wc -l)"
check "api-resources" grep -q '^imagestreamtags ' <(kubectl api-resources --api-group image.openshift.io)
refused "get of an unknown stream is refused" kubectl get is none -n demo
matches "and says what is not there" 'imagestreams.image.openshift.io "none" not found' "$(kubectl get is none -n demo 2>&1 || true)"
server_stop
