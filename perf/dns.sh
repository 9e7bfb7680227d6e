#!/usr/bin/env bash
# Cached answers a second and their latency, Slipway's beside unbound's in the same run.
# Usage: perf/dns.sh [SECONDS]     as root; apt-get install dnsperf unbound bind9-dnsutils
#
#   guest ==TAP== slipway (core 0) -- host namespace: unbound with local data, for what is not kept
#   guest ==veth= unbound (core 0), the same questions
#
# dnsperf has the other core. SLIPWAY names the binary; out/slipway otherwise. ROUNDS (3) rounds.
set -eu

seconds=${1:-5}
rounds=${ROUNDS:-3}
slipway=${SLIPWAY:-$(cd "$(dirname "$0")/.." && pwd)/out/slipway}
host=slipway-dns-$$-host
guest=slipway-dns-$$-guest
folder=$(mktemp -d)
chmod 755 "$folder"
started=

clean() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    ip netns del "$host" 2>/dev/null || true
    ip netns del "$guest" 2>/dev/null || true
    rm -rf "$folder" "/etc/netns/$host"
}
trap clean EXIT

for name in "$host" "$guest"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
done
ip link add veth0 netns "$host" type veth peer name veth0 netns "$guest"
ip -n "$host" addr add 10.90.0.1/24 dev veth0
ip -n "$guest" addr add 10.90.0.2/24 dev veth0
ip -n "$host" link set veth0 up
ip -n "$guest" link set veth0 up
mkdir -p "/etc/netns/$host"
echo "nameserver 127.0.0.1" >"/etc/netns/$host/resolv.conf"
echo "hosts: files dns" >"/etc/netns/$host/nsswitch.conf"
: >"/etc/netns/$host/hosts"

# Answers of unbound's own data are as near as it has to answers that are kept.
{
    echo "server:"
    for line in 'interface: 127.0.0.1' 'interface: 10.90.0.1' 'access-control: 0.0.0.0/0 allow' \
        'num-threads: 1' 'do-daemonize: no' 'use-syslog: no' 'chroot: ""' 'username: ""' \
        "pidfile: \"\"" "directory: \"$folder\"" 'local-zone: "bench.test." static'; do
        echo "    $line"
    done
    for i in $(seq 1 1000); do
        echo "    local-data: \"n$i.bench.test. 3600 IN A 192.0.2.$((i % 250 + 1))\""
        echo "n$i.bench.test A" >>"$folder/questions"
    done
} >"$folder/unbound.conf"

ip netns exec "$host" taskset -c 0 unbound -c "$folder/unbound.conf" >"$folder/unbound.log" 2>&1 &
started="$started $!"
ip netns exec "$host" taskset -c 0 "$slipway" run --link "tap:tap0,netns=/run/netns/$guest" \
    >"$folder/slipway.log" 2>&1 &
engine=$!
started="$started $engine"

for server in 192.168.127.1 10.90.0.1; do
    for attempt in $(seq 1 100); do
        ip netns exec "$guest" dig +tries=1 +time=1 +short "@$server" n1.bench.test |
            grep -q 192.0.2 && break
        [ "$attempt" != 100 ] || { echo "dns.sh: $server does not answer" >&2
            cat "$folder"/*.log >&2; exit 1; }
        sleep 0.1
    done
done

# $1 who, $2 address: one line of the table.
measure() {
    before=$(cut -d' ' -f14,15 "/proc/$engine/stat")
    ip netns exec "$guest" taskset -c 1 dnsperf -s "$2" -d "$folder/questions" -l "$seconds" \
        -c 8 -q "${OUTSTANDING:-200}" -S 0 -v >"$folder/run" 2>&1 ||
        { cat "$folder/run" >&2; exit 1; }
    after=$(cut -d' ' -f14,15 "/proc/$engine/stat")
    # With -v each answer has a line: "> NOERROR NAME TYPE SECONDS".
    p99=$(awk '$1 == ">" {print $NF}' "$folder/run" | sort -n |
        awk '{v[NR] = $1} END {printf "%.0f", v[int(NR * 0.99)] * 1000000}')
    rate=$(awk '/Queries per second/ {printf "%.0f", $4}' "$folder/run")
    lost=$(awk '/Queries lost/ {print $3}' "$folder/run")
    ticks=$(echo "$before $after" | awk '{print $3 + $4 - $1 - $2}')
    printf '| %s | %s | %s | %s | %s |\n' "$1" "$rate" "$p99" "$lost" "$ticks"
}

# Every name is kept after this.
ip netns exec "$guest" dnsperf -s 192.168.127.1 -d "$folder/questions" -n 3 >/dev/null 2>&1

echo "| | queries/s | p99, us | lost | engine's ticks of 10 ms |"
echo "|---|---|---|---|---|"
for round in $(seq 1 "$rounds"); do
    measure "slipway, kept, round $round" 192.168.127.1
    measure "unbound, round $round" 10.90.0.1
done
