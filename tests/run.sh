#!/usr/bin/env bash
# Sets up, builds, publishes the binary and runs all tests.
# Usage: tests/run.sh [NAME...]    with names: only the test projects whose name contains one.
# The last line is `N passed, N failed, N skipped` over all projects; exits 1 if anything failed.
# FUZZ_SECONDS is how long each fuzz target is smoked, 10 if unset.
# SLIPWAY=PATH tests that binary instead of publishing one to out/slipway, SLIPWAY_ABI=PATH that
# library instead of out/abi.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD results=$PWD/TestResults started=$SECONDS
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
# Build nodes that outlive the build would keep the caller's output open.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

say() { echo "== [$((SECONDS - started)) s] $*"; }

# Runs a step with its output in a log; shows the log's end when the step fails.
step() {
    local name=$1 log; shift
    log=$results/$name.log
    say "$name"
    if ! "$@" </dev/null >"$log" 2>&1; then
        echo "run.sh: $name failed; the end of $log:" >&2
        grep -E ': (error|warning) ' "$log" | sort -u | head -n 40 >&2
        tail -n 15 "$log" >&2
        return 1
    fi
}

# A package feed may answer slowly or not at all for a moment; what has arrived stays.
restore() {
    local attempt
    for attempt in 1 2 3 4 5 6; do
        timeout 300 dotnet restore Engine.sln -v q && return 0
        echo "restore: attempt $attempt failed"
        sleep $((attempt * 3))
    done
    return 1
}

publish() {
    local attempt
    for attempt in 1 2 3; do
        # Restores the compiler's package too, which the solution's restore does not.
        timeout 900 dotnet publish "$@" -c Release -v q && return 0
        grep -q 'error NU' "$results"/publish*.log || return 1
        echo "publish: attempt $attempt could not restore"
        sleep $((attempt * 3))
    done
    return 1
}

give_up() {
    say "the tests could not start"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

rm -rf "$results"; mkdir -p "$results"
say setup
tests/setup.sh </dev/null || give_up
step restore restore || give_up
step build dotnet build Engine.sln -c Release --no-restore -v q || give_up
if [ -z "${SLIPWAY:-}" ]; then
    step publish publish engine/Slipway -o out || give_up
    export SLIPWAY=$root/out/slipway
fi
if [ -z "${SLIPWAY_ABI:-}" ]; then
    step publish-shared publish interop/Slipway.Abi || give_up
    step publish-static publish interop/Slipway.Abi -p:NativeLib=Static || give_up
    export SLIPWAY_ABI=$root/out/abi
fi

passed=0 failed=0 skipped=0 broken=

# Adds the figures of one project's report; a project that left none has failed as a whole.
count() {
    local report=$1 status=$2 counters total executed good bad
    counters=$(grep -o '<Counters [^>]*' "$report" 2>/dev/null)
    if [ -z "$counters" ]; then
        [ "$status" = 0 ] && { echo "   no tests"; return; }
        failed=$((failed + 1)); broken="$broken $3"
        return
    fi
    number() { grep -o " $1=\"[0-9]*" <<<"$counters" | grep -o '[0-9]*$'; }
    total=$(number total) executed=$(number executed) good=$(number passed)
    bad=$((executed - good))
    # Every test passed, and yet the run did not: a crash after the last test, or in a fixture.
    [ "$status" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + total - executed))
    [ "$bad" = 0 ] || broken="$broken $3"
}

# The system tests come last: they wait more than they work, and nothing else runs beside them.
projects=$(ls -d tests/*/*.csproj | grep -v -e Slipway.Testing -e Slipway.System
    ls tests/Slipway.System/*.csproj)

two_workers=FullyQualifiedName!~Qemu
for name in Apt Configuration Dhcp6 Docker Gvproxy HostileTool Ipv6Switch Lease Manual Memory \
    NameFollow NameResolved NameTls NameUpstream NeighborDiscovery Page Resolver Sandbox \
    SeqPacket ServiceManager Shell SlirpShim Switch VhostUser Vpnkit Watch; do
    two_workers="$two_workers&FullyQualifiedName!~SystemTests.$name"
done

# Runs one project's tests, those of a filter if one is given, under a name.
try() {
    local project=$1 name=$2 filter=${3:-}
    say "test $name"
    timeout --kill-after=30 1200 dotnet test "$project" -c Release --no-build --nologo \
        ${filter:+--filter "$filter"} \
        --results-directory "$results" --logger "trx;LogFileName=$name.trx" \
        --logger "console;verbosity=${VERBOSITY:-minimal}" </dev/null 2>&1 |
        tee "$results/$name.log"
    return "${PIPESTATUS[0]}"
}

# Whole machines and other links, which wait more than they work: with the second half below.
rest= main=
for name in Qemu VhostUser SeqPacket SlirpShim; do
    rest="$rest${rest:+|}FullyQualifiedName~SystemTests.$name"
    main="$main${main:+&}FullyQualifiedName!~SystemTests.$name"
done

# The system tests in two halves beside each other. The second has those on two workers, but for
# what one of them does alone or no worker does, and for machines, which are slow; then the rest of
# those on one, with the fuzz targets in what all others leave of the processors.
try_system() {
    local project=$1
    if [ -n "${SLIPWAY_WORKERS:-}" ]; then
        try "$project" Slipway.System
        count "$results/Slipway.System.trx" $? Slipway.System
        return
    fi
    try_second "$project" &
    try "$project" Slipway.System "$main"
    count "$results/Slipway.System.trx" $? Slipway.System
    wait
    local name
    for name in 2workers rest; do
        count "$results/Slipway.System.$name.trx" "$(cat "$results/$name.status")" \
            "Slipway.System.$name"
    done
}

try_second() {
    # Engines of both halves would look whether there is one at the usual control path, and one
    # that has been looked at has its server in memory.
    XDG_RUNTIME_DIR=$(mktemp -d /tmp/slipway-run-XXXXXX)
    export XDG_RUNTIME_DIR
    SLIPWAY_WORKERS=2 try "$1" Slipway.System.2workers "$two_workers"
    echo $? >"$results/2workers.status"
    [ -z "$whole" ] || smoke &
    try "$1" Slipway.System.rest "$rest"
    echo $? >"$results/rest.status"
    wait
    rm -rf "$XDG_RUNTIME_DIR"
}

# Each fuzz target for some seconds.
smoke() {
    say "fuzz, ${FUZZ_SECONDS:-10} s a target"
    NO_BUILD=1 nice -n 15 fuzz/run.sh smoke "${FUZZ_SECONDS:-10}" </dev/null \
        2>"$results/fuzz.log" | tee "$results/fuzz.txt"
}

# Adds each target as a test of its own.
count_smoke() {
    local good bad
    good=$(grep -c '^ok ' "$results/fuzz.txt") bad=$(grep -c '^FAIL ' "$results/fuzz.txt")
    # One that hangs ends without a line.
    [ "$bad" -gt 0 ] || [ "$good" = "$(NO_BUILD=1 fuzz/run.sh list | wc -l)" ] || bad=1
    passed=$((passed + good)) failed=$((failed + bad))
    [ "$bad" = 0 ] || { broken="$broken fuzz"; cat "$results/fuzz.log"; }
}

whole=$([ $# = 0 ] && echo yes)
rm -f "$results/fuzz.txt"
for project in $projects; do
    name=$(basename "$project" .csproj)
    wanted=$whole
    for pattern in "$@"; do case $name in *"$pattern"*) wanted=yes ;; esac; done
    [ -n "$wanted" ] || continue
    if [ "$name" = Slipway.System ]; then try_system "$project"; continue; fi
    try "$project" "$name"
    count "$results/$name.trx" $? "$name"
done

if [ -n "$whole" ]; then
    [ -e "$results/fuzz.txt" ] || smoke
    count_smoke
fi

[ -z "$broken" ] || say "failed in:$broken"
say "reports are in $results"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
