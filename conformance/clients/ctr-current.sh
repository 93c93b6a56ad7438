#!/usr/bin/env bash
# The current containerd, daemon, shim and ctr built from its module.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/containerd.sh"

debian runc
version=v2.4.2
go_tool ctr github.com/containerd/containerd/v2/cmd/ctr $version
go_tool containerd github.com/containerd/containerd/v2/cmd/containerd $version -tags no_btrfs,no_devmapper,no_zfs,no_cri
go_tool containerd-shim-runc-v2 github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2 $version
# The daemon pulls for its clients, and unpacks only for what it was told of.
containerd_case 'version = 3
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
platform = "linux"
snapshotter = "native"'
