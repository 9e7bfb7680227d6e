#!/usr/bin/env bash
# Builds speed against out/abi and runs it.
# Usage: perf/abi/run.sh [ROUNDS [SECONDS]]    after `dotnet publish interop/Slipway.Abi -c Release`
set -eu
cd "$(dirname "$0")"
abi=$(realpath "${SLIPWAY_ABI:-../../out/abi}")
program=$(mktemp)
trap 'rm -f "$program"' EXIT
${CC:-gcc} -std=gnu11 -O2 -g -Wall -Wextra -Werror -o "$program" speed.c bulk.c queues.c ring.c \
    -I"$abi/include" -L"$abi/lib" -lslipway -lpthread -Wl,-rpath,"$abi/lib"
"$program" "$@"
