#!/usr/bin/env bash
# The requests of `oc new-project`, `oc status`, `oc registry login`, `oc adm prune images`, `oc adm top`, `oc adm
# verify-image-signature`, and their answers. Logging in and roles belong to access control. Numbers are lines of the checklist of
# integrated-registry.md.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"
source "$(dirname "$0")/../oc.sh"

kube_start
client_version "requests of oc, by curl"
P=/apis/project.openshift.io/v1
protobuf=(-H 'Accept: application/vnd.kubernetes.protobuf,application/json')

# oc new-project, oc projects, oc project
same "oc new-project asks whether it may" "200 Status Success" "$(oc GET $P/projectrequests) $(answered '"\(.kind) \(.status)"')"
request='{"kind":"ProjectRequest","apiVersion":"project.openshift.io/v1","metadata":{"name":"demo","creationTimestamp":null},"displayName":"A demo","description":"to look at"}'
same "oc new-project" "201 Project demo A demo" "$(oc POST $P/projectrequests "$request") $(answered '"\(.kind) \(.metadata.name) \(.metadata.annotations["openshift.io/display-name"])"')"
same "oc new-project, again" '409 project.project.openshift.io "demo" already exists' "$(oc POST $P/projectrequests "$request") $(answered .message)"
same "oc projects" "200 ProjectList" "$(oc GET $P/projects) $(answered .kind)"
matches "lists it" 'demo' "$(answered '[.items[].metadata.name] | join(" ")')"
same "oc project demo" "200 Active" "$(oc GET $P/projects/demo) $(answered .status.phase)"
uid=$(answered .metadata.uid)
same "is the namespace: the same id" "200 $uid" "$(oc GET /api/v1/namespaces/demo) $(answered .metadata.uid)"
same "a project that is not there" "404 404" "$(oc GET $P/projects/none) $(oc GET /api/v1/namespaces/none)"

first=$(small_image demo/app v1 one)
second=$(small_image demo/app v1 two)
third=$(small_image demo/app v1 three)

# oc status (kubernetes-api 77a)
same "190a oc status looks for the project" 200 "$(oc GET /api/v1/namespaces/demo '' "${protobuf[@]}")"
lists='/api/v1/%/services /api/v1/%/serviceaccounts /api/v1/%/secrets /api/v1/%/persistentvolumeclaims /api/v1/%/replicationcontrollers
    /api/v1/%/pods /apis/batch/v1/%/jobs /apis/apps/v1/%/statefulsets /apis/autoscaling/v1/%/horizontalpodautoscalers
    /apis/apps/v1/%/deployments /apis/apps/v1/%/replicasets /apis/apps/v1/%/daemonsets /apis/build.openshift.io/v1/%/buildconfigs
    /apis/build.openshift.io/v1/%/builds /apis/image.openshift.io/v1/%/imagestreams /apis/apps.openshift.io/v1/%/deploymentconfigs
    /apis/route.openshift.io/v1/%/routes'
fatal=''
for path in $lists; do
    got=$(oc GET "${path/\%/namespaces/demo}")
    case $got in 200 | 403 | 404) ;; *) fatal+=" $path:$got" ;; esac
done
same "190a no list of oc status is refused otherwise than it forgives" '' "$fatal"

# oc registry login, oc version
same "182 oc registry login finds the host in the first stream" "200 $HOST" "$(oc GET imagestreams) $(answered '.items[0].status | (.publicDockerImageRepository // .dockerImageRepository) | split("/")[0]')"
same "oc version" 200 "$(oc GET /version)"
got=$(oc GET /apis/config.openshift.io/v1/clusterversions/version)
same "oc version takes it that there is no cluster" 404 "$got"

# oc adm prune images: the lists, of which only some may be missing.
for path in /api/v1/pods=PodList /api/v1/replicationcontrollers=ReplicationControllerList /api/v1/limitranges=LimitRangeList \
    /apis/apps/v1/daemonsets=DaemonSetList /apis/apps/v1/deployments=DeploymentList /apis/apps/v1/replicasets=ReplicaSetList \
    /apis/apps/v1/statefulsets=StatefulSetList /apis/batch/v1/jobs=JobList /apis/batch/v1/cronjobs=CronJobList; do
    same "oc adm prune lists ${path%=*}" "200 ${path#*=} 0" "$(oc GET "${path%=*}" '' "${protobuf[@]}") $(answered '"\(.kind) \(.items | length)"')"
done
for path in /apis/build.openshift.io/v1/buildconfigs /apis/build.openshift.io/v1/builds /apis/apps.openshift.io/v1/deploymentconfigs; do
    got=$(oc GET $path)
    matches "oc adm prune forgives $path" '^(200|404)$' "$got"
done
same "oc adm prune lists streams" "200 ImageStreamList" "$(oc GET $I/imagestreams) $(answered .kind)"
same "oc adm prune lists images" "200 3" "$(oc GET "$I/images?limit=5000") $(answered '.items | length')"
same "it finds the registry in a managed image" "$HOST true" "$(answered '.items[0] | "\(.dockerImageReference | split("/")[0]) \(.metadata.annotations["openshift.io/image.managed"])"')"
matches "which answers to a ping" '^(200|401)$' "$(oc GET /healthz)"
oc GET imagestreams/app >/dev/null
same "its history is that of the pushes" "$third $second $first" "$(answered '[.status.tags[0].items[].image] | join(" ")')"
shortened=$(jq -c '.status.tags[0].items |= .[:2]' "$BODY")
same "oc adm prune puts a status with a shorter history" 200 "$(oc PUT imagestreams/app/status "$shortened")"
same "the history is shorter" "$third $second" "$(history_of demo/app v1)"
same "an older put of the status is refused" 409 "$(oc PUT imagestreams/app/status "$shortened")"
same "oc adm prune deletes the manifest, or takes it that it is gone" ok "$(case $(oc DELETE "/v2/demo/app/manifests/$first") in 202 | 404) echo ok ;; *) echo no ;; esac)"
same "oc adm prune deletes the image" "$(oc GET "$I/images/$first")" "$(oc DELETE "$I/images/$first")"
same "it is gone" 404 "$(oc GET "$I/images/$first")"
same "what is tagged stays" "$third" "$(tag_digest demo/app v1)"

# oc adm top
same "184 oc adm top images: images, streams, pods" "200 200 200" "$(oc GET $I/images) $(oc GET $I/imagestreams) $(oc GET /api/v1/pods)"

# oc adm verify-image-signature, and a signature of its own
signature=$(jq -nc --arg name "$third@abc" --arg content "$(printf signature | base64 -w0)" '{kind: "ImageSignature", apiVersion: "image.openshift.io/v1", metadata: {name: $name}, type: "atomic", content: $content}')
same "a signature is added" "201 $third@abc" "$(oc POST $I/imagesignatures "$signature") $(answered .metadata.name)"
same "once" 409 "$(oc POST $I/imagesignatures "$signature")"
oc GET "$I/images/$third" >/dev/null
same "it stands in the image" "$third@abc" "$(answered '.signatures[0].metadata.name')"
same "verify puts the image back with conditions" 200 "$(oc PUT "$I/images/$third" "$(jq -c '.signatures[0].conditions = [("ForImage", "Trusted") | {type: ., status: "True", lastProbeTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z"}] | .signatures[0].issuedBy = {commonName: "me"}' "$BODY")")"
same "which are kept" "ForImage Trusted me" "$(answered '.signatures[0] | "\([.conditions[].type] | join(" ")) \(.issuedBy.commonName)"')"
same "verify --remove-all" "200 0" "$(oc PUT "$I/images/$third" "$(jq -c '.signatures = []' "$BODY")") $(answered '.signatures // [] | length')"

# oc delete project
same "134 oc delete project" 200 "$(oc DELETE $P/projects/demo '{"propagationPolicy":"Background"}')"
ended() { [[ $(oc GET $P/projects/demo) == 404 ]]; }
check "134 ends" eventually 100 ended
same "134 with its streams" "200 0" "$(oc GET imagestreams) $(answered '.items | length')"
same "134 and its repositories" 404 "$(status GET /v2/demo/app/tags/list)"
server_stop
