#!/bin/sh
# Makes the initial RAM disk of a guest under QEMU or UML: busybox, Debian's own dig, curl, ping,
# traceroute, tracepath and Python with the libraries they need, and the modules of the cloud
# kernel's virtio.
# Usage: build-initrd.sh OUTPUT TOOLS [KERNEL-VERSION]    TOOLS: the folder with guest.py
set -eu
output=$1 tools=$2 kernel=${3-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/modules" "$root/proc" "$root/run" \
    "$root/sys" "$root/tmp" "$root/usr"
ln -s /bin "$root/usr/bin"

cp /bin/busybox "$root/bin/"
for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done

# Debian's own, whatever stands before /usr/bin in the builder's PATH.
for program in dig curl ping traceroute tracepath python3; do
    rm -f "$root/bin/$program"
    cp -L "/usr/bin/$program" "$root/bin/$program"
done
python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
mkdir -p "$root$python"
(cd "$python" && find . \( -name test -o -name tests -o -name __pycache__ -o -name idlelib \
    -o -name tkinter -o -name lib2to3 -o -name 'config-*' -o -name ensurepip \
    -o -name pydoc_data \) \
    -prune -o -type f -print | cpio -pdmL --quiet "$root$python")

# Every library that a copied program or module names.
find "$root/bin" "$root$python" -type f \( -perm -100 -o -name '*.so' \) -exec ldd {} + \
    2>/dev/null |
    grep -o '/[^ ]*\.so[^ :]*' | sort -u |
    while read -r library; do
        [ -f "$library" ] && [ ! -e "$root$library" ] || continue
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done

# In the order in which they need each other.
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci \
    failover net_failover virtio_net; do
    [ -n "$kernel" ] || break # no modules: UML has all that it needs
    file=$(find "/lib/modules/$kernel" -name "$module.ko" | head -n 1)
    [ -z "$file" ] || { cp "$file" "$root/modules/"; echo "$module" >>"$root/modules/order"; }
done

cp -r "$tools" "$root/tools"
cp "$here/init.sh" "$root/init"
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet) >"$output"
