#!/usr/bin/env bash
# client-go's dynamic informers, with streaming lists and without, through ten thousand random changes, a restart, a kill, and a
# version that expires.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"

if [[ $AGAINST != weir ]]; then
    note "only Weir has records to look at"
    ok "nothing to ask of $AGAINST"
    exit 0
fi
command -v go || {
    bad "missing: go, to build the informers"
    exit 1
}
source_folder=$(cd "$(dirname "$0")" && pwd)/informers
must "the informers build" env -C "$source_folder" CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -buildvcs=false -o "$DIR/bin/informers" .
client_version "client-go $(sed -nE 's/^\tk8s.io\/client-go (v.*)/\1/p' "$source_folder/go.mod")"

# Changes are kept for ten minutes; the clock of the server is put forward instead of waiting.
debian faketime
clock=$(dpkg -L libfaketime | grep -m1 '/libfaketimeMT.so.1$' || true)
[[ -n $clock ]] || bad "missing: libfaketimeMT.so.1 of the Debian package libfaketime"

for streaming in true false; do
    mkdir -p "$DIR/$streaming"
    port=$(free_port)
    rc=0
    KUBE_FEATURE_WatchListClient=$streaming timeout 400 "$DIR/bin/informers" "$WEIR" "$DIR/$streaming" "127.0.0.1:$port" "$clock" \
        >"$DIR/$streaming.lines" || rc=$?
    cat "$DIR/$streaming.lines"
    what='' detail=()
    flush() {
        [[ -z $what ]] || bad "$what" "${detail[@]}"
        what='' detail=()
    }
    while IFS= read -r line; do
        case $line in
        'ok '*) flush && ok "streaming lists $streaming: ${line#ok }" ;;
        'note '*) flush && note "streaming lists $streaming: ${line#note }" ;;
        'bad '*) flush && what="streaming lists $streaming: ${line#bad }" ;;
        *) detail+=("$line") ;;
        esac
    done <"$DIR/$streaming.lines"
    flush
    ((rc < 2)) || bad "streaming lists $streaming: the program comes to its end" "exit status $rc"
    cp "$DIR/$streaming/server.log" "$RESULTS/$CASE.server-$streaming.log"
    same "streaming lists $streaming: no panic in the server's log" '' "$(grep -am3 'panicked at' "$DIR/$streaming/server.log" || true)"
done
