#!/usr/bin/env bash
# Floods, scans and malformed frames by programs that no one here wrote (nmap, hping3, scapy,
# thc-ipv6, dnsperf) and some that are ours, against one engine with two guests. After each it
# serves within a second, and memory and descriptors are back; or it ends with 1.
# Usage: tests/hostile.sh [CASE...]     all cases unless named; as root
#        tests/hostile.sh --setup       installs those programs from Debian
# CORPUS: folders with captures (*.pcap), joined by colons, for 10,000,000 mutated frames (FRAMES,
# SEED). SCALE=0.1 makes floods a tenth as long. SLIPWAY names the binary; out/slipway otherwise.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --setup ]; then
    exec env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        nmap hping3 python3-scapy thc-ipv6 dnsperf dnsmasq-base bind9-dnsutils udhcpc nftables \
        iproute2 iputils-ping gcc
fi
export SLIPWAY=${SLIPWAY:-$PWD/out/slipway}
[ -x "$SLIPWAY" ] || { echo "hostile.sh: no binary at $SLIPWAY; publish it first" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "hostile.sh: needs root, for namespaces" >&2; exit 2; }
for program in nmap hping3 atk6-flood_router26 dnsperf dnsmasq dig udhcpc nft gcc; do
    command -v "$program" >/dev/null ||
        { echo "hostile.sh: no $program; run tests/hostile.sh --setup" >&2; exit 2; }
done
/usr/bin/python3 -c 'import scapy' 2>/dev/null ||
    { echo "hostile.sh: no scapy; run tests/hostile.sh --setup" >&2; exit 2; }
output=$PWD/out/hostile
mkdir -p "$output"
gcc -O2 -Wall -Wextra -o "$output/mutate" tests/checks/mutate.c
exec python3 tests/checks/hostile.py "$output" "$output/mutate" "$@"
