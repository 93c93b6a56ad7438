#!/usr/bin/env bash
# The conformance suite of distribution-spec 1.1, in both orders of deletion, each on fresh repositories. Four of its 79 specs
# exclude others and are skipped by every registry; exactly these may be.
#
# The module proxy does not serve the commit of the tag v1.1.1 (a139cc423184). This is the newest commit of the 1.1 suite that
# it serves; it has the same 79 specs.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"

module=github.com/opencontainers/distribution-spec/conformance
version=v0.0.0-20231101194043-f2182352d4cc
client_version "distribution-spec conformance, 1.1 suite at f2182352d4cc: 79 specs"

build() (go_module "$module@$version" -t && go test -c -o "$DIR/suite" -ldflags "-X $module.Version=$version" "$module")
suite=$WORK/bin/conformance-v1-$version
if [[ ! -x $suite ]]; then
    must "the suite builds" build
    mv "$DIR/suite" "$suite"
fi

permitted='Cross-mounting of nonexistent blob should yield session id
Cross-mounting without from, and automatic content discovery disabled should return a 202
Get tag name from environment
Populate registry with test tags (no push)'

specs() { awk -v status="status=\"$1\"" '/<testcase / && index($0, status) { match($0, /name="[^"]*"/); print substr($0, RSTART + 6, RLENGTH - 7) }' "$out/junit.xml"; }

server_start
for first in 1 0; do
    order="manifests deleted $([[ $first == 1 ]] && echo before || echo after) blobs"
    out=$RESULTS/v1/manifests-first-$first
    mkdir -p "$out"
    check "$order: the suite succeeds" env OCI_ROOT_URL="$BASE" OCI_NAMESPACE=v1/repo-$first OCI_CROSSMOUNT_NAMESPACE=v1/other-$first \
        OCI_TEST_PULL=1 OCI_TEST_PUSH=1 OCI_TEST_CONTENT_DISCOVERY=1 OCI_TEST_CONTENT_MANAGEMENT=1 \
        OCI_AUTOMATIC_CROSSMOUNT=1 OCI_HIDE_SKIPPED_WORKFLOWS=0 OCI_DELETE_MANIFEST_BEFORE_BLOBS=$first \
        OCI_REPORT_DIR="$out" "$suite"
    must "$order: the suite wrote its report" test -s "$out/junit.xml"
    # The report counts the suite's own set-up as one more passed test.
    same "$order: 75 specs passed" 75 "$(specs passed | grep -cF '[It]')"
    same "$order: none failed" '' "$(specs failed; specs panicked; specs timedout; specs interrupted)"
    same "$order: exactly the four that exclude others are skipped" "$permitted" \
        "$(specs skipped | sed -E 's/.* (Cross-mounting|Get tag|Populate)/\1/' | sort)"
done
server_stop
