# Sourced: installs and builds what the benchmarks start. Leaves the programs in $programs.

benchmarks=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$benchmarks/../.." && pwd)
# shellcheck source=nginx/packages.sh
. "$root/nginx/packages.sh"

# prepare PACKAGE...: what is built here, and the packages that the peers need beyond it.
prepare() {
    install_missing "${BUILD_PACKAGES[@]}" nginx python3 gcc libc6-dev "$@"
    PATH=$PATH:/usr/sbin
    ulimit -n "$(ulimit -Hn)"
    programs=$root/.build-benchmarks/programs
    mkdir -p "$programs"

    echo "Building ..." >&2
    # The binary as it is shipped: release, the Swift libraries inside.
    local build=(swift build --package-path "$root" -c release --static-swift-stdlib --product flowhook)
    "${build[@]}" < /dev/null > "$programs/build.log" 2>&1 || { tail -n 40 "$programs/build.log" >&2; exit 1; }
    ln -sf "$("${build[@]}" --show-bin-path)/flowhook" "$programs/flowhook"
    local flags=(-O2 -g -Wall -Wextra -Werror)
    gcc "${flags[@]}" -o "$programs/load" "$benchmarks/tools/load.c"
    gcc "${flags[@]}" -o "$programs/service" "$benchmarks/tools/service.c"
    local floor=("${flags[@]}" "$benchmarks/peers/floor.c" -lfcgi -lpthread)
    gcc -o "$programs/floor" "$benchmarks/peers/by-hand.c" "${floor[@]}"
    # The allocator is the one that Flowhook uses.
    gcc -o "$programs/floor-libcurl" "$benchmarks/peers/by-libcurl.c" "${floor[@]}" -lcurl -Wl,--no-as-needed -lmimalloc
    # shellcheck disable=SC2046
    gcc "${flags[@]}" -o "$programs/cgi-floor" "$benchmarks/peers/cgi-floor.c" \
        $(pkg-config --cflags --libs fcgi libcurl libxml-2.0 yaml-0.1) -Wl,--no-as-needed -lmimalloc
    if command -v go > /dev/null; then (cd "$benchmarks/peers/go" && go build -o "$programs/go" .); fi
}
