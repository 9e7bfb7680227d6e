#!/usr/bin/env bash
# What a guest has left beside one that floods: its requests and its lookups a second, alone and
# beside each kind of flood, in turns. A ratio of 0.5 is a fair share of one engine for two.
# Usage: perf/fairness.sh [SECONDS]     as root; needs python3 and iproute2
#
#   quiet guest ==TAP==+
#                      slipway (core 0) -- host namespace: a server on the loopback
#   flooding  ==TAP====+
#
# Guests and server have the other core, and "alone" is beside the same program flooding its own
# loopback: what it takes of that core is no matter of the engine's. SLIPWAY names the binary;
# out/slipway otherwise. ROUNDS (3) rounds, of which the median counts.
set -eu

seconds=${1:-3}
rounds=${ROUNDS:-3}
here=$(cd "$(dirname "$0")" && pwd)
slipway=${SLIPWAY:-$here/../out/slipway}
tool="python3 $here/fairness.py"
host=slipway-fair-$$-host
quiet=slipway-fair-$$-quiet
loud=slipway-fair-$$-loud
folder=$(mktemp -d)
started=

clean() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    wait
    for name in "$host" "$quiet" "$loud"; do ip netns del "$name" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap clean EXIT

for name in "$host" "$quiet" "$loud"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
done

# Where black holes are: packets leave, and nothing comes back.
ip -n "$host" link add hole type veth peer name bottom
ip -n "$host" link set hole up
ip -n "$host" link set bottom up
ip -n "$host" addr add 10.91.0.1/24 dev hole
ip -n "$host" route add default via 10.91.0.2
ip -n "$host" neigh add 10.91.0.2 lladdr 02:00:00:00:00:02 dev hole

ip netns exec "$host" taskset -c 1 $tool server 127.0.0.1 7007 &
started="$started $!"
mkfifo "$folder/ready"
ip netns exec "$host" taskset -c 0 "$slipway" run --control "unix:$folder/control.sock" \
    --link "tap:tap0,netns=/run/netns/$quiet" --link "tap:tap0,netns=/run/netns/$loud" \
    --ready-fd 3 3>"$folder/ready" 2>"$folder/log" &
started="$started $!"
read -r _ <"$folder/ready" || true

in_quiet() { ip netns exec "$quiet" taskset -c 1 $tool "$@"; }
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

requests() { in_quiet requests 192.168.127.254 7007 "$seconds"; }
lookups() { in_quiet lookups 192.168.127.1 "$seconds"; }

printf '%-10s %-9s %9s %9s %6s %12s\n' flood measured alone beside ratio 'frames/s'
for kind in syn udp dns fragments; do
    for what in requests lookups; do
        : >"$folder/lo"
        : >"$folder/tap0"
        for _ in $(seq "$rounds"); do
            for where in lo tap0; do
                ip netns exec "$loud" taskset -c 1 $tool flood "$kind" "$where" \
                    "$((seconds + 2))" >"$folder/flood" &
                flooding=$!
                sleep 1
                $what >>"$folder/$where"
                wait "$flooding"
            done
        done
        alone=$(median <"$folder/lo")
        beside=$(median <"$folder/tap0")
        printf '%-10s %-9s %9s %9s %6s %12s\n' "$kind" "$what" "$alone" "$beside" \
            "$(awk "BEGIN { printf \"%.2f\", $beside / ($alone ? $alone : 1) }")" \
            "$(cat "$folder/flood")"
    done
done
"$slipway" stats --control "unix:$folder/control.sock" | grep -E '^(bound|dropped)' || true
