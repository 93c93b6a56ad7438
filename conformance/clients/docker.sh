#!/usr/bin/env bash
# Debian's docker with a daemon of its own: no network for containers, everything it keeps under the case's folder.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian docker.io
server_start

short_folder
socket=unix://$SHORT/docker.sock
docker() { /usr/bin/docker --host "$socket" --config "$DIR/docker-config" "$@"; }
dockerd --host "$socket" --data-root "$DIR/docker-root" --exec-root "$SHORT/exec" --pidfile "$DIR/docker.pid" \
    --bridge none --iptables=false --ip6tables=false --insecure-registry 127.0.0.0/8 >"$RESULTS/$CASE.dockerd.log" 2>&1 3>&- &
daemon=$!
on_exit "stop $daemon 300"
up() { gone $daemon || docker info; }
must "the docker daemon is up" eventually 300 up
client_version "docker $(docker version -f '{{.Client.Version}}'), daemon $(docker version -f '{{.Server.Version}}')"

# push REFERENCE: pushes and prints the digest the client reports.
push() { docker push "$1" | tee -a /dev/stderr | sed -nE 's/.*digest: (sha256:[0-9a-f]{64}) size.*/\1/p'; }
image_id() { docker image inspect -f '{{.Id}}' "$1"; }
forget() { docker rmi -f "$@"; }

for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
done
app=$HOST/docker/app

# First push.
must "an image is made" docker import -c 'CMD ["/bin/cat", "/etc/generation"]' "$DIR/root1.tar" "$app:v1"
first_id=$(image_id "$app:v1")
first=$(push "$app:v1")
matches "push tells the digest" '^sha256:[0-9a-f]{64}$' "$first"
pushed docker/app v1 "$first"
same "the config's digest is the image's id" "$first_id" "$(status GET /v2/docker/app/manifests/v1 -H "$ANY_MANIFEST" >/dev/null; jq -r .config.digest "$BODY")"
image_says "$first" "the command of the image" '.dockerImageMetadata.Config.Cmd | join(" ")' '/bin/cat /etc/generation'

# The same again: only questions, and the manifest.
requests_mark
same "a push of the same image gives the same digest" "$first" "$(push "$app:v1")"
same "and sends no blob" 0 "$(requested '^(POST|PATCH|PUT) /v2/docker/app/blobs/')"
at_least "but asks for them with HEAD" 1 "$(requested '^HEAD /v2/docker/app/blobs/')"
pushed docker/app v1 "$first"

# Another image over the tag.
docker import -c 'CMD ["/bin/cat", "/etc/generation"]' "$DIR/root2.tar" "$app:v1"
second=$(push "$app:v1")
differ "another image has another digest" "$first" "$second"
pushed docker/app v1 "$second" "$first"

# The same image into another repository: mounted, not sent.
docker tag "$app:v1" "$HOST/docker/other/place:v1"
requests_mark
same "a push to a second repository gives the same digest" "$second" "$(push "$HOST/docker/other/place:v1")"
if [[ $AGAINST == weir ]]; then
    at_least "the layer was mounted" 1 "$(requested '^POST /v2/docker/other/place/blobs/uploads/[^ ]* 201$')"
fi
at_most "and at most the config was sent" 1 "$(requested '^PATCH .* 202$')"
pushed docker/other/place v1 "$second"

# Pull what is not here any more.
forget "$app:v1" "$HOST/docker/other/place:v1" "$first_id"
check "pull by tag" docker pull "$app:v1"
same "the tag runs as the second image" "generation 2" "$(docker run --rm --network none "$app:v1")"
check "pull of the older image by digest" docker pull "$app@$first"
same "the digest is the first image" "$first_id" "$(image_id "$app@$first")"
same "the digest runs as the first image" "generation 1" "$(docker run --rm --network none "$app@$first")"
refused "pull of an unknown tag is refused" docker pull "$app:none"
refused "pull from an unknown repository is refused" docker pull "$HOST/docker/none:v1"

# All tags.
for tag in a b c; do
    docker tag "$app@$first" "$app:$tag"
    push "$app:$tag" >/dev/null
done
forget "$app:v1" "$app:a" "$app:b" "$app:c" "$app@$first"
check "pull -a" docker pull -a "$app"
same "pull -a brings every tag" "a b c v1" "$(docker images --format '{{.Tag}}' "$app" | grep -v none | sort | paste -sd' ')"

# Layers on top, built here.
mkdir "$DIR/build"
printf 'FROM %s\nCOPY one /one\nCOPY two /two\nLABEL made=here\nCMD ["/bin/cat", "/one", "/two"]\n' "$app:v1" >"$DIR/build/Dockerfile"
echo one >"$DIR/build/one"
echo two >"$DIR/build/two"
check "build on the pulled image" env DOCKER_BUILDKIT=0 /usr/bin/docker --host "$socket" build -t "$app:built" "$DIR/build"
built=$(push "$app:built")
pushed docker/app built "$built"
image_says "$built" "number of layers" '.dockerImageLayers | length' 3
image_says "$built" "its label" '.dockerImageMetadata.Config.Labels.made' here
forget "$app:built"
docker pull "$app:built"
same "the built image runs after a pull" "one two" "$(docker run --rm --network none "$app:built" | paste -sd' ')"

# Two platforms under one name.
export DOCKER_CLI_EXPERIMENTAL=enabled
docker tag "$app:v1" "$app:multi-amd64"
docker import --platform linux/arm64 "$DIR/root1.tar" "$app:multi-arm64"
amd=$(push "$app:multi-amd64")
arm=$(push "$app:multi-arm64")
check "manifest create" docker manifest create --insecure "$app:multi" "$app:multi-amd64" "$app:multi-arm64"
check "manifest annotate" docker manifest annotate --arch arm64 "$app:multi" "$app:multi-arm64"
check "manifest push" docker manifest push "$app:multi"
list=$(tag_digest docker/app multi)
pushed docker/app multi "$list"
same "the list is of Docker's type" "$DOCKER_LIST" "$(status GET /v2/docker/app/manifests/multi -H "$ANY_MANIFEST" >/dev/null; header content-type)"
same "and has both images" "$(printf '%s\n' "$amd" "$arm" | sort | paste -sd' ')" "$(jq -r '.manifests[].digest' "$BODY" | sort | paste -sd' ')"
image_says "$list" "its children and their platforms" '[.dockerImageManifests[] | "\(.architecture)=\(.digest)"] | sort | join(" ")' "amd64=$amd arm64=$arm"
forget "$app:multi-amd64" "$app:multi-arm64"
check "pull of the list" docker pull "$app:multi"
same "gives the image of this machine" "generation 2" "$(docker run --rm --network none "$app:multi")"

# OCI images and indexes that others pushed.
layout "$DIR/oci"
layout_image "$DIR/oci" amd64 amd64 gzip "$DIR/root1.tar" >/dev/null
layout_image "$DIR/oci" arm64 arm64 gzip "$DIR/root2.tar" >/dev/null
index=$(layout_index "$DIR/oci" index amd64 amd64 arm64 arm64)
for tag in amd64 arm64 index; do layout_push "$DIR/oci" $tag docker/oci; done
pushed docker/oci index "$index"
check "pull of an OCI index" docker pull "$HOST/docker/oci:index"
same "an OCI image runs" "generation 1" "$(docker run --rm --network none "$HOST/docker/oci:index")"

# Through a proxy that ends TLS: Locations must not lead back to plain HTTP.
tls_proxy
docker tag "$app:v1" "$TLS_HOST/docker/tls:v1"
same "push through a proxy with TLS gives the same digest" "$second" "$(push "$TLS_HOST/docker/tls:v1")"
docker import "$DIR/root1.tar" "$TLS_HOST/docker/tls:v2"
tls=$(push "$TLS_HOST/docker/tls:v2")
pushed docker/tls v2 "$tls"
forget "$TLS_HOST/docker/tls:v1" "$TLS_HOST/docker/tls:v2"
check "pull through the proxy" docker pull "$TLS_HOST/docker/tls:v2"

# A whole Debian.
debian_tar
docker import "$CACHE/debian.tar" "$HOST/docker/debian:12"
debian_id=$(image_id "$HOST/docker/debian:12")
debian_digest=$(push "$HOST/docker/debian:12")
pushed docker/debian 12 "$debian_digest"
layer_size() { status GET "/v2/$1/manifests/$2" -H "$ANY_MANIFEST" >/dev/null && jq -r '[.layers[].size] | max' "$BODY"; }
at_least "its layer has more than 100 MB" 100000001 "$(layer_size docker/debian 12)"
forget "$HOST/docker/debian:12"
check "pull of the whole Debian" docker pull "$HOST/docker/debian:12"
same "it is the same image" "$debian_id" "$(image_id "$HOST/docker/debian:12")"
matches "and it runs" '^12' "$(docker run --rm --network none "$HOST/docker/debian:12" cat /etc/debian_version)"

check "the docker daemon stops" stop $daemon 300
server_stop
