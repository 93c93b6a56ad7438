#!/usr/bin/env bash
# kubectl apply, on the client's side and on the server's, and diff. Numbers are lines of the checklist of kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
app=registry.example/some/app
tags_of() { kubectl get is "$1" -o 'jsonpath={.spec.tags[*].name}'; }

# 117: on the client's side.
stream app latest=$app:1 v1=$app:1 >"$DIR/app.yaml"
says "117 apply makes it" '=imagestream.image.openshift.io/app created' kubectl apply -f "$DIR/app.yaml"
first=$(version_of is app)
says "117 apply again changes nothing" '=imagestream.image.openshift.io/app unchanged' kubectl apply -f "$DIR/app.yaml"
same "51 and makes no version" "$first" "$(version_of is app)"
stream app latest=$app:2 v1=$app:1 >"$DIR/app.yaml"
says "117 apply of a change" '=imagestream.image.openshift.io/app configured' kubectl apply -f "$DIR/app.yaml"
same "25a no apply has trouble with the patch" '' "$(grep 'error calculating patch' "$LOG" || true)"
holds "117 the tag was moved" $app:2 '.spec.tags[] | select(.name == "latest") | .from.name' is app
holds "41 the generation grew by one" 2 .metadata.generation is app
stream app v1=$app:1 v2=$app:2 >"$DIR/app.yaml"
says "116 apply of a renamed tag" 'app configured' kubectl apply -f "$DIR/app.yaml"
same "116 leaves exactly what is in the file" "v1 v2" "$(tags_of app)"
same "somebody else adds a tag" 201 "$(api PUT imagestreamtags/app:foreign '{"metadata":{"name":"app:foreign"},"tag":{"name":"foreign","from":{"kind":"DockerImage","name":"registry.example/x/y:1"},"reference":true}}')"
stream app v2=$app:3 >"$DIR/app.yaml"
says "117 apply without a tag" 'app configured' kubectl apply -f "$DIR/app.yaml"
same "117 drops it, and leaves what others made" "foreign v2" "$(tags_of app)"
sed -i 's/  name: app/&\n  labels: {tier: gold}/' "$DIR/app.yaml"
says "117 apply with a label" 'app configured' kubectl apply -f "$DIR/app.yaml"
sed -i '/labels:/d' "$DIR/app.yaml"
says "117 apply without the label" 'app configured' kubectl apply -f "$DIR/app.yaml"
holds "117 removes it" null .metadata.labels.tier is app
says "apply view-last-applied" 'name: v2' kubectl apply view-last-applied is app
says "apply set-last-applied" 'configured|unchanged|no changes' kubectl apply set-last-applied --create-annotation -f "$DIR/app.yaml"
says "apply edit-last-applied, left as it is" '[Uu]nchanged|edited|cancelled|no changes' env KUBE_EDITOR=true \
    "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" -n demo apply edit-last-applied is app
{ stream left v1=$app:1 && printf '%s\n' '---' && stream right v1=$app:1; } >"$DIR/two.yaml"
says "apply of two in one file" 'left created.*right created' kubectl apply -f "$DIR/two.yaml"
step kubectl label is left right set=two
stream left v1=$app:1 | sed 's/  name: left/&\n  labels: {set: two}/' >"$DIR/two.yaml"
step kubectl apply -f "$DIR/two.yaml"
says "apply --prune with the kind on its list" 'right pruned' kubectl apply --prune -l set=two \
    --prune-allowlist=image.openshift.io/v1/ImageStream -f "$DIR/two.yaml"

# 61: without changing anything.
stream app v2=$app:4 >"$DIR/diff.yaml"
before=$(version_of is app)
ran kubectl diff -f "$DIR/diff.yaml"
same "61 diff ends with 1 when there are differences" 1 "$RC"
matches "61 and shows them" "-[^+]*$app:3.*\+[^-]*$app:4" "$OUT"
ran kubectl diff -f "$DIR/app.yaml"
same "61 and with 0 when there are none" 0 "$RC"
ran kubectl diff --server-side --force-conflicts -f "$DIR/diff.yaml"
same "61 diff --server-side" 1 "$RC"
says "61 apply --dry-run=server" 'app configured \(server dry run\)' kubectl apply --dry-run=server -f "$DIR/diff.yaml"
says "61 apply --dry-run=client" 'app configured \(dry run\)' kubectl apply --dry-run=client -f "$DIR/diff.yaml"
same "61 nothing was changed" "$before" "$(version_of is app)"

# 122, 124: on the server's side.
server() { kubectl apply --server-side "$@"; }
stream owned v1=$app:1 >"$DIR/owned.yaml"
says "122 apply --server-side makes it" '=imagestream.image.openshift.io/owned serverside-applied' server --field-manager=alpha -f "$DIR/owned.yaml"
holds "122 the manager's entry" "alpha Apply" '.metadata.managedFields[] | select(.operation == "Apply") | "\(.manager) \(.operation)"' is owned --show-managed-fields
before=$(version_of is owned)
says "122 again" 'serverside-applied' server --field-manager=alpha -f "$DIR/owned.yaml"
same "122 makes no version" "$before" "$(version_of is owned)"
stream owned v1=$app:9 >"$DIR/other.yaml"
declines "122 another manager has a conflict" \
    'Apply failed with 1 conflict: conflict with "alpha": \.spec\.tags\[name="v1"\]\.from' server --field-manager=beta -f "$DIR/other.yaml"
holds "122 and changed nothing" $app:1 '.spec.tags[0].from.name' is owned
says "122 the same value is shared" 'serverside-applied' server --field-manager=beta -f "$DIR/owned.yaml"
holds "122 by both" "alpha,beta" '[.metadata.managedFields[] | select(.operation == "Apply") | .manager] | sort | join(",")' is owned --show-managed-fields
stream owned v1=$app:9 | sed 's/local: false/local: true/' >"$DIR/other.yaml"
declines "124 several conflicts, line by line" 'Apply failed with 4 conflicts: conflicts with "alpha":.*- \.spec\.lookupPolicy\.local.*- \.spec\.tags.*conflicts with "beta":' \
    server --field-manager=gamma -f "$DIR/other.yaml"
says "122 --force-conflicts" 'serverside-applied' server --field-manager=gamma --force-conflicts -f "$DIR/other.yaml"
holds "122 takes over" "$app:9 true" '"\(.spec.tags[0].from.name) \(.spec.lookupPolicy.local)"' is owned
stream owned v1=$app:9 extra=$app:2 | sed 's/local: false/local: true/' >"$DIR/other.yaml"
says "122 a manager adds a tag" 'serverside-applied' server --field-manager=gamma -f "$DIR/other.yaml"
same "122 it is there" "extra v1" "$(tags_of owned)"
stream owned v1=$app:9 | sed 's/local: false/local: true/' >"$DIR/other.yaml"
says "122 and leaves it out" 'serverside-applied' server --field-manager=gamma -f "$DIR/other.yaml"
same "122 it is gone" v1 "$(tags_of owned)"
says "122 apply --server-side --dry-run=server" 'serverside-applied \(server dry run\)' server --dry-run=server --field-manager=gamma -f "$DIR/owned.yaml" --force-conflicts
holds "122 which changes nothing" $app:9 '.spec.tags[0].from.name' is owned
sed 's/lookupPolicy:/bogus: 1\n  lookupPolicy:/' "$DIR/owned.yaml" >"$DIR/bogus.yaml"
declines "123 an unknown field" 'field not declared in schema|unknown field' server --field-manager=gamma -f "$DIR/bogus.yaml"
says "an update by another manager" 'patched' kubectl patch is owned --type=merge --field-manager=hand -p '{"spec":{"lookupPolicy":{"local":false}}}'
declines "124 is a conflict with it" 'conflict with "hand" using image.openshift.io/v1: \.spec\.lookupPolicy\.local' server --field-manager=gamma -f "$DIR/other.yaml"

# 125
stream moved v1=$app:1 >"$DIR/moved.yaml"
step kubectl apply -f "$DIR/moved.yaml"
says "125 apply --server-side of what apply made" 'moved serverside-applied' server -f "$DIR/moved.yaml"
stream moved v2=$app:1 >"$DIR/moved.yaml"
says "125 with a renamed tag" 'moved serverside-applied' server -f "$DIR/moved.yaml"
same "125 leaves exactly the new one" v2 "$(tags_of moved)"
server_stop
