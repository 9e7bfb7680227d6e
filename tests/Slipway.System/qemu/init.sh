#!/bin/sh
# The first and only program of a guest under QEMU or UML: brings up the network by DHCP, then obeys
# the test. On the second serial port it reads a command a line, prints what the command says, and
# last `@@END STATUS`.
export PATH=/bin HOME=/tmp PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
[ ! -e /modules/order ] ||
    while read -r module; do insmod "/modules/$module.ko"; done </modules/order
[ ! -e /sys/class/net/vec0 ] || ip link set vec0 name eth0 # UML's
ip link set lo up
echo '127.0.0.1 localhost' >/etc/hosts
ulimit -n 20000 # thousands of connections are held at once

exec 3<>/dev/ttyS1
stty raw -echo <&3
ip link set eth0 up
if udhcpc -i eth0 -f -q -n -t 10 -T 1 -O mtu -s /tools/configure.sh >/tmp/dhcp 2>&1; then
    echo "@@READY $(cut -d' ' -f1 /proc/uptime) s" >&3
else
    echo "@@READY without a lease: $(tail -n 1 /tmp/dhcp)" >&3
fi
while read -r command <&3; do
    sh -c "$command" </dev/null >&3 2>&1 3>&-
    echo "@@END $?" >&3
done
poweroff -f
