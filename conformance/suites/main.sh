#!/usr/bin/env bash
# The main OCI conformance suite with everything switched on, sparse data included, twice on the same repositories.
# The suite itself ends with 0 when tests were skipped, so the gate reads its reports.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"

version=v0.0.0-20260831232431-97274622c111
go_tool conformance github.com/opencontainers/distribution-spec/conformance $version
client_version "distribution-spec conformance, main at 97274622c111"

root_attribute() { sed -nE "s/^<testsuites[^>]* $1=\"([0-9]+)\".*/\1/p" "$out/junit.xml" | head -n 1; }

# The lines below a top-level key of results.yaml whose value is not Pass.
not_passed() { awk -v key="$1:" '/^[^ ]/ { in_it = $0 == key; next } in_it && !/: Pass$/ { sub(/^ +/, ""); print }' "$out/results.yaml" | paste -sd';'; }

server_start --manifests-missing-blobs accept --manifests-missing-children accept
for round in first second; do
    out=$RESULTS/main/$round
    mkdir -p "$out"
    check "$round round ends with status 0" env OCI_VERSION=dev OCI_DATA_SPARSE=true \
        OCI_REGISTRY="$HOST" OCI_TLS=disabled OCI_REPO1=conformance/repo1 OCI_REPO2=conformance/repo2 \
        OCI_RESULTS_DIR="$out" conformance
    must "$round round wrote its reports" test -s "$out/junit.xml" -a -s "$out/results.yaml"
    at_least "$round round ran more than 1000 tests" 1001 "$(root_attribute tests)"
    # An attribute that counts nothing is left out.
    same "$round round: no failure, no error, no skip, nothing disabled" "0 0 0 0" \
        "$(for kind in failures errors skipped disabled; do n=$(root_attribute $kind); echo "${n:-0}"; done | paste -sd' ')"
    same "$round round: every API is Pass" '' "$(not_passed apis)"
    same "$round round: all data is Pass" '' "$(not_passed data)"
    at_least "$round round: the reports name APIs and data" 45 "$(grep -c ': Pass$' "$out/results.yaml")"
    client_version "distribution-spec conformance, main at 97274622c111: $(root_attribute tests) tests"
done
server_stop
