#!/usr/bin/env bash
# Makes one archive of the compiled library and the parts of the runtime that it needs, so that a
# program links nothing but libslipway.a and system libraries. Only slipway_* is visible in it.
# Usage: merge-static.sh OUTPUT.a OBJECT LIBRARY...     the .o and .a files that a linker would take
set -eu
output=$1 object=$2; shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ld -r --wrap=signal -o "$work/whole.o" "$object" --start-group "$@" --end-group
objcopy --strip-debug --wildcard --keep-global-symbol='slipway_*' "$work/whole.o" "$work/slipway.o"
rm -f "$output"
ar rcs "$output" "$work/slipway.o"
