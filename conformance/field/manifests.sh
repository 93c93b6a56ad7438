#!/usr/bin/env bash
# Field cases C013 to C019 and C107: configs of any kind, pushes by digest, HEAD, names that break the grammar, several tags at
# once, clients of old.
source "$(dirname "$0")/../lib.sh"
source "$(dirname "$0")/../images.sh"

server_start
repo=field/manifests

# C013
printf '{}' >"$DIR/empty"
printf 'data' >"$DIR/data"
printf 'a: [b' >"$DIR/yaml"
: >"$DIR/nothing"
for file in empty data yaml nothing; do put_blob $repo "$DIR/$file"; done
while read -r tag type file; do
    image_manifest "$OCI_MANIFEST" "$type" "$DIR/$file" application/x "$DIR/data" | sed 's#^{#{"artifactType":"application/x.thing",#' >"$DIR/artifact"
    same "C013 a config of $type is accepted" 201 "$(put_manifest $repo "$tag" "$OCI_MANIFEST" "$DIR/artifact")"
    pushed $repo "$tag" "$(digest "$DIR/artifact")"
done <<'END'
empty application/vnd.oci.empty.v1+json empty
yaml application/vnd.cncf.artifacthub.config.v1+yaml yaml
bytes application/octet-stream data
nothing application/vnd.oci.image.config.v1+json nothing
END

# C015
printf 'only by digest' >"$DIR/layer"
only=$(small_image field/by-digest digest 'only by digest')
same "C015 what was pushed by digest is readable by digest" 200 "$(status GET "/v2/field/by-digest/manifests/$only" -H "$ANY_MANIFEST")"
image_says "$only" "it has a record" .metadata.name "$only"
if [[ $AGAINST == weir ]]; then same "C015 without a tag" "[]" "$(status GET "$(stream_path field/by-digest)" >/dev/null; jq -c '.status.tags // []' "$BODY")"; fi
same "C015 and in the list of tags there is none" "[]" "$(status GET /v2/field/by-digest/tags/list >/dev/null; jq -c .tags "$BODY")"

# C016
digest_v1=$(small_image $repo v1 hello)
answer() { grep -iE '^(HTTP/|content-type|content-length|docker-content-digest|etag)' "$HEADERS" | tr -d '\r' | sed 's/^HTTP[^ ]* \([0-9]*\).*/\1/' | tr '[:upper:]' '[:lower:]' | sort | paste -sd';'; }
for version in --http1.1 --http2-prior-knowledge; do
    [[ $AGAINST == weir || $version == --http1.1 ]] || continue
    for reference in v1 "$digest_v1"; do
        status HEAD "/v2/$repo/manifests/$reference" $version -H "$ANY_MANIFEST" >/dev/null
        head=$(answer)
        matches "C016 HEAD of ${reference:0:10} ($version) has length, digest and type" "^200;.*content-length: $(size "$DIR/manifest");.*content-type: ${OCI_MANIFEST/+/[+]};docker-content-digest: $digest_v1" "$head"
        status GET "/v2/$repo/manifests/$reference" $version -H "$ANY_MANIFEST" >/dev/null
        same "C016 and they are those of GET" "$(answer)" "$head"
    done
    same "C016 HEAD of an unknown tag is 404 without a body ($version)" "404 0" "$(curl -s --head $version -o "$BODY" -w '%{http_code} %{size_download}' "$BASE/v2/$repo/manifests/nope")"
done

# C018: names and tags that break the grammar. What is wrong is told as JSON and never with 5xx.
long=$(printf 'a%.0s' {1..256})
deep=$(printf 'a/%.0s' {1..120})a
wrong=0
while read -r name; do
    for path in manifests/v1 tags/list blobs/sha256:xyz; do
        got=$(status GET "/v2/$name/$path")
        if ! [[ $got =~ ^(400|404)$ && $(header content-type) == application/json* && $(error_code) =~ ^[A-Z_]+$ ]]; then
            wrong=$((wrong + 1))
            printf 'GET %s/%s: %s %s %s\n' "$name" "$path" "$got" "$(header content-type)" "$(error_code)"
        fi
    done
done <<END
$long
$deep
A/b
a//b
a/../b
a/.b
a/b_
a/b%2fc
a/b~c
-a/b
a..b
a_-b
END
same "C018 GET of names that break the grammar is 400 or 404 with an OCI error" 0 "$wrong"
same "C018 a PUT to a name of 256 bytes is NAME_INVALID" "400 NAME_INVALID" "$(status PUT "/v2/$long/manifests/v1" -H "Content-Type: $OCI_MANIFEST" --data-binary '{}') $(error_code)"
same "C018 an upload to a name in capitals is NAME_INVALID" "400 NAME_INVALID" "$(status POST /v2/Field/Upper/blobs/uploads/) $(error_code)"
printf 'x' >"$DIR/x"
put_blob field/grammar "$DIR/x"
for tag in -bad .bad "$(printf 't%.0s' {1..129})"; do
    matches "C018 a PUT to the tag ${tag:0:10} is refused with an OCI error" '^400 (TAG_INVALID|MANIFEST_INVALID|NAME_INVALID)$' "$(status PUT "/v2/field/grammar/manifests/$tag" -H "Content-Type: $OCI_MANIFEST" --data-binary @"$DIR/manifest") $(error_code)"
done
# The longest name is the one that fits a client's 255 bytes together with the host.
for name in x/manifests/y/blobs/z a/tags/list/b a/uploads/b "$(printf 'n%.0s' $(seq $((254 - ${#HOST}))))" a__b.c---d/e; do
    named=$(small_image "$name" v1 "in ${name:0:20}")
    pushed "$name" v1 "$named"
done
same "C018 a name that no client could pull is NAME_INVALID" "400 NAME_INVALID" "$(status POST "/v2/$(printf 'n%.0s' {1..256})/blobs/uploads/") $(error_code)"

# C019: one PUT, several tags, one transaction.
small_image field/several seed several >/dev/null
several=$(digest "$DIR/manifest")
same "C019 one PUT by digest sets three tags" 201 "$(status PUT "/v2/field/several/manifests/$several?tag=1.2.3&tag=1.2&tag=latest" -H "Content-Type: $OCI_MANIFEST" --data-binary @"$DIR/manifest")"
same "C019 and names them in OCI-Tag" "1.2 1.2.3 latest" "$(header oci-tag | tr -s ', ' '\n' | sort | paste -sd' ')"
for tag in 1.2.3 1.2 latest; do pushed field/several $tag "$several"; done
same "C019 one bad tag refuses all" 400 "$(status PUT "/v2/field/several/manifests/$several?tag=fine&tag=-bad" -H "Content-Type: $OCI_MANIFEST" --data-binary @"$DIR/manifest")"
same "C019 and sets none" "1.2 1.2.3 latest seed" "$(tags field/several)"

# C107: no Accept at all, and schema 1.
same "C107 HEAD without Accept gives the stored manifest" "200 $OCI_MANIFEST $digest_v1" "$(status HEAD "/v2/$repo/manifests/v1" -H 'Accept:') $(header content-type) $(header docker-content-digest)"
same "C107 as does an Accept of old types only" "200 $OCI_MANIFEST $digest_v1" "$(status GET "/v2/$repo/manifests/v1" -H 'Accept: application/vnd.docker.distribution.manifest.v1+prettyjws') $(header content-type) $(header docker-content-digest)"
printf '{"schemaVersion":1,"name":"%s","tag":"s1","architecture":"amd64","fsLayers":[],"history":[],"signatures":[]}' $repo >"$DIR/schema1"
for type in application/vnd.docker.distribution.manifest.v1+prettyjws application/json; do
    same "C107 a PUT of schema 1 as $type is refused" "400 MANIFEST_INVALID" "$(put_manifest $repo s1 $type "$DIR/schema1") $(error_code)"
done
matches "C107 and says what is not supported" '[Ss]chema' "$(jq -r '.errors[0] | "\(.message) \(.detail)"' "$BODY")"
not_tagged $repo s1
server_stop
