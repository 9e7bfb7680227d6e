#!/usr/bin/env bash
# Runs slipway from the source, setting up what is missing first: Debian packages, then the binary.
# Usage: engine/build/slipway.sh [ARGUMENT...]    arguments are slipway's; what this script says
# goes to standard error, so that standard output is the command's alone.
set -eu
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=$root/out/slipway
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
export MSBUILDDISABLENODEREUSE=1

say() { echo "slipway.sh: $*" >&2; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "not root and no sudo; run as root: $*"
        exit 1
    fi
}

# Installs packages.
install() {
    say "installing $*"
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "$@" >&2
}

# The binary is up to date when no source is newer.
is_current() {
    [ -x "$binary" ] && [ -z "$(find "$root/engine" "$root/interop" -newer "$binary" \
        \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' \) \
        -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ]
}

missing=
command -v unshare >/dev/null || missing="$missing util-linux"
if ! is_current; then
    command -v dotnet >/dev/null || { say "install the .NET 10 SDK first"; exit 1; }
    command -v clang >/dev/null || missing="$missing clang"
    [ -e /usr/include/zlib.h ] || missing="$missing zlib1g-dev"
fi
# shellcheck disable=SC2086 # one word a package
[ -z "$missing" ] || install $missing

if ! is_current; then
    say "publishing to out/slipway (about a minute)"
    for attempt in 1 2 3; do
        dotnet publish "$root/engine/Slipway" -c Release -o "$root/out" -v q >&2 && break
        [ "$attempt" != 3 ] || { say "publishing failed"; exit 1; }
    done
fi
exec "$binary" "$@"
