#!/usr/bin/env bash
# kubectl wait: for a field, a deletion, a creation, as a list and a watch, and as a streaming list. Numbers are lines of the
# checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
make() { step kubectl create -f <(stream "$1" v1=registry.example/a/b:1); }
# started COUNT: so many watches have reached the server. Watches are logged when they end; a wait asks for the object before.
asked() { [[ $(grep -ca "/imagestreams[/?]$1\|$1" "$SERVER_LOG") -ge $2 ]]; }

waits() {
    local gate=$1
    export KUBE_FEATURE_WatchListClient=$gate
    make "app-$gate"

    # 106, 103
    following "$DIR/field-$gate" kubectl wait is "app-$gate" --for='jsonpath={.spec.lookupPolicy.local}=true' --timeout=30s
    local waiting=$FOLLOWER
    eventually 50 asked "app-$gate" 2 || true
    step kubectl patch is "app-$gate" --type=merge -p '{"spec":{"lookupPolicy":{"local":true}}}'
    check "106 wait for a field (streaming lists: $gate)" wait "$waiting"
    same "106 says so" "imagestream.image.openshift.io/app-$gate condition met" "$(cat "$DIR/field-$gate")"
    says "106 wait for what is so already" 'condition met' kubectl wait is "app-$gate" --for='jsonpath={.spec.lookupPolicy.local}=true' --timeout=10s
    says "106 wait for a tag's image of a push" 'condition met' kubectl wait istag pushed:v1 --for=jsonpath='{.image.metadata.name}' --timeout=10s
    declines "106 a wait that runs out" 'timed out waiting for the condition' kubectl wait is "app-$gate" --for='jsonpath={.spec.lookupPolicy.local}=never' --timeout=1s

    following "$DIR/delete-$gate" kubectl wait is "app-$gate" --for=delete --timeout=30s
    waiting=$FOLLOWER
    step kubectl delete is "app-$gate" --wait=false
    check "106 wait for a deletion (streaming lists: $gate)" wait "$waiting"
    says "106 of what is gone already" '' kubectl wait is "app-$gate" --for=delete --timeout=10s
    following "$DIR/create-$gate" kubectl wait is "late-$gate" --for=create --timeout=30s
    waiting=$FOLLOWER
    eventually 50 asked "late-$gate" 1 || true
    make "late-$gate"
    check "106 wait for a creation (streaming lists: $gate)" wait "$waiting"

    # 106a: a tag, through the watch that is derived from its stream.
    following "$DIR/tag-$gate" kubectl wait istag "pushed:$gate" --for=create --timeout=30s
    waiting=$FOLLOWER
    eventually 50 asked "pushed:$gate" 1 || true
    small_image demo/pushed "$gate" "$gate" >/dev/null
    check "106a wait for a tag to be pushed (streaming lists: $gate)" wait "$waiting"
    following "$DIR/untag-$gate" kubectl wait istag "pushed:$gate" --for=delete --timeout=30s
    waiting=$FOLLOWER
    step kubectl delete istag "pushed:$gate" --wait=false
    check "106a wait for a tag to go (streaming lists: $gate)" wait "$waiting"
}

small_image demo/pushed v1 one >/dev/null
waits false
waits true
server_stop
