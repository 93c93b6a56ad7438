#!/usr/bin/env bash
# Debian's podman with a store of its own.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

debian podman runc conmon golang-github-containers-common
server_start

short_folder
export CONTAINERS_REGISTRIES_CONF=$DIR/registries.conf
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$HOST" >"$CONTAINERS_REGISTRIES_CONF"

driver=vfs
podman() {
    /usr/bin/podman --root "$DIR/store-$driver" --runroot "$SHORT/$driver" --tmpdir "$SHORT/$driver-libpod" --storage-driver $driver \
        --cgroup-manager cgroupfs --events-backend none --runtime "$(command -v runc)" "$@"
}
client_version "$(podman --version)"

# push IMAGE REFERENCE [OPTION…]: pushes and prints the digest the client reports.
push() {
    local image=$1 reference=$2
    shift 2
    podman push --digestfile "$DIR/digest" "$@" "$image" "docker://$reference" && cat "$DIR/digest"
}
pull() { podman pull "$@"; }
image_id() { podman image inspect -f '{{.Id}}' "$1"; }
forget() { podman rmi -af; }
# Small limits: the default ones of podman are more than a machine without privileges may grant.
run() { podman run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"; }
layer_types() { status GET "/v2/$1/manifests/$2" -H "$ANY_MANIFEST" >/dev/null && jq -r '[.layers[].mediaType] | unique | join(" ")' "$BODY"; }

for n in 1 2; do
    busybox_root "$DIR/root$n" "generation $n"
    root_tar "$DIR/root$n" "$DIR/root$n.tar"
    podman import -c 'CMD ["/bin/cat", "/etc/generation"]' "$DIR/root$n.tar" "localhost/made:$n"
done
app=$HOST/podman/app

# First push, the same again, another over the tag.
first=$(push localhost/made:1 "$app:v1")
matches "push tells the digest" '^sha256:[0-9a-f]{64}$' "$first"
pushed podman/app v1 "$first"
first_id=$(image_id localhost/made:1)
requests_mark
same "a push of the same image gives the same digest" "$first" "$(push localhost/made:1 "$app:v1")"
same "and sends no blob" 0 "$(requested '^(POST|PATCH|PUT) /v2/podman/app/blobs/')"
at_least "but asks for them with HEAD" 1 "$(requested '^HEAD /v2/podman/app/blobs/')"
pushed podman/app v1 "$first"
second=$(push localhost/made:2 "$app:v1")
pushed podman/app v1 "$second" "$first"

# Both manifest formats of one image.
docker_format=$(push localhost/made:1 "$app:docker" --format v2s2)
pushed podman/app docker "$docker_format"
same "the Docker format is stored as such" application/vnd.docker.image.rootfs.diff.tar.gzip "$(layer_types podman/app docker)"
oci_format=$(push localhost/made:1 "$app:oci" --format oci)
pushed podman/app oci "$oci_format"
same "the OCI format is stored as such" "$OCI_LAYER+gzip" "$(layer_types podman/app oci)"

# Another repository: mounted.
requests_mark
same "a push to a second repository gives the same digest" "$second" "$(push localhost/made:2 "$HOST/podman/other/place:v1")"
at_most "and at most the config was sent" 1 "$(requested '^PATCH .* 202$')"
pushed podman/other/place v1 "$second"

# Pull.
forget
check "pull by tag" pull "$app:v1"
same "the tag runs as the second image" "generation 2" "$(run "$app:v1")"
check "pull of the older image by digest" pull "$app@$first"
same "the digest is the first image" "$first_id" "$(image_id "$app@$first")"
same "and runs" "generation 1" "$(run "$app@$first")"
check "pull of the Docker format" pull "$app:docker"
same "which runs too" "generation 1" "$(run "$app:docker")"
refused "pull of an unknown tag is refused" pull "$app:none"
check "pull --all-tags" pull --all-tags "$app"
same "brings every tag" "docker oci v1" "$(podman images --format '{{.Tag}}' "$app" | grep -v none | sort -u | paste -sd' ')"
same "the tags are listed by podman search" "docker oci v1" "$(podman search --list-tags "$app" | awk 'NR > 1 { print $2 }' | sort | paste -sd' ')"
check "podman search finds the repository in the catalogue" grep -q "$app" <(podman search --format '{{.Name}}' "$HOST/")

# Layers packed as zstd and zstd:chunked: of new content each, since podman would find and mount the gzip form of the old.
for format in zstd zstd:chunked; do
    tag=${format/:/-}
    busybox_root "$DIR/$tag" "generation $tag"
    root_tar "$DIR/$tag" "$DIR/$tag.tar"
    podman import -c 'CMD ["/bin/cat", "/etc/generation"]' "$DIR/$tag.tar" "localhost/made:$tag"
    digest=$(push "localhost/made:$tag" "$HOST/podman/$tag:v1" --format oci --compression-format $format)
    pushed podman/"$tag" v1 "$digest"
    same "$format layers are stored as such" "$OCI_LAYER+zstd" "$(layer_types podman/"$tag" v1)"
    podman rmi -f "localhost/made:$tag"
    check "pull of $format layers" pull "$HOST/podman/$tag:v1"
    same "the image of $format layers runs" "generation $tag" "$(run "$HOST/podman/$tag:v1")"
done

# Two platforms under one name.
podman import --arch amd64 "$DIR/root1.tar" localhost/multi:amd64
podman import --arch arm64 "$DIR/root2.tar" localhost/multi:arm64
for arch in amd64 arm64; do push localhost/multi:$arch "$app:multi-$arch"; done
check "manifest create" podman manifest create localhost/multi:list
for arch in amd64 arm64; do
    check "manifest add of $arch" podman manifest add localhost/multi:list "docker://$app:multi-$arch"
done
check "manifest push" podman manifest push --all localhost/multi:list "docker://$app:multi"
list=$(tag_digest podman/app multi)
pushed podman/app multi "$list"
children=$(status GET /v2/podman/app/manifests/multi -H "$ANY_MANIFEST" >/dev/null; jq -r '[.manifests[] | "\(.platform.architecture)=\(.digest)"] | sort | join(" ")' "$BODY")
same "the index names both images" "amd64=$(tag_digest podman/app multi-amd64) arm64=$(tag_digest podman/app multi-arm64)" "$children"
image_says "$list" "its children and their platforms" '[.dockerImageManifests[] | "\(.architecture)=\(.digest)"] | sort | join(" ")' "$children"
for arch in amd64 arm64; do
    check "pull of $arch out of the index" pull --arch $arch "$app:multi"
    same "gives $arch" $arch "$(podman image inspect -f '{{.Architecture}}' "$app:multi")"
done

# Through a proxy that ends TLS: Locations must not lead back to plain HTTP.
tls_proxy
printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$TLS_HOST" >>"$CONTAINERS_REGISTRIES_CONF"
busybox_root "$DIR/tls" "generation tls"
root_tar "$DIR/tls" "$DIR/tls.tar"
podman import "$DIR/tls.tar" localhost/made:tls
tls=$(push localhost/made:tls "$TLS_HOST/podman/tls:v1")
pushed podman/tls v1 "$tls"
podman rmi -f localhost/made:tls
check "pull through a proxy with TLS" pull "$TLS_HOST/podman/tls:v1"

# A whole Debian.
debian_tar
podman import "$CACHE/debian.tar" localhost/debian:12
debian=$(push localhost/debian:12 "$HOST/podman/debian:12")
pushed podman/debian 12 "$debian"
forget
check "pull of the whole Debian" pull "$HOST/podman/debian:12"
matches "and it runs" '^12' "$(run "$HOST/podman/debian:12" cat /etc/debian_version)"

# Of zstd:chunked layers podman fetches the table of contents and then only the files it does not have. It has every second
# one, so what is missing is asked for with one request of many ranges.
# The content is the same on every run: the packer of this podman stumbles ("short write") over some contents.
mkdir "$DIR/half" "$DIR/whole"
for n in {1..300}; do seq "$n" $((n + 20000)) >"$DIR/whole/$n"; done
cp "$DIR"/whole/*[02468] "$DIR/half"
for part in half whole; do
    root_tar "$DIR/$part" "$DIR/$part.tar"
    podman import "$DIR/$part.tar" localhost/made:$part
    chunked=$(push localhost/made:$part "$HOST/podman/chunked:$part" --format oci --compression-format zstd:chunked)
    pushed podman/chunked $part "$chunked"
done
forget
driver=overlay
export CONTAINERS_STORAGE_CONF=$DIR/storage.conf
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n[storage.options]\npull_options = {enable_partial_images = "true", use_hard_links = "false", ostree_repos = ""}\n' \
    "$DIR/store-overlay" "$SHORT/overlay" >"$CONTAINERS_STORAGE_CONF"
check "pull of the half" pull "$HOST/podman/chunked:half"
requests_mark
check "partial pull of the whole" pull "$HOST/podman/chunked:whole"
layer=$(jq -r '.layers[0].digest' <(curl -s "$BASE/v2/podman/chunked/manifests/whole" -H "$ANY_MANIFEST"))
at_least "it asked for ranges of the layer" 2 "$(requested "^GET /v2/podman/chunked/blobs/$layer 206\$")"
same "and never for all of it" 0 "$(requested "^GET /v2/podman/chunked/blobs/$layer 200\$")"
check "the whole mounts" podman image mount "$HOST/podman/chunked:whole"
same "what it put together is what was pushed" "$(cat "$DIR"/whole/* | sha256sum)" \
    "$(cat "$(podman image mount "$HOST/podman/chunked:whole")"/* | sha256sum)"
podman image unmount -a
server_stop
