# Shared by the set-up scripts: where things are, how a step is remembered, how it speaks.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
stamps=$root/.stamps
venv=$root/.venv
cache=${XDG_CACHE_HOME:-}
[[ $cache == /* ]] || cache=${HOME:?}/.cache
cache=$cache/centralita

say() { printf '> %s\n' "$*" >&2; }

# die SPANISH ENGLISH
die() {
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

# digest: one word for what comes on standard input
digest() { local line; line=$(sha256sum); printf '%s' "${line%% *}"; }

# kept NAME: what the last good run of a step left, empty for none
kept() { if [[ -f $stamps/$1 ]]; then printf '%s' "$(<"$stamps/$1")"; fi; }

# keep NAME WORD: a step went well with these inputs
keep() {
    mkdir -p "$stamps"
    printf '%s\n' "$2" >"$stamps/$1.$$"
    mv "$stamps/$1.$$" "$stamps/$1"
}

# alone: two starts at once take turns; the lock goes with this process
alone() {
    mkdir -p "$stamps"
    exec 9>"$stamps/lock"
    if ! flock --nonblock 9; then
        say "Otra orden de make prepara lo mismo: se espera / another make is preparing the same: waiting"
        flock 9
    fi
}

# own_caches: package managers keep their downloads in our folder, so `make clean` can take them away
own_caches() {
    mkdir -p "$cache"
    export UV_CACHE_DIR=$cache/uv PIP_CACHE_DIR=$cache/pip npm_config_cache=$cache/npm npm_config_update_notifier=false
    # A hard link cannot cross file systems, and uv complains at length before it copies.
    if [[ $(stat -c %d "$cache") != $(stat -c %d "$root") ]]; then export UV_LINK_MODE=copy; fi
    local bundle=/etc/ssl/certs/ca-certificates.crt
    if [[ -s $bundle ]]; then
        export SSL_CERT_FILE=${SSL_CERT_FILE:-$bundle} NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$bundle}
    fi
}

# by_own_loader TREE PROGRAM PLACE: at PLACE, a command for a program of an unpacked Debian tree, with the tree's own
# loader and libraries. Bookworm still has packages that unpack into /lib, beside those that unpack into /usr/lib.
by_own_loader() {
    local tree=$1 program=$2 place=$3 loader triplet
    for loader in "$tree"/lib/*/ld-linux-*.so.*; do
        [[ -x $loader ]] || continue
        triplet=${loader%/*}
        triplet=${triplet##*/}
        printf '#!/bin/sh\nexec "%s" --library-path "%s:%s" "%s" "$@"\n' \
            "$loader" "$tree/lib/$triplet" "$tree/usr/lib/$triplet" "$program" >"$place.$$"
        chmod +x "$place.$$"
        mv "$place.$$" "$place"
        return
    done
    die "No hay cargador de programas en $tree: «make clean» y repita." "No program loader in $tree: \`make clean\` and try again."
}
