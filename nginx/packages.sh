# Sourced: installs Debian packages by name, only what is missing.

# install_missing PACKAGE...; services that come with them are not started.
install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    echo "Installing: ${missing[*]}" >&2
    # How Debian is told to start no service (invoke-rc.d(8)): a web server for the tests must not take port 80.
    local policy=/usr/sbin/policy-rc.d status=0
    [ -e "$policy" ] && policy=
    [ -z "$policy" ] || printf '#!/bin/sh\nexit 101\n' | "${root[@]}" install -m 755 /dev/stdin "$policy"
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update >&2 || true
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 || status=$?
    [ -z "$policy" ] || "${root[@]}" rm -f "$policy"
    return "$status"
}

# What the build and the service need.
BUILD_PACKAGES=(libfcgi-dev libcurl4-openssl-dev libmimalloc-dev libxml2-dev libyaml-dev zlib1g-dev pkg-config
    ca-certificates tzdata)

# unpack_program PACKAGE PATH FOLDER: takes one program out of a package into a folder, where it is not there yet. The
# package is not installed, so that no service of it starts; fits programs that need no library of their package.
unpack_program() {
    local package=$1 path=$2 folder=$3 work
    [ -x "$folder/${path##*/}" ] && return 0
    work=$(mktemp -d)
    (
        trap 'rm -rf "$work"' EXIT
        cd "$work"
        download() { apt-get -o APT::Sandbox::User=root download -qq "$package" >&2; }
        if ! download 2>/dev/null; then
            if [ "$(id -u)" -eq 0 ]; then apt-get update -qq >&2; else sudo apt-get update -qq >&2; fi
            download
        fi
        dpkg-deb --fsys-tarfile ./*.deb | tar -x "./$path"
        mkdir -p "$folder"
        mv "./$path" "$folder/"
    )
}
