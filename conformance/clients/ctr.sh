#!/usr/bin/env bash
# Debian's containerd with a daemon of its own, through ctr.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/containerd.sh"

debian containerd runc
containerd_case 'version = 2'
