# shellcheck shell=bash
# Sourced by cases that need images: nothing can be pulled from elsewhere, so they are made here.

# small_image REPO REFERENCE SEED [TYPE]: one layer that holds SEED, pushed with plain HTTP; prints the manifest's digest.
# Leaves $DIR/layer, $DIR/config and $DIR/manifest behind. REFERENCE "digest" pushes without a tag.
small_image() {
    local repo=$1 reference=$2 type=${4:-$OCI_MANIFEST} config_type=$OCI_CONFIG layer_type=$OCI_LAYER got
    if [[ $type == "$DOCKER_MANIFEST" ]]; then
        config_type=application/vnd.docker.container.image.v1+json
        layer_type=application/vnd.docker.image.rootfs.diff.tar
    fi
    printf '%s' "$3" >"$DIR/layer"
    printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
        "$(digest "$DIR/layer")" >"$DIR/config"
    put_blob "$repo" "$DIR/layer" && put_blob "$repo" "$DIR/config" || return 1
    image_manifest "$type" "$config_type" "$DIR/config" "$layer_type" "$DIR/layer" >"$DIR/manifest"
    [[ $reference != digest ]] || reference=$(digest "$DIR/manifest")
    got=$(put_manifest "$repo" "$reference" "$type" "$DIR/manifest")
    [[ $got == 201 ]] || {
        printf 'manifest PUT answered %s\n' "$got" >&2
        return 1
    }
    digest "$DIR/manifest"
}

# descriptor TYPE FILE
descriptor() { printf '{"mediaType":"%s","size":%d,"digest":"%s"}' "$1" "$(size "$2")" "$(digest "$2")"; }

# image_manifest TYPE CONFIG-TYPE CONFIG [LAYER-TYPE LAYER]…: prints a manifest.
image_manifest() {
    local type=$1 layers='' comma=''
    printf '{"schemaVersion":2,"mediaType":"%s","config":%s' "$type" "$(descriptor "$2" "$3")"
    shift 3
    while (($#)); do
        layers+=$comma$(descriptor "$1" "$2") comma=,
        shift 2
    done
    printf ',"layers":[%s]}' "$layers"
}

# index_manifest TYPE CHILD-TYPE [ARCHITECTURE FILE]…: prints an index whose children are manifests.
index_manifest() {
    local type=$1 child_type=$2 children='' comma=''
    shift 2
    while (($#)); do
        children+=$comma$(descriptor "$child_type" "$2")
        children=${children%\}},\"platform\":{\"architecture\":\"$1\",\"os\":\"linux\"}} comma=,
        shift 2
    done
    printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}' "$type" "$children"
}

# with_subject MANIFEST SUBJECT-FILE [JSON-FIELD]…: prints the manifest with a subject and further fields.
with_subject() {
    local manifest=$1 subject=$2 extra=''
    shift 2
    (($# == 0)) || extra=$(printf ',%s' "$@")
    printf '{"subject":%s%s,%s' "$(descriptor "$OCI_MANIFEST" "$subject")" "$extra" "$(tail -c +2 "$manifest")"
}

# busybox_root FOLDER TEXT: a root that runs: one static program, and a file that tells the image's generation.
busybox_root() {
    debian busybox-static
    mkdir -p "$1/bin" "$1/etc" "$1/tmp"
    cp "$(dpkg -L busybox-static | grep -x '.*/bin/busybox')" "$1/bin/busybox"
    ln -sf busybox "$1/bin/sh"
    ln -sf busybox "$1/bin/cat"
    printf '%s\n' "$2" >"$1/etc/generation"
}

# root_tar FOLDER FILE: a tar whose bytes depend on the content alone.
root_tar() { tar -C "$1" --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 -cf "$2" .; }

# debian_tar: makes $CACHE/debian.tar and $CACHE/debian.tar.gz, a whole Debian root of more than 100 MB also when packed.
debian_tar() {
    [[ ! -s $CACHE/debian.tar.gz ]] || return 0
    debian debootstrap
    # The packages' archives stay in the root's cache: they do not compress, so the packed layer is large as well.
    debootstrap --variant=minbase --include=perl,ca-certificates bookworm "$DIR/debian"
    tar -C "$DIR/debian" --sort=name --numeric-owner --exclude='./dev/*' -cf "$CACHE/debian.tar" .
    gzip -1 -n -c "$CACHE/debian.tar" >"$DIR/debian.tar.gz"
    mv "$DIR/debian.tar.gz" "$CACHE/debian.tar.gz"
    rm -rf "$DIR/debian"
}

# layout FOLDER: an empty OCI image layout.
layout() {
    mkdir -p "$1/blobs/sha256"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
    printf '{"schemaVersion":2,"manifests":[]}' >"$1/index.json"
}

# layout_blob LAYOUT FILE: copies the file in, prints its digest.
layout_blob() {
    local digest
    digest=$(digest "$2")
    cp "$2" "$1/blobs/sha256/${digest#sha256:}"
    printf '%s\n' "$digest"
}

# layout_name LAYOUT TAG TYPE FILE: stores a manifest and gives it a name.
layout_name() {
    layout_blob "$1" "$4" >/dev/null
    jq --argjson entry "$(descriptor "$3" "$4")" --arg tag "$2" \
        '.manifests |= map(select(.annotations["org.opencontainers.image.ref.name"] != $tag)) + [$entry + {annotations: {"org.opencontainers.image.ref.name": $tag}}]' \
        "$1/index.json" >"$1/index.new"
    mv "$1/index.new" "$1/index.json"
}

# layout_image LAYOUT TAG ARCHITECTURE COMPRESSION TAR…: a runnable OCI image of plain tars, packed as gzip, zstd or none.
# The manifest's file is left as LAYOUT.TAG.manifest, its digest is printed.
layout_image() {
    local layout=$1 tag=$2 arch=$3 compression=$4 tar layer type ids='' comma='' args=()
    shift 4
    for tar; do
        layer=$layout.layer
        case $compression in
        gzip) gzip -n -c "$tar" >"$layer" && type=$OCI_LAYER+gzip ;;
        zstd) debian zstd && zstd -q -f "$tar" -o "$layer" && type=$OCI_LAYER+zstd ;;
        none) cp "$tar" "$layer" && type=$OCI_LAYER ;;
        esac
        mv "$layer" "$layer.${#args[@]}"
        layout_blob "$layout" "$layer.${#args[@]}" >/dev/null
        ids+=$comma\"$(digest "$tar")\" comma=,
        args+=("$type" "$layer.${#args[@]}")
    done
    printf '{"created":"2026-01-02T03:04:05Z","architecture":"%s","os":"linux","config":{"Cmd":["/bin/cat","/etc/generation"]},"rootfs":{"type":"layers","diff_ids":[%s]}}' \
        "$arch" "$ids" >"$layout.config"
    layout_blob "$layout" "$layout.config" >/dev/null
    image_manifest "$OCI_MANIFEST" "$OCI_CONFIG" "$layout.config" "${args[@]}" >"$layout.$tag.manifest"
    layout_name "$layout" "$tag" "$OCI_MANIFEST" "$layout.$tag.manifest"
    digest "$layout.$tag.manifest"
    rm -f "$layout".layer.*
}

# layout_index LAYOUT TAG [ARCHITECTURE TAG-OF-IMAGE]…: an index over images of the layout; prints its digest.
layout_index() {
    local layout=$1 tag=$2 args=()
    shift 2
    while (($#)); do
        args+=("$1" "$layout.$2.manifest")
        shift 2
    done
    index_manifest "$OCI_INDEX" "$OCI_MANIFEST" "${args[@]}" >"$layout.$tag.manifest"
    layout_name "$layout" "$tag" "$OCI_INDEX" "$layout.$tag.manifest"
    digest "$layout.$tag.manifest"
}

# layout_push LAYOUT TAG REPO: pushes an image of the layout as it is, with plain HTTP.
layout_push() {
    local layout=$1 manifest=$1.$2.manifest blob
    for blob in $(jq -r '[.config?, .layers[]?] | .[] | select(.) | .digest' "$manifest"); do
        put_blob "$3" "$layout/blobs/sha256/${blob#sha256:}"
    done
    [[ $(put_manifest "$3" "$2" "$(jq -r .mediaType "$manifest")" "$manifest") == 201 ]]
}
