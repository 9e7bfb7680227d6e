#!/usr/bin/env bash
# Builds checksum.c to libslipway-checksum.so.
# Usage: build.sh [FOLDER]      FOLDER is where the library goes; by default beside this script.
set -eu
source=$(dirname "$(readlink -f "$0")")/checksum.c
output=${1:-$(dirname "$source")}/libslipway-checksum.so
exec "${CC:-gcc}" -O3 -mavx2 -Wall -Wextra -Werror -shared -fPIC -o "$output" "$source"
