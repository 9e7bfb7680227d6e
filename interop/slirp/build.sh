#!/usr/bin/env bash
# Builds out/abi/lib/libslipway-slirp.so, libslirp's functions on the engine, beside libslipway.so.
# Usage: interop/slirp/build.sh      after `dotnet publish interop/Slipway.Abi -c Release`
# CC=clang chooses another compiler, SLIPWAY_ABI=PATH another library than out/abi.
set -eu
cd "$(dirname "$0")"
abi=${SLIPWAY_ABI:-../../out/abi}
[ -e "$abi/lib/libslipway.so" ] ||
    { echo "build.sh: no library; run dotnet publish interop/Slipway.Abi -c Release" >&2; exit 1; }
[ -e /usr/include/slirp/libslirp.h ] ||
    { echo "build.sh: libslirp's header is missing; apt-get install libslirp-dev" >&2; exit 1; }
${CC:-gcc} -std=gnu11 -O2 -g -fPIC -shared -Wall -Wextra -Werror -Wl,-z,defs \
    -o "$abi/lib/libslipway-slirp.so" slirp.c configuration.c forwards.c say.c \
    -I"$abi/include" -L"$abi/lib" -lslipway -Wl,-rpath,'$ORIGIN'
