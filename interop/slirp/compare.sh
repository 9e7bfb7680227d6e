#!/usr/bin/env bash
# A QEMU guest's download and upload on the shim and on the original libslirp, by turns.
# Usage: interop/slirp/compare.sh [ROUNDS [MIB]]     as root, after interop/slirp/build.sh
# Needs what tests/setup.sh installs. Prints milliseconds, a line a transfer.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-3} mib=${2:-64}
shim=$PWD/out/abi/lib/libslipway-slirp.so tools=$PWD/tests/Slipway.System/tools
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
kernel=$(ls /boot/vmlinuz-*cloud-amd64 | tail -n 1)
sh tests/Slipway.System/qemu/build-initrd.sh "$work/initrd" "$tools" "${kernel#/boot/vmlinuz-}"
mkfifo "$work/held"
exec 9<>"$work/held" # the server goes when its input ends
python3 "$tools/serve.py" 127.0.0.1 7007 <&9 >"$work/server" & server=$!

# One machine, which runs the transfers and goes.
measure() {
    local name=$1; shift
    { sleep 8
      for way in down up; do echo "python3 /tools/guest.py $way 10.0.2.2 7007 $((mib << 20))"; done
      echo "poweroff -f"
      sleep $((mib / 4)); } |
        env "$@" timeout 120 qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 1 -m 768 \
            -display none -monitor none -nodefaults -no-reboot -serial null -serial stdio \
            -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyS0 panic=-1 quiet" \
            -netdev user,id=n -device virtio-net-pci,netdev=n,romfile= |
        sed -n "s/.*\"ms\": *\([0-9.]*\).*/$name \1/p"
}

for _ in $(seq "$rounds"); do
    measure slipway LD_PRELOAD="$shim"
    measure libslirp SLIRP=original
done
