#!/usr/bin/env bash
# An hour of mixed load on one engine, with guests, resolvers and upstreams that come and go:
# memory, descriptors and latencies are to be at its end what they were when they had settled.
# Usage: tests/soak.sh [SECONDS] [FOLDER]    3600 seconds, out/soak. Needs root and what
# tests/setup.sh installs. SLIPWAY=PATH is another binary than out/slipway.
set -eu
cd "$(dirname "$0")/.."
binary=${SLIPWAY:-$PWD/out/slipway}
[ -x "$binary" ] || {
    echo "soak.sh: $binary is not there; engine/build/slipway.sh builds it" >&2
    exit 2
}
ulimit -n "$(ulimit -Hn)"
exec python3 tests/soak/soak.py "$binary" "${1:-3600}" "${2:-out/soak}"
