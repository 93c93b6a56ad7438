#!/usr/bin/env bash
# Field cases C028 to C031: subjects that are not there, referrers written through fallback tags, forty attachments at once.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start --manifests-missing-blobs reject
repo=field/referrers

referrers() { # DIGEST [QUERY]: the digests listed
    status GET "/v2/$repo/referrers/$1${2:-}" >/dev/null
    jq -r '[.manifests[].digest] | sort | join(" ")' "$BODY"
}
attach() { # SUBJECT-FILE KIND NUMBER: pushes a manifest with that subject by digest, prints its digest
    with_subject "$DIR/base" "$1" "\"artifactType\":\"application/x.$2\"" "\"annotations\":{\"number\":\"$3\"}" >"$DIR/attachment.$3"
    [[ $(put_manifest $repo "$(digest "$DIR/attachment.$3")" "$OCI_MANIFEST" "$DIR/attachment.$3") == 201 ]] || return 1
    digest "$DIR/attachment.$3"
}

# C028: the subject comes later, goes, and comes again.
small_image $repo base base >/dev/null
cp "$DIR/manifest" "$DIR/base"
small_image field/elsewhere subject subject >/dev/null
cp "$DIR/manifest" "$DIR/subject"
subject=$(digest "$DIR/subject")
same "C028 of a subject that was never pushed there are no referrers" "200 $OCI_INDEX []" "$(status GET "/v2/$repo/referrers/$subject") $(header content-type) $(jq -c .manifests "$BODY")"
early=$(attach "$DIR/subject" att early)
same "C028 a referrer before its subject is accepted" "$subject" "$(header oci-subject)"
same "C028 and listed" "$early" "$(referrers "$subject")"
same "C028 with type and annotations" "application/x.att early" "$(jq -r '.manifests[0] | "\(.artifactType) \(.annotations.number)"' "$BODY")"
small_image $repo subject subject >/dev/null
same "C028 still when the subject has come" "$early" "$(referrers "$subject")"
same "C028 still when the subject is deleted" "202 $early" "$(status DELETE "/v2/$repo/manifests/$subject") $(referrers "$subject")"
small_image $repo subject subject >/dev/null
same "C028 still when it has come again" "$early" "$(referrers "$subject")"

# C030: an index under the fallback tag, as older tools keep it: one entry is here, one nowhere.
old=$(small_image $repo digest old)
with_subject "$DIR/manifest" "$DIR/subject" '"artifactType":"application/x.old"' >"$DIR/old"
old=$(digest "$DIR/old")
put_manifest $repo "$old" "$OCI_MANIFEST" "$DIR/old" >/dev/null
nowhere=sha256:$(printf '9%.0s' {1..64})
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,{"mediaType":"%s","size":3,"digest":"%s"}]}' "$OCI_INDEX" "$(descriptor "$OCI_MANIFEST" "$DIR/old")" "$OCI_MANIFEST" "$nowhere" >"$DIR/fallback"
same "C030 an index under the fallback tag is accepted" 201 "$(put_manifest $repo "${subject/:/-}" "$OCI_INDEX" "$DIR/fallback")"
same "C030 native and old referrers are listed, each once" "$(printf '%s\n' "$early" "$old" | sort | paste -sd' ')" "$(referrers "$subject" | tr ' ' '\n' | grep -v "$nowhere" | paste -sd' ')"
same "C030 the old one with the type its manifest has" application/x.old "$(jq -r --arg old "$old" '.manifests[] | select(.digest == $old) | .artifactType' "$BODY")"
same "C030 a filter holds for both kinds" "$old artifactType" "$(referrers "$subject" '?artifactType=application/x.old') $(header oci-filters-applied)"
same "C030 without a filter none is said to be applied" '' "$(referrers "$subject" >/dev/null; header oci-filters-applied)"

# C031: forty at once.
small_image $repo busy busy >/dev/null
cp "$DIR/manifest" "$DIR/busy"
for n in {1..40}; do
    (
        BODY=$DIR/body.$n HEADERS=$DIR/headers.$n
        attach "$DIR/busy" sbom "$n" >"$DIR/attached.$n"
    ) &
    workers[n]=$!
done
failed=0
for n in {1..40}; do wait "${workers[n]}" || failed=$((failed + 1)); done
same "C031 forty attachments at once are all accepted" 0 "$failed"
same "C031 and all listed" "$(cat "$DIR"/attached.* | sort | paste -sd' ')" "$(referrers "$(digest "$DIR/busy")")"
server_restart
same "C031 also after a restart" "$(cat "$DIR"/attached.* | sort | paste -sd' ')" "$(referrers "$(digest "$DIR/busy")")"
gone=$(cat "$DIR/attached.7")
same "C031 a deleted one leaves the list" "202 39" "$(status DELETE "/v2/$repo/manifests/$gone") $(referrers "$(digest "$DIR/busy")" | wc -w)"
server_stop
