# shellcheck shell=bash
# Sourced by every case after lib.sh: puts the client in place, and says by name what cannot be had.

# debian PACKAGE…: installs what is missing. Daemons that a package would start stay down: each case starts its own.
debian() {
    local package missing=() policy=/usr/sbin/policy-rc.d
    for package; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        on_exit "rm -f $policy"
    fi
    [[ -e $WORK/apt-updated ]] || { apt-get update && touch "$WORK/apt-updated"; } || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" || {
        bad "missing: Debian package ${missing[*]} cannot be installed"
        exit 1
    }
}

# go_module MODULE-OR-PACKAGE@VERSION [GO-GET-FLAG…]: enters a new module, in the case's folder, that needs just this. Building
# there, not with `go install`, also takes modules whose go.mod has exclude or replace lines.
go_module() {
    command -v go || {
        bad "missing: go, to build $1"
        exit 1
    }
    export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
    rm -rf "$DIR/module"
    mkdir "$DIR/module"
    cd "$DIR/module" || return
    printf 'module weir.example/conformance\n\ngo 1.26\n' >go.mod
    go get "${@:2}" "$1"
}

# go_tool NAME PACKAGE VERSION [BUILD-FLAG…]: builds a Go command once per version and puts it on the path as NAME.
go_tool() {
    local name=$1 package=$2 version=$3 built=$WORK/bin/$1-$3
    shift 3
    if [[ ! -x $built ]]; then
        (go_module "$package@$version" && go build "$@" -o "$DIR/built" "$package") || {
            bad "missing: $name $version does not build" "$(tail -n 3 "$LOG")"
            exit 1
        }
        mv "$DIR/built" "$built"
    fi
    ln -sf "$built" "$DIR/bin/$name"
}

# tls_proxy: nginx in front of the server, ending TLS with a certificate nobody knows and adding no header of its own.
# Sets TLS_HOST.
tls_proxy() {
    local port pid
    debian nginx-light openssl
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$DIR/tls.key" -out "$DIR/tls.crt" -days 2 -subj /CN=127.0.0.1 \
        -addext subjectAltName=IP:127.0.0.1
    port=$(free_port)
    TLS_HOST=127.0.0.1:$port
    cat >"$DIR/nginx.conf" <<END
daemon off;
pid $DIR/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $DIR/tmp;
    proxy_temp_path $DIR/tmp;
    fastcgi_temp_path $DIR/tmp;
    uwsgi_temp_path $DIR/tmp;
    scgi_temp_path $DIR/tmp;
    server {
        listen $TLS_HOST ssl http2;
        ssl_certificate $DIR/tls.crt;
        ssl_certificate_key $DIR/tls.key;
        client_max_body_size 0;
        location / {
            proxy_pass $BASE;
            proxy_http_version 1.1;
            proxy_request_buffering off;
        }
    }
}
END
    nginx -c "$DIR/nginx.conf" -p "$DIR" 3>&- &
    pid=$!
    on_exit "stop $pid"
    must "nginx with TLS is up" eventually 100 curl -skf -o "$DIR/ready" "https://$TLS_HOST/v2/"
}
