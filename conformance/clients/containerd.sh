# shellcheck shell=bash
# What both versions of containerd go through; sourced by ctr.sh and ctr-current.sh.

# containerd_case CONFIGURATION
containerd_case() {
    local app repo=containerd/app daemon first second index whole
    server_start
    short_folder
    printf '%s\n' "$1" >"$DIR/containerd.toml"
    containerd --config "$DIR/containerd.toml" --address "$SHORT/sock" --root "$DIR/root" --state "$SHORT/state" >"$RESULTS/$CASE.daemon.log" 2>&1 3>&- &
    daemon=$!
    on_exit "stop $daemon 200"
    ctr() { command ctr --address "$SHORT/sock" "$@"; }
    up() { gone $daemon || ctr version; }
    must "containerd is up" eventually 300 up
    ctr version
    client_version "containerd and ctr $(ctr version | awk '/Version:/ { print $2 }' | sort -u | paste -sd' ')"
    app=$HOST/$repo
    push() { ctr images push --plain-http "$@"; }
    pull() { ctr images pull --plain-http --snapshotter native "$@"; }
    # forget: nothing of any image is left, so that the next pull fetches it.
    forget() {
        local names
        names=$(ctr images ls -q)
        # shellcheck disable=SC2086 # one name a line
        ctr images rm --sync $names
    }
    target() { ctr images ls | awk -v ref="$1" '$1 == ref { print $3 }'; }

    for n in 1 2; do
        busybox_root "$DIR/root$n" "generation $n"
        root_tar "$DIR/root$n" "$DIR/root$n.tar"
    done
    layout "$DIR/oci"
    first=$(layout_image "$DIR/oci" one amd64 gzip "$DIR/root1.tar")
    second=$(layout_image "$DIR/oci" two amd64 zstd "$DIR/root2.tar")
    layout_image "$DIR/oci" arm arm64 gzip "$DIR/root2.tar"
    index=$(layout_index "$DIR/oci" index amd64 one arm64 arm)
    tar -C "$DIR/oci" -cf "$DIR/oci.tar" .
    check "import" ctr images import --all-platforms --no-unpack --base-name localhost/made "$DIR/oci.tar"
    for n in one two index; do ctr images tag "localhost/made:$n" "$app:$n"; done

    check "push" push "$app:v1" "localhost/made:one"
    pushed $repo v1 "$first"
    requests_mark
    check "the same push again" push "$app:v1" "localhost/made:one"
    same "sends no blob" 0 "$(requested "^(POST|PATCH|PUT) /v2/$repo/blobs/")"
    pushed $repo v1 "$first"
    check "push of another image with zstd layers" push "$app:v1" "localhost/made:two"
    pushed $repo v1 "$second" "$first"
    check "push of an index" push "$app:index" "localhost/made:index"
    pushed $repo index "$index"
    image_says "$index" "its platforms" '[.dockerImageManifests[].architecture] | sort | join(" ")' "amd64 arm64"

    forget
    check "pull by tag" pull "$app:v1"
    same "gives the digest" "$second" "$(target "$app:v1")"
    check "pull by digest" pull "$app@$first"
    same "gives that digest" "$first" "$(target "$app@$first")"
    check "pull of all platforms of an index" pull --all-platforms "$app:index"
    same "gives the index" "$index" "$(target "$app:index")"
    same "with both images" 2 "$(ctr content ls -q | grep -cxE "$first|$(digest "$DIR/oci.arm.manifest")")"
    refused "pull of an unknown tag is refused" pull "$app:none"
    same "the image runs" "generation 2" "$(run_image "$app:v1" second)"
    same "the older image runs" "generation 1" "$(run_image "$app@$first" first)"

    # To a second repository: containerd knows where the layers came from and asks for a mount.
    requests_mark
    check "push to a second repository" push "$HOST/containerd/other:v1" "$app@$first"
    pushed containerd/other v1 "$first"
    if [[ $AGAINST == weir ]]; then at_least "mounts" 1 "$(requested '^POST /v2/containerd/other/blobs/uploads/[^ ]* 201$')"; fi

    check "fetch of the content alone" ctr content fetch --plain-http "$app:v1"

    # A whole Debian.
    debian_tar
    layout "$DIR/debian"
    whole=$(layout_image "$DIR/debian" twelve amd64 none "$CACHE/debian.tar")
    tar -C "$DIR/debian" -cf "$DIR/debian.tar" .
    check "import of a whole Debian" ctr images import --no-unpack --base-name localhost/debian "$DIR/debian.tar"
    rm -rf "$DIR/debian" "$DIR/debian.tar"
    check "push of a whole Debian" push "$HOST/containerd/debian:12" localhost/debian:twelve
    pushed containerd/debian 12 "$whole"
    forget
    check "pull of a whole Debian" pull "$HOST/containerd/debian:12"
    same "gives the digest" "$whole" "$(target "$HOST/containerd/debian:12")"
    matches "and it runs" '^12' "$(run_image "$HOST/containerd/debian:12" debian cat /etc/debian_version)"

    check "containerd stops" stop $daemon 200
    server_stop
}

# run_image IMAGE NAME [COMMAND…]
run_image() {
    local image=$1 name=$2
    shift 2
    ctr run --rm --snapshotter native "$image" "$name" "$@"
}
