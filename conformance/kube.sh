# shellcheck shell=bash
# Sourced by cases that ask the image API, after lib.sh, tools.sh and images.sh: kubectl against the server under test, checks of
# what a command says, watches in the background.

NS=demo KUBECTL=${WEIR_KUBECTL:-}

# kube_start [NAMESPACE…]: the server, and a kubectl that knows nothing of the user's. Namespaces are made.
kube_start() {
    local namespace
    if [[ $AGAINST != weir ]]; then
        note "only Weir has records to look at"
        ok "nothing to ask of $AGAINST"
        exit 0
    fi
    export KUBECONFIG=$DIR/kubeconfig
    if [[ -z $KUBECTL ]]; then
        KUBECTL=$(type -P kubectl) || kubectl_current
    fi
    server_start
    client_version "kubectl $("$KUBECTL" version --client -o json 2>/dev/null | jq -r .clientVersion.gitVersion)"
    for namespace; do
        same "the namespace $namespace is made" 201 "$(status POST /api/v1/namespaces -H 'Content-Type: application/json' \
            -d "{\"metadata\":{\"name\":\"$namespace\"}}")"
    done
}

# kubectl_current: kubectl as its own module has it, whose command line is a library. Sets KUBECTL.
kubectl_current() {
    local version=v0.37.2
    KUBECTL=$WORK/bin/kubectl-$version
    [[ ! -x $KUBECTL ]] || return 0
    (
        go_module k8s.io/kubectl@$version k8s.io/{api,apimachinery,cli-runtime,client-go,component-base}@$version
        cat >main.go <<'END'
package main

import (
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
END
        go mod tidy && go build -ldflags "-X k8s.io/component-base/version.gitVersion=v1${version#v0}" -o "$DIR/built" .
    ) || {
        bad "missing: kubectl $version does not build" "$(tail -n 3 "$LOG")"
        exit 1
    }
    mv "$DIR/built" "$KUBECTL"
}

# In the namespace $NS, unless the arguments name another.
kubectl() { "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" --namespace "$NS" "$@"; }

# ran COMMAND…: runs it; OUT and RC are what it said, on both outputs, and how it ended.
OUT='' RC=0
ran() {
    RC=0
    printf '+ %s\n' "$*"
    OUT=$("$@" 2>&1) || RC=$?
    printf '%s\n' "$OUT"
}

# says WHAT PATTERN COMMAND…: it succeeds, and what it says matches. A pattern that begins with = is the whole text.
says() {
    local what=$1 pattern=$2
    shift 2
    ran "$@"
    if ((RC != 0)); then
        bad "$what" "exit status $RC of: $*" "${OUT:0:600}"
    elif [[ $pattern == =* ]]; then
        same "$what" "${pattern#=}" "$OUT"
    else
        matches "$what" "$pattern" "$OUT"
    fi
}

# declines WHAT PATTERN COMMAND…: it fails, and says why in words that match.
declines() {
    local what=$1 pattern=$2
    shift 2
    ran "$@"
    if ((RC == 0)); then
        bad "$what" "succeeded: $*" "${OUT:0:600}"
    else
        matches "$what" "$pattern" "$OUT"
    fi
}

# step COMMAND…: something on the way to the next check; only its failure is worth a line.
step() {
    ran "$@"
    ((RC == 0)) || bad "a step on the way: $1 ${2:-} ${3:-} ${4:-}" "exit status $RC of: $*" "${OUT:0:600}"
}

# holds WHAT WANTED JQ-EXPRESSION RESOURCE [NAME…]: what kubectl gets as JSON.
holds() {
    local what=$1 wanted=$2 expression=$3
    shift 3
    same "$what" "$wanted" "$(kubectl get "$@" -o json 2>&1 | jq -r "$expression" 2>&1)"
}

# version_of RESOURCE NAME
version_of() { kubectl get "$1" "$2" -o 'jsonpath={.metadata.resourceVersion}' || true; }

# absent WHAT RESOURCE NAME
absent() { declines "$1" 'NotFound' kubectl get "$2" "$3"; }

# api METHOD PATH [JSON [CURL-ARGUMENT…]]: plain HTTP on a path of the image API; prints the status.
api() {
    local method=$1 path=$2
    case $path in /*) ;; *) path=$API/namespaces/$NS/$path ;; esac
    if (($# > 2)); then
        local body=$3
        shift 3
        status "$method" "$path" -H 'Content-Type: application/json' --data-binary "$body" "$@"
    else
        status "$method" "$path"
    fi
}

# answered JQ-EXPRESSION: of the last answer.
answered() { jq -r "$1" "$BODY" 2>&1; }

# following FILE COMMAND…: runs it in the background, its output into the file. Sets FOLLOWER, its process.
FOLLOWER=''
following() {
    local file=$1
    shift
    # The program itself, not a shell that runs it, so that it can be stopped.
    if [[ $1 == kubectl ]]; then set -- "$KUBECTL" --server "$BASE" --cache-dir "$DIR/cache" --namespace "$NS" "${@:2}"; fi
    "$@" >"$file" 2>"$file.errors" 3>&- &
    FOLLOWER=$!
    on_exit "unfollow $FOLLOWER"
}

# Only what still is a job of this shell: the number of one that ended may be another's by now.
unfollow() {
    ! jobs -p | grep -qx "$1" || stop "$1" || true
}

lines_of() { [[ $(wc -l <"$1") -ge $2 ]]; }

# reaches WHAT FILE COUNT: the file comes to have so many lines.
reaches() {
    if eventually 100 lines_of "$2" "$3"; then
        ok "$1"
    else
        mapfile -t tail < <(tail -n 6 "$2" | cut -c1-300)
        bad "$1" "wanted $3 lines, got $(wc -l <"$2"):" "${tail[@]}"
    fi
}

# stream NAME [TAG=PULL-SPEC…]: prints a manifest; tags are references, so nothing is imported.
stream() {
    local tag
    printf 'apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata:\n  name: %s\nspec:\n  lookupPolicy:\n    local: false\n' "$1"
    shift
    (($# == 0)) || printf '  tags:\n'
    for tag; do
        printf '  - name: %s\n    from:\n      kind: DockerImage\n      name: %s\n    reference: true\n' "${tag%%=*}" "${tag#*=}"
    done
}
