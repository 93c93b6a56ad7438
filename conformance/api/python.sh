#!/usr/bin/env bash
# The Python clients `kubernetes` and `openshift`, at pinned versions: their dynamic clients with a cold cache, and the generated
# classes.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../tools.sh"
source "$(dirname "$0")/../images.sh"
source "$(dirname "$0")/../kube.sh"

kube_start
here=$(cd "$(dirname "$0")" && pwd)/python
venv=$WORK/bin/python-$(sha256sum "$here/requirements.txt" | cut -c1-12)
if [[ ! -e $venv/complete ]]; then
    python3 -c 'import ensurepip, venv' || debian python3-venv
    rm -rf "$venv"
    must "the clients are installed" bash -c "python3 -m venv '$venv' && '$venv/bin/pip' install --quiet --no-input --requirement '$here/requirements.txt'"
    touch "$venv/complete"
fi
client_version "Python $(grep -E '^(kubernetes|openshift)==' "$here/requirements.txt" | sed 's/==/ /' | paste -sd, | sed 's/,/, /')"

# run NAME ARGUMENT…: its lines become checks.
run() {
    local name=$1 line rc=0 what=() waiting=''
    shift
    PYTHONDONTWRITEBYTECODE=1 timeout 120 "$venv/bin/python" "$@" >"$DIR/$name" 2>"$DIR/$name.errors" || rc=$?
    cat "$DIR/$name" "$DIR/$name.errors"
    while IFS= read -r line; do
        case $line in
        'ok '*) flush_bad && ok "$name: ${line#ok }" ;;
        'bad '*) flush_bad && waiting="$name: ${line#bad }" ;;
        *) what+=("$line") ;;
        esac
    done <"$DIR/$name"
    flush_bad
    if ((rc > 1)) || [[ ! -s $DIR/$name ]]; then
        mapfile -t tail < <(tail -n 5 "$DIR/$name.errors")
        bad "$name comes to its end" "exit status $rc" "${tail[@]}"
    fi
}
flush_bad() {
    [[ -z $waiting ]] || bad "$waiting" "${what[@]}"
    waiting='' what=()
}

run kubernetes "$here/dynamic.py" kubernetes "$BASE" "$DIR/kubernetes.cache"
run openshift "$here/dynamic.py" openshift "$BASE" "$DIR/openshift.cache"
run typed "$here/typed.py" "$BASE"
server_stop
