#!/usr/bin/env bash
# Old and new kubectls: each reads, explains, creates, applies, waits and watches. The old ones are those that are installed
# beside kubectl, if any; the newest is built from its module. Numbers are lines of the checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

installed=$(type -P kubectl || true)
kubectl_current
clients=("$KUBECTL")
if [[ -n $installed ]]; then
    for client in "$(dirname "$(readlink -f "$installed")")"/kubectl.1.*; do
        [[ ! -x $client ]] || clients+=("$client")
    done
fi
kube_start demo
small_image demo/pushed v1 one >/dev/null

versions=()
for KUBECTL in "${clients[@]}"; do
    rm -rf "$DIR/cache"
    version=$("$KUBECTL" version --client -o json 2>/dev/null | jq -r '.clientVersion | "\(.major).\(.minor)"')
    if [[ ! $version =~ ^1\.[0-9]+$ ]]; then
        version=$("$KUBECTL" version --client 2>&1 | sed -nE 's/.*Client Version: v?(1\.[0-9]+).*/\1/p')
    fi
    versions+=("$version")
    name=app-${version/./-}
    # 27, 29, 29a, 117
    says "$version: get" 'pushed +[^ ]+/demo/pushed +v1 ' kubectl get is
    says "29a $version: explain" 'importPolicy' kubectl explain is.spec.tags --recursive
    stream "$name" v1=registry.example/a/b:1 >"$DIR/$name.yaml"
    says "29 $version: create -f" "$name created" kubectl create -f "$DIR/$name.yaml"
    step kubectl delete is "$name"
    says "27 $version: apply makes it" "$name created" kubectl apply -f "$DIR/$name.yaml"
    stream "$name" v2=registry.example/a/b:1 >"$DIR/$name.yaml"
    says "117 $version: apply changes it" "$name configured" kubectl apply -f "$DIR/$name.yaml"
    same "117 $version: one tag is left" v2 "$(kubectl get is "$name" -o 'jsonpath={.spec.tags[*].name}')"
    says "117 $version: apply again" "$name unchanged" kubectl apply -f "$DIR/$name.yaml"
    says "125 $version: apply --server-side" "$name serverside-applied" kubectl apply --server-side -f "$DIR/$name.yaml"
    says "27 $version: replace -f" "$name replaced" kubectl replace -f "$DIR/$name.yaml"
    says "118 $version: label" "$name labeled" kubectl label is "$name" by=v
    says "88 $version: describe" "Name: +$name" kubectl describe is "$name"
    following "$DIR/$name.rows" kubectl get is -w --no-headers -l by=v
    watching=$FOLLOWER
    reaches "96 $version: a watch begins" "$DIR/$name.rows" 1
    says "103 $version: wait" 'condition met' kubectl wait is "$name" --for='jsonpath={.spec.lookupPolicy.local}=false' --timeout=20s
    says "76 $version: create secret" "$name created" kubectl create secret generic "$name" --from-literal=a=b
    says "133 $version: delete" "\"$name\" deleted" kubectl delete is "$name"
    reaches "96 $version: a watch tells of the deletion" "$DIR/$name.rows" 2
    unfollow "$watching"
done
client_version "kubectl ${versions[*]}"
server_stop
