#!/bin/sh
# Called by both stock DHCP clients, each in its own way, to configure the link as they were told:
# udhcpc passes the event as $1 and the options by their short names, dhclient all by environment.
# What DHCPv6 tells besides an address is printed, for the test to judge.
case ${1:-$reason} in
bound | renew)
    address=$ip/$mask gateway=$router link=$interface size=$mtu servers=$dns
    echo "domain ${domain:-}, search ${search:-};" ;;
BOUND | RENEW | REBIND | REBOOT)
    address=$new_ip_address/24 gateway=$new_routers link=$interface size=$new_interface_mtu
    servers= ;;
*6)
    [ -z "${new_ip6_address:-}" ] ||
        ip addr replace "$new_ip6_address/128" dev "$interface" nodad
    echo "names ${new_dhcp6_name_servers:-}, domains ${new_dhcp6_domain_search:-}"
    exit 0 ;;
PREINIT)
    ip link set "$interface" up
    exit 0 ;;
*)
    exit 0 ;;
esac
ip -4 addr flush dev "$link"
ip link set "$link" mtu "${size:-1500}"
ip addr add "$address" dev "$link"
ip route replace default via "${gateway%% *}" dev "$link"

# Only a guest with a file system of its own has its own resolv.conf to write.
if [ -e /modules/order ]; then
    for server in $servers; do echo "nameserver $server"; done >/etc/resolv.conf
fi
