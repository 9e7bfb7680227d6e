#!/usr/bin/env bash
# Installs from Debian what the tests need, only what is missing, and opens /dev/net/tun to users.
# Usage: tests/setup.sh      as root, or as a user who may use sudo.
# Running it again changes nothing.
set -eu

# What each package is for:
#   iproute2, nftables, ethtool         namespaces, links, the raw-segment tests' silence, offloads
#   iputils-*, traceroute, bind9-*      the stock programs that a guest judges its network by
#   curl, socat, dnsmasq-base, python3  servers and clients of the tests
#   unbound, dnsperf, openssl           name servers upstream, also over TLS; load of queries
#   dbus-daemon, systemd                the bus and the libraries of systemd-resolved (below)
#   nginx-light, wget                   the server behind the proxy, by HTTP and HTTPS; a client
#   isc-dhcp-client, udhcpc             stock DHCP clients
#   ndisc6, thc-ipv6                    rdisc6 and ndisc6; attacks on a link's IPv6
#   qemu, linux-image, busybox, cpio    a guest with a kernel of its own
#   user-mode-linux                     another one, an ordinary process
#   clang, gcc, zlib1g-dev              Native AOT links with them; programs in C of the tests
#   pkg-config                          how those find the library
#   libslirp-dev                        the header of what interop/slirp takes the place of
#   util-linux, procps                  unshare, runuser, prlimit; ps
#   nmap, wrk                           stock clients of published ports
#   hping3, python3-scapy               floods, and TCP's edges by hand
#   squid, tinyproxy, microsocks,       upstream proxies: HTTP with passwords, SOCKS 5
#   dante-server
#   dpkg-dev                            a repository for apt-get behind the proxy
#   openssh-client, openssh-server      sockets of a guest that are forwarded by ssh
#   stunnel4                            TLS before one of them: an https:// proxy
#   libglib2.0-bin, gsettings-*         the desktop's proxy settings, by gsettings
#   prometheus                          promtool, which judges the metrics
#   tshark, tcpdump                     (and capinfos) which read captures
#   chromium                            a browser for the status page
#   mandoc, bash, zsh, fish             what reads the manual page and the completions
#   docker.io, docker-compose, podman   container engines in a guest, and clients on the host
#   iptables, containernetworking-*     what these publish ports with
packages="iproute2 nftables ethtool iputils-ping iputils-tracepath traceroute bind9-dnsutils
    curl socat dnsmasq-base python3 unbound dnsperf openssl dbus-daemon systemd nginx-light wget
    isc-dhcp-client udhcpc ndisc6 thc-ipv6 qemu-system-x86
    linux-image-cloud-amd64 user-mode-linux busybox-static cpio clang gcc zlib1g-dev pkg-config
    libslirp-dev util-linux procps squid tinyproxy microsocks dante-server dpkg-dev stunnel4
    libglib2.0-bin gsettings-desktop-schemas openssh-client openssh-server
    prometheus tshark tcpdump chromium mandoc zsh fish nmap wrk docker.io docker-compose podman
    iptables containernetworking-plugins hping3 python3-scapy"
# Those of them that Debian runs as services, PACKAGE:SERVICE where the names differ; the tests
# start their own.
services="squid tinyproxy microsocks dante-server:danted prometheus openssh-server:ssh
    docker.io:docker docker.io:containerd"

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "setup.sh: not root and no sudo; run as root: $*" >&2
        exit 1
    fi
}

missing=
for package in $packages; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
        missing="$missing $package"
done
if [ -n "$missing" ]; then
    echo "setup.sh: installing$missing"
    # For as long as the installation lasts, no service is started by it.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        trap 'as_root rm -f "$policy"' EXIT
    fi
    for attempt in 1 2 3; do
        as_root apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -qq -y --no-install-recommends $missing >/dev/null && break
        [ "$attempt" != 3 ] || { echo "setup.sh: apt-get failed three times" >&2; exit 1; }
        sleep 5
    done
    for service in $services; do
        case " $missing " in
        *" ${service%:*} "*)
            as_root systemctl -q disable "${service#*:}" 2>/dev/null || true ;;
        esac
    done
fi

# systemd-resolved is unpacked, not installed: its package takes over the machine's resolv.conf.
debian="$(cd "$(dirname "$0")/.." && pwd)/out/debian"
if [ ! -x "$debian/lib/systemd/systemd-resolved" ]; then
    download=$(mktemp -d)
    (cd "$download" && apt-get -o APT::Sandbox::User=root download -qq systemd-resolved >/dev/null)
    mkdir -p "$debian"
    dpkg -x "$download"/systemd-resolved_*.deb "$debian"
    rm -r "$download"
fi

command -v dotnet >/dev/null || { echo "setup.sh: install the .NET 10 SDK first" >&2; exit 1; }

# udev gives /dev/net/tun mode 0666 on every ordinary Debian: opening it grants nothing by itself,
# a TAP may be made only in a network namespace that the caller owns. Machines without udev
# (containers, microVMs) lack the node or keep it root's, and `slipway shell` could not be tested.
if [ ! -c /dev/net/tun ]; then
    as_root mkdir -p /dev/net
    as_root mknod /dev/net/tun c 10 200
fi
[ "$(stat -c %a /dev/net/tun)" = 666 ] || as_root chmod 0666 /dev/net/tun

# Some images ship the kernel readable by root alone; the QEMU tests only read it.
for kernel in /boot/vmlinuz-*cloud-amd64; do
    [ -r "$kernel" ] || as_root chmod a+r "$kernel"
done
echo "setup.sh: ready"
