#!/usr/bin/env bash
# kubectl reads: discovery, explain, every form of output, selectors, chunks, describe. Numbers are lines of the checklist of
# kubernetes-api.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start
for name in alpha beta gamma; do
    small_image "demo/$name" v1 "$name" >/dev/null
done
second=$(small_image demo/alpha v1 newer)
small_image demo/alpha v2 newer >/dev/null
small_image other/delta v1 delta >/dev/null
labelled() {
    status PATCH "$API/namespaces/demo/imagestreams/$1" -H 'Content-Type: application/merge-patch+json' -d "{\"metadata\":{\"labels\":$2}}"
}
same "labels are put on alpha" 200 "$(labelled alpha '{"tier":"gold","app":"web","rank":"c"}')"
same "labels are put on beta" 200 "$(labelled beta '{"tier":"silver","rank":"a"}')"
same "labels are put on gamma" 200 "$(labelled gamma '{"rank":"b"}')"

# 2, 16
says "2 version tells the server's" 'Server Version: v1\.' kubectl version
rm -rf "$DIR/cache"
requests_mark
step kubectl get is
same "16 a kubectl without a cache asks twice for discovery" "GET /api GET /apis" "$(requests | awk '$2 ~ "^/apis?($|[?])" { sub("[?].*", "", $2); print $1, $2 }' | sort | paste -sd' ')"

# 10, 17
ran kubectl api-resources -o wide --api-group image.openshift.io
verbs() { grep "^$1 " <<<"$OUT" | grep -oE '(create|delete|deletecollection|get|list|patch|update|watch)(,[a-z]+)*' | tail -n 1; }
same "17 verbs of images" create,delete,deletecollection,get,list,patch,update,watch "$(verbs images)"
same "17 verbs of imagestreams" create,delete,deletecollection,get,list,patch,update,watch "$(verbs imagestreams)"
same "17 verbs of imagestreamtags, with the watch that is ours" create,delete,get,list,patch,update,watch "$(verbs imagestreamtags)"
same "17 verbs of imagetags, likewise" create,delete,get,list,patch,update,watch "$(verbs imagetags)"
same "17 verbs of imagestreamimports" create "$(verbs imagestreamimports)"
same "17 verbs of imagestreammappings" create "$(verbs imagestreammappings)"
same "17 verbs of imagesignatures" create,delete "$(verbs imagesignatures)"
same "17 verbs of imagestreamimages" get "$(verbs imagestreamimages)"
same "17 category all" "imagestreams.image.openshift.io" "$(kubectl api-resources --categories all --namespaced -o name | grep image)"
for name in is imagestream imagestreams imagestreams.v1.image.openshift.io imagestreams.image.openshift.io; do
    says "17 get $name" '^NAME .*alpha' kubectl get "$name"
done
declines "20 an unknown type" "the server doesn't have a resource type \"bogus\"" kubectl get bogus

# 26
says "26 explain of a field, with what is below" 'importPolicy.*importMode.*referencePolicy.*type' kubectl explain is.spec.tags --recursive
says "26 explain describes" 'DESCRIPTION:.+FIELDS:' kubectl explain imagestreams
says "26 explain of the status" 'dockerImageReference' kubectl explain is.status.tags.items
for kind in images istag itag isimage imagestreamimports imagestreammappings secrets namespaces; do
    says "26 explain $kind" 'KIND: +[A-Z]' kubectl explain $kind
done

# 89
without_ages() { sed -E "s, +[^ ]+ seconds? ago$| +Less than a second ago$,,"; }
same "89 one at a time prints the same table" "$(kubectl get is | without_ages)" "$(kubectl get is --chunk-size=1 | without_ages)"
same "89 all at once, too" "$(kubectl get is)" "$(kubectl get is --chunk-size=0)"
same "89 over all namespaces" "$(kubectl get istag -A)" "$(kubectl get istag -A --chunk-size=1)"

# 91
says "91 get is" '^NAME +IMAGE REPOSITORY +TAGS +UPDATED' kubectl get is
says "91 alpha's row: newest tag first" "alpha +$HOST/demo/alpha +(v1,v2|v2,v1) +[^ ]+" kubectl get is alpha --no-headers
says "91 get istag -o wide" '^NAME +IMAGE REFERENCE +UPDATED +IMAGE NAME' kubectl get istag -o wide
says "91 get itag" '^NAME +SPEC +STATUS +HISTORY +UPDATED' kubectl get itag
says "91 the itag's row counts its history" "alpha:v1 +Push +image/$second +2 " kubectl get itag alpha:v1 --no-headers
says "91 get images" '^NAME +IMAGE REFERENCE' kubectl get images
says "91 get isimage -o wide" '^NAME +UPDATED +IMAGE REFERENCE +IMAGE NAME' kubectl get isimage "alpha@$second" -o wide

# 93
says "93 -A has a column of namespaces" '^NAMESPACE +NAME .*demo +alpha.*other +delta' kubectl get is -A
says "93 --show-labels" 'alpha .*app=web,rank=c,tier=gold' kubectl get is --show-labels
says "93 -L" 'TIER.*alpha .* gold' kubectl get is -L tier
same "93 --sort-by a label" "beta gamma alpha" "$(kubectl get is --sort-by='{.metadata.labels.rank}' --no-headers | awk '{ print $1 }' | paste -sd' ')"
same "93 --sort-by a name" "alpha beta gamma" "$(kubectl get is --sort-by=.metadata.name --no-headers | awk '{ print $1 }' | paste -sd' ')"
says "93 get is,secrets" 'imagestream.image.openshift.io/alpha' kubectl get is,secrets
says "93 get all" '^NAME.*beta ' kubectl get all
says "93 several names" 'alpha.*gamma' kubectl get is alpha gamma --no-headers

# 86, 87
names() { kubectl get "$@" -o name | sed 's#.*/##' | paste -sd' '; }
same "86 -l equality" alpha "$(names is -l tier=gold)"
same "86 -l set" "alpha beta" "$(names is -l 'tier in (gold, silver)')"
same "86 -l absence" gamma "$(names is -l '!tier')"
same "86 -l difference" "beta gamma" "$(names is -l 'tier!=gold')"
same "86 -l on tags is that of their stream" "alpha:v1 alpha:v2" "$(names istag -l app=web)"
same "87 --field-selector by name" beta "$(names is --field-selector metadata.name=beta)"
same "87 --field-selector by another name" "alpha gamma" "$(names is --field-selector 'metadata.name!=beta')"
same "87 --field-selector by namespace" delta "$(names is -A --field-selector metadata.namespace=other)"
same "87 --field-selector on a compound name" alpha:v2 "$(names istag --field-selector metadata.name=alpha:v2)"
declines "87 an unknown field" 'not a known field selector|field label not supported' kubectl get is --field-selector spec.bogus=1
declines "86 a selector that is none" 'unable to parse requirement|found' kubectl get is -l 'a in (b'

# Forms of output.
says "-o name" '=imagestream.image.openshift.io/alpha' kubectl get is alpha -o name
same "-o yaml has the history" "$second" "$(kubectl get is alpha -o yaml | awk '$1 == "image:" { print $2; exit }')"
same "-o json is a List" "List 3" "$(kubectl get is -o json | jq -r '"\(.kind) \(.items | length)"')"
says "-o jsonpath" "=$second" kubectl get is alpha -o 'jsonpath={.status.tags[?(@.tag=="v1")].items[0].image}'
says "-o custom-columns" '^NAME +TAGS.*alpha +v1,v2' kubectl get is -o 'custom-columns=NAME:.metadata.name,TAGS:.status.tags[*].tag'
says "-o go-template" '=alpha beta gamma ' kubectl get is -o 'go-template={{range .items}}{{.metadata.name}} {{end}}'
says "95 --server-print=false" '^NAME +AGE.*alpha +[0-9]+' kubectl get is --server-print=false
says "--show-managed-fields" 'managedFields' kubectl get is alpha -o yaml --show-managed-fields
says "--raw" '"kind": ?"ImageStreamList"' kubectl get --raw "$API/namespaces/demo/imagestreams"
says "118a --subresource=status" '^NAME.*alpha' kubectl get is alpha --subresource=status

# 88
says "88 describe is" 'Name: +alpha.*Events: +<none>' kubectl describe is alpha
says "88 describe istag" 'Name: +alpha:v1' kubectl describe istag alpha:v1
says "88 describe image" "Name: +$second" kubectl describe image "$second"
says "88 events are an empty list" 'No (events|resources) found in demo namespace' kubectl events

declines "get of an unknown stream" 'imagestreams.image.openshift.io "none" not found' kubectl get is none
says "--ignore-not-found" '=' kubectl get is none --ignore-not-found
declines "a tag without its stream" 'ImageStreamTags must be retrieved with <name>:<tag>' kubectl get istag alpha
says "79 a namespace without streams" 'No resources found in empty namespace' kubectl get is -n empty
says "get namespaces" 'demo +Active' kubectl get namespaces
says "get projects" 'other' kubectl get projects
server_stop
