#!/usr/bin/env bash
# kubectl patch in its three types, label, annotate, edit by a script, and the status. Numbers are lines of the checklist of
# kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
spec=registry.example/some/app
image=$(small_image demo/pushed v1 one)
must "a stream is made" kubectl create -f <(stream app a=$spec:1 b=$spec:1 c=$spec:1)
sources() { kubectl get is app -o json | jq -r '[.spec.tags[]? | "\(.name)=\(.from.name)"] | join(" ")'; }

# 114, 118: strategic is the default.
says "118 patch without a type" '=imagestream.image.openshift.io/app patched' kubectl patch is app -p "{\"spec\":{\"tags\":[{\"name\":\"b\",\"from\":{\"kind\":\"DockerImage\",\"name\":\"$spec:2\"}}]}}"
same "114 merges tags by their name" "a=$spec:1 b=$spec:2 c=$spec:1" "$(sources)"
says "114 \$patch: delete" 'patched' kubectl patch is app -p '{"spec":{"tags":[{"name":"c","$patch":"delete"}]}}'
same "114 takes one out" "a=$spec:1 b=$spec:2" "$(sources)"
says "114 \$patch: replace" 'patched' kubectl patch is app -p "{\"spec\":{\"tags\":[{\"\$patch\":\"replace\"},{\"name\":\"d\",\"reference\":true,\"from\":{\"kind\":\"DockerImage\",\"name\":\"$spec:4\"}}]}}"
same "114 puts the list in place" "d=$spec:4" "$(sources)"
declines "114 an item without its key" 'does not contain declared merge key: name' kubectl patch is app -p '{"spec":{"tags":[{"from":{"kind":"DockerImage","name":"x"}}]}}'
says "51 a patch that changes nothing" '=imagestream.image.openshift.io/app patched (no change)' kubectl patch is app -p '{"spec":{"lookupPolicy":{"local":false}}}'

# 113
says "118 patch --type=merge" 'patched' kubectl patch is app --type=merge -p "{\"spec\":{\"tags\":[{\"name\":\"e\",\"reference\":true,\"from\":{\"kind\":\"DockerImage\",\"name\":\"$spec:5\"}}]}}"
same "113 a list is replaced" "e=$spec:5" "$(sources)"
says "113 null" 'patched' kubectl patch is app --type=merge -p '{"spec":{"tags":null}}'
same "113 takes out" '' "$(sources)"
declines "119 a patch of the name" 'the name of the object .* does not match the name on the URL' kubectl patch is app --type=merge -p '{"metadata":{"name":"other"}}'
declines "52 a patch with an old version" 'Conflict|the object has been modified' kubectl patch is app --type=merge -p '{"metadata":{"resourceVersion":"1","labels":{"x":"y"}}}'
declines "119 a patch of what is not there" 'imagestreams.image.openshift.io "absent" not found' kubectl patch is absent --type=merge -p '{"metadata":{"labels":{"x":"y"}}}'

# 112
says "118 patch --type=json" 'patched' kubectl patch is app --type=json -p '[{"op":"test","path":"/spec/lookupPolicy/local","value":false},{"op":"replace","path":"/spec/lookupPolicy/local","value":true}]'
holds "112 does what it says" true .spec.lookupPolicy.local is app
declines "112 a test that fails" 'the server rejected our request due to an error in our request' kubectl patch is app --type=json -p '[{"op":"test","path":"/spec/lookupPolicy/local","value":false}]'
declines "112 a path that is not there" 'the server rejected our request' kubectl patch is app --type=json -p '[{"op":"remove","path":"/spec/nothing"}]'
holds "112 changed nothing" true .spec.lookupPolicy.local is app
says "patch --dry-run=server" 'patched' kubectl patch is app --dry-run=server --type=merge -p '{"spec":{"lookupPolicy":{"local":false}}}'
holds "changed nothing" true .spec.lookupPolicy.local is app
declines "64 a patch that makes it invalid" 'The ImageStream "app" is invalid:.*spec\.tags\[t\]\.from\.kind: ' kubectl patch is app --type=merge -p '{"spec":{"tags":[{"name":"t","from":{"kind":"Bogus","name":"x"}}]}}'
says "patch of a tag" 'imagestreamtag.image.openshift.io/pushed:v1 patched' kubectl patch istag pushed:v1 --type=merge -p "{\"tag\":{\"name\":\"v1\",\"from\":{\"kind\":\"ImageStreamImage\",\"name\":\"pushed@$image\"}}}"
holds "is in the stream" "pushed@$image" '.spec.tags[0].from.name' is pushed
says "patch of an image" 'patched' kubectl patch image "$image" --type=merge -p '{"metadata":{"annotations":{"seen":"yes"}}}'
holds "is in the image" yes .metadata.annotations.seen image "$image"

# 118a
before=$(kubectl get is pushed -o 'jsonpath={.metadata.generation}' || true)
says "118a patch --subresource=status" 'patched' kubectl patch is pushed --subresource=status --type=merge \
    -p '{"status":{"tags":[{"tag":"v1","items":[]}]},"spec":{"tags":null}}'
holds "118a changes the status alone" "v1 $before" '"\(.spec.tags[0].name) \(.metadata.generation)"' is pushed
says "118a a patch of the status that is none" 'patched' kubectl patch is app --type=merge -p '{"status":{"dockerImageRepository":"elsewhere/x"}}'
holds "118a is not taken" "$HOST/demo/app" .status.dockerImageRepository is app

# 118: label and annotate.
generation=$(kubectl get is app -o 'jsonpath={.metadata.generation}' || true)
says "118 label" '=imagestream.image.openshift.io/app labeled' kubectl label is app tier=gold
declines "118 label of what has a value" "already has a value" kubectl label is app tier=silver
says "118 label --overwrite" 'labeled' kubectl label is app --overwrite tier=silver
holds "118 is there" silver .metadata.labels.tier is app
says "118 label -l" 'app labeled' kubectl label is -l tier=silver found=yes
says "118 label --all" 'app labeled.*pushed labeled|pushed labeled.*app labeled' kubectl label is --all all=yes
declines "52 label of an old version" 'Conflict|the object has been modified' kubectl label is app --resource-version=1 old=yes
says "118 label with a minus" 'unlabeled' kubectl label is app tier-
holds "118 is gone" null .metadata.labels.tier is app
declines "38 a bad value" 'metadata.labels|invalid label value' kubectl label is app 'bad=no good'
holds "41 no label makes a generation" "$generation" .metadata.generation is app
says "118 annotate" '=imagestream.image.openshift.io/app annotated' kubectl annotate is app note='some words'
says "118 annotate with a minus" 'annotated' kubectl annotate is app note-
says "label of an image" "labeled" kubectl label image "$image" kept=yes
says "label of a namespace" 'namespace/demo labeled' kubectl label namespace demo team=one

# 118: edit.
edit() { KUBE_EDITOR=$1 timeout 30 "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" -n demo edit "${@:2}"; }
says "118 edit" '=imagestream.image.openshift.io/app edited' edit "sed -i 's/local: true/local: false/'" is app
holds "118 is done" false .spec.lookupPolicy.local is app
says "118 edit without a change" 'Edit cancelled, no changes made' edit true is app
# Asked again with the same text, kubectl gives up.
ran edit "sed -i '/bogus: 1/d; s/local: false/local: false\n    bogus: 1/'" is app
matches "118 edit with a field that is none is refused" 'is invalid.*no valid changes were saved' "$OUT"
matches "118 and says why where it was edited" 'unknown field "spec.lookupPolicy.bogus"' "$(cat "$DIR"/tmp/kubectl-edit-*.yaml "$DIR/reasons" 2>&1)"
step small_image demo/pushed v1 one
says "118 edit of a tag" 'pushed:v1 edited' edit "sed -i 's/    type: Source/    type: Local/'" istag pushed:v1
holds "118 is done to the stream" Local '.spec.tags[0].referencePolicy.type' is pushed
server_stop
