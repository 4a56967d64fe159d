# Sourced: installs Debian packages by name, only what is missing.

# install_missing PACKAGE...
install_missing() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local root=()
    [ "$(id -u)" -eq 0 ] || root=(sudo)
    echo "Installing: ${missing[*]}" >&2
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# What the build and the service need.
BUILD_PACKAGES=(libfcgi-dev libcurl4-openssl-dev libxml2-dev libyaml-dev pkg-config ca-certificates tzdata)

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
