#!/usr/bin/env bash
# Helm 4: charts as OCI artifacts, with provenance, versions with build metadata, pull by digest.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"

version=v4.3.1
go_tool helm helm.sh/helm/v4/cmd/helm $version
client_version "helm $version"
server_start
cd "$DIR"
export HELM_CACHE_HOME=$DIR/cache HELM_CONFIG_HOME=$DIR/config HELM_DATA_HOME=$DIR/data-helm

check "create a chart" helm create thing
package() { sed -i "s/^version:.*/version: $1/; s/^appVersion:.*/appVersion: \"$2\"/" thing/Chart.yaml && helm package thing; }
push() { helm push --plain-http "$1" "oci://$HOST/helm/charts" 2>&1 | tee -a /dev/stderr | sed -nE 's/^Digest: *(sha256:[0-9a-f]{64})$/\1/p'; }

package 0.1.0 1.0
first=$(push thing-0.1.0.tgz)
pushed helm/charts/thing 0.1.0 "$first"
image_says "$first" "its media type" .dockerImageManifestMediaType "$OCI_MANIFEST"
requests_mark
check "push of the same chart" push thing-0.1.0.tgz
same "sends no blob" 0 "$(requested '^(POST|PATCH|PUT) /v2/helm/charts/thing/blobs/')"
package 0.1.0 2.0
second=$(push thing-0.1.0.tgz)
pushed helm/charts/thing 0.1.0 "$second" "$first"
package 0.2.0+build.7 3.0
third=$(push thing-0.2.0+build.7.tgz)
pushed helm/charts/thing 0.2.0_build.7 "$third"

mkdir pulled
check "pull of a version" helm pull --plain-http "oci://$HOST/helm/charts/thing" --version 0.1.0 -d pulled
check "gives the newer chart" cmp thing-0.1.0.tgz pulled/thing-0.1.0.tgz
check "pull of a version with build metadata" helm pull --plain-http "oci://$HOST/helm/charts/thing" --version 0.2.0+build.7 -d pulled
check "pull of a range of versions" helm pull --plain-http "oci://$HOST/helm/charts/thing" --version '>=0.1.0 <0.2.0' -d pulled
check "pull by digest" helm pull --plain-http "oci://$HOST/helm/charts/thing@$first" -d pulled
check "show" helm show chart --plain-http "oci://$HOST/helm/charts/thing" --version 0.1.0
check "template from the registry" helm template --plain-http it "oci://$HOST/helm/charts/thing" --version 0.1.0
refused "pull of an unknown version is refused" helm pull --plain-http "oci://$HOST/helm/charts/thing" --version 9.9.9 -d pulled
server_stop
