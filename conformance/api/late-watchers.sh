#!/usr/bin/env bash
# Watchers that come back after thousands of changes get them all, and nobody waits for them meanwhile.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start demo
client_version curl
streams=8 changes=1000 watchers=10
for ((n = 0; n < streams; n++)); do
    same "a stream is made" 201 "$(api POST imagestreams "{\"metadata\":{\"name\":\"app-$n\"}}")"
    for ((m = 0; m < changes; m++)); do
        printf 'next\nsilent\noutput = /dev/null\nrequest = PATCH\nheader = "Content-Type: application/merge-patch+json"\nurl = "%s"\ndata = "%s"\n' \
            "$BASE$API/namespaces/demo/imagestreams/app-$n" "{\\\"metadata\\\":{\\\"annotations\\\":{\\\"n\\\":\\\"$m\\\"}}}"
    done >"$DIR/changes-$n"
done
from=$(api GET imagestreams >/dev/null; answered .metadata.resourceVersion)
changing=()
for ((n = 0; n < streams; n++)); do
    curl --config "$DIR/changes-$n" 3>&- &
    changing+=($!)
done
wait "${changing[@]}"
holds "all changes were made" $((changes - 1)) '.metadata.annotations.n' is app-0

for ((n = 0; n < watchers; n++)); do
    following "$DIR/watch-$n" curl -sN "$BASE$API/namespaces/demo/imagestreams?watch=true&resourceVersion=$from"
done
slowest=0
for ((n = 0; n < 20; n++)); do
    took=$(curl -s --max-time 30 -o /dev/null -w '%{time_total}' -X PATCH -H 'Content-Type: application/merge-patch+json' \
        -d "{\"metadata\":{\"annotations\":{\"late\":\"$n\"}}}" "$BASE$API/namespaces/demo/imagestreams/app-1" | awk '{ print int($1 * 1000) }')
    ((took <= slowest)) || slowest=$took
done
# No measure of speed: a server that stalls does so for many times as long.
at_most "107 the slowest change while $watchers watchers catch up (ms)" 5000 "$slowest"
for ((n = 0; n < watchers; n++)); do
    check "100 watcher $n gets them all" eventually 300 lines_of "$DIR/watch-$n" $((streams * changes + 20))
    same "100 in their order, none twice" ok "$(jq -r .object.metadata.resourceVersion "$DIR/watch-$n" | sort -n -c -u 2>&1 && echo ok)"
done
server_stop
