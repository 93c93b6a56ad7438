#!/usr/bin/env bash
# docker pushes, and running watches of kubectl show it at once: the stream, the tag, the image tag, the image.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

debian docker.io
kube_start demo
short_folder
socket=unix://$SHORT/docker.sock
docker() { /usr/bin/docker --host "$socket" --config "$DIR/docker-config" "$@"; }
dockerd --host "$socket" --data-root "$DIR/docker-root" --exec-root "$SHORT/exec" --pidfile "$DIR/docker.pid" \
    --bridge none --iptables=false --ip6tables=false --insecure-registry 127.0.0.0/8 >"$RESULTS/$CASE.dockerd.log" 2>&1 3>&- &
daemon=$!
on_exit "stop $daemon 300"
up() { gone $daemon || docker info; }
must "the docker daemon is up" eventually 300 up
client_version "docker $(docker version -f '{{.Client.Version}}'), kubectl $("$KUBECTL" version --client -o json | jq -r .clientVersion.gitVersion)"

app=$HOST/demo/app
for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
done
push() {
    docker import "$DIR/root$1.tar" "$app:v1"
    docker push "$app:v1"
    docker inspect -f '{{index .RepoDigests 0}}' "$app:v1" | sed 's/.*@//' >"$DIR/digest$1"
}
check "the first push" push 1
for resource in is istag itag images; do
    following "$DIR/$resource" kubectl get $resource -w --no-headers
    reaches "a watch of $resource shows what is there" "$DIR/$resource" 1
done
check "the second push, by docker" push 2
for resource in is istag itag images; do
    reaches "is in the watch of $resource at once" "$DIR/$resource" 2
    same "as one event" 2 "$(wc -l <"$DIR/$resource")"
done
second=$(cat "$DIR/digest2")
matches "the tag's row has the new image" "app:v1 +$app@$second" "$(tail -n 1 "$DIR/istag")"
matches "the image tag's row counts two" "app:v1 +Push +image/$second +2 " "$(tail -n 1 "$DIR/itag")"
matches "the image's row is the new image" "^$second " "$(tail -n 1 "$DIR/images")"
pushed demo/app v1 "$second" "$(cat "$DIR/digest1")"
server_stop
