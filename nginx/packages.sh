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
