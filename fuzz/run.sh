#!/usr/bin/env bash
# Fuzzes what reads bytes of others. Builds and instruments what it needs.
# Usage: fuzz/run.sh TARGET SECONDS       one target, for a time
#        fuzz/run.sh all SECONDS          each of them for this time, one after the other
#        fuzz/run.sh smoke [SECONDS]      the same, two at a time (10 seconds each; CI)
#        fuzz/run.sh replay TARGET FILE   an input again, with the exception that it ends in
#        fuzz/run.sh list                 the targets' names
#        fuzz/run.sh afl TARGET SECONDS   under AFL++ (Debian's afl++)
# Findings are kept in out/fuzz/findings, what was learned in out/fuzz/corpus; fuzz/corpus is in the
# repository, and its inputs are executed first. Exits 1 on a finding, 3 on a hang.
set -eu
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/out/fuzz
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# The instrumented copy is made anew when the build is newer.
prepare() {
    local built=$root/fuzz/Slipway.Fuzz/bin/Release/net10.0
    [ -n "${NO_BUILD:-}" ] ||
        dotnet build fuzz/Slipway.Fuzz -c Release -v q -p:RunAnalyzers=false >&2
    if [ ! -e "$work/bin/ready" ] || [ "$built/Slipway.Fuzz.dll" -nt "$work/bin/ready" ] ||
        [ -n "$(find "$built" -name 'Slipway.*.dll' -newer "$work/bin/ready")" ]; then
        rm -rf "$work/bin"; mkdir -p "$work"
        cp -r "$built" "$work/bin"
        (cd "$work/bin" && dotnet Slipway.Fuzz.dll instrument Slipway.Wire.dll Slipway.Stack.dll \
            Slipway.Links.dll Slipway.Host.dll Slipway.Services.dll Slipway.Engine.dll \
            Slipway.Control.dll >&2)
        touch "$work/bin/ready"
    fi
}

fuzz() { dotnet "$work/bin/Slipway.Fuzz.dll" "$@"; }

run() {
    fuzz run "$@" --corpus "$root/fuzz/corpus" --findings "$work/findings" \
        --save "$work/corpus" --seed "${SEED:-1}"
}

case ${1:-} in
list) prepare; fuzz list ;;
replay) prepare; fuzz replay "$2" "${@:3}" ;;
all) prepare; run --seconds "$2" ;;
smoke)
    prepare
    status=0 seconds=${2:-10}
    export -f run fuzz; export root work
    fuzz list | xargs -P 2 -I{} bash -c 'run {} --seconds '"$seconds" || status=1
    exit $status
    ;;
afl)
    prepare
    rm -rf "$work/afl/$2"; mkdir -p "$work/afl/$2"
    seeds=$work/corpus/$2
    [ -d "$seeds" ] || run "$2" --seconds 1
    AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 \
        afl-fuzz -V "$3" -t 5000 -i "$seeds" -o "$work/afl/$2" \
        dotnet "$work/bin/Slipway.Fuzz.dll" afl "$2"
    ;;
'' | -*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"; exit 2 ;;
*) prepare; run "$1" --seconds "${2:?how many seconds}" ;;
esac
