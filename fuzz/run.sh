#!/usr/bin/env bash
# Fuzzes what reads bytes of others. Builds and instruments what it needs.
# Usage: fuzz/run.sh TARGET SECONDS       one target, for a time
#        fuzz/run.sh all SECONDS          each of them for this time, one after the other
#        fuzz/run.sh smoke [SECONDS]      the same, two at a time (10 seconds each; CI)
#        fuzz/run.sh replay TARGET FILE   an input again, with the exception that it ends in
#        fuzz/run.sh list                 the targets' names
#        fuzz/run.sh coverage [SECONDS] what share of its parsers' branches each target reaches,
#                                       with all that was learned; before, each is run so long
#        fuzz/run.sh seed FOLDER [TO]   keep of the pcap files of a folder, layer by layer, what
#                                       takes branches that no input has taken
#        fuzz/run.sh afl TARGET SECONDS   under AFL++ (Debian's afl++)
# Findings are kept in out/fuzz/findings, what was learned in out/fuzz/corpus; fuzz/corpus is in the
# repository. The inputs of both are executed first. Exits 1 on a finding, 3 on a hang.
set -eu
cd "$(dirname "$0")/.."
root=$PWD work=$PWD/out/fuzz
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

# An instrumented copy is made anew when the build is newer.
prepare() {
    local built=$root/fuzz/Slipway.Fuzz/bin/Release/net10.0 copy=$work/${1:-bin}
    [ -n "${NO_BUILD:-}" ] ||
        dotnet build fuzz/Slipway.Fuzz -c Release -v q -p:RunAnalyzers=false >&2
    if [ ! -e "$copy/ready" ] || [ "$built/Slipway.Fuzz.dll" -nt "$copy/ready" ] ||
        [ -n "$(find "$built" -name 'Slipway.*.dll' -newer "$copy/ready")" ]; then
        rm -rf "$copy"; mkdir -p "$work"
        cp -r "$built" "$copy"
        (cd "$copy" && dotnet Slipway.Fuzz.dll instrument Slipway.Wire.dll Slipway.Stack.dll \
            Slipway.Links.dll Slipway.Host.dll Slipway.Services.dll Slipway.Engine.dll \
            Slipway.Control.dll >&2)
        touch "$copy/ready"
    fi
}

fuzz() { dotnet "$work/bin/Slipway.Fuzz.dll" "$@"; }

run() {
    fuzz run "$@" --corpus "$root/fuzz/corpus" --corpus "$work/corpus" --findings "$work/findings" \
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
seed)
    prepare
    fuzz seed "$2" --corpus "$root/fuzz/corpus" --corpus "$work/corpus" \
        --findings "$work/findings" --save "${3:-$work/corpus}"
    ;;
coverage)
    prepare
    [ "${2:-0}" = 0 ] || run --seconds "$2" >&2
    SHARPFUZZ_ENABLE_ON_BRANCH_CALLBACK=1 NO_BUILD=1 prepare cover
    dotnet "$work/cover/Slipway.Fuzz.dll" cover "$root/fuzz/corpus" "$work/corpus"
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
