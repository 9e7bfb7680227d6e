#!/usr/bin/env bash
# A D-Bus system bus and systemd-resolved in this network namespace, with files of their own; the
# bus is FOLDER/bus. Ends with its standard input.
# Usage: resolved.sh FOLDER SYSTEMD_RESOLVED     as root, in a mount namespace of its own
set -eu
folder=$1
resolved=$2
user=systemd-resolve

# Its user comes with the package, which is not installed.
if ! getent passwd "$user" >/dev/null; then
    cp /etc/passwd /etc/group "$folder"
    echo "$user:x:64900:64900::/:/usr/sbin/nologin" >>"$folder/passwd"
    echo "$user:x:64900:" >>"$folder/group"
    mount --bind "$folder/passwd" /etc/passwd
    mount --bind "$folder/group" /etc/group
fi

mount -t tmpfs none /run
mkdir -p /run/dbus /run/systemd/resolve /run/systemd/resolved.conf.d
chown "$user:$user" /run/systemd/resolve
printf '[Resolve]\nDNSStubListener=no\nMulticastDNS=no\nLLMNR=no\n' \
    >/run/systemd/resolved.conf.d/test.conf
cat >"$folder/bus.conf" <<EOF
<busconfig>
  <type>system</type>
  <listen>unix:path=$folder/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/>
  </policy>
</busconfig>
EOF
chmod 711 "$folder"
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$folder/bus"
dbus-daemon --config-file="$folder/bus.conf" --nofork --nopidfile </dev/null >&2 &
bus=$!
for attempt in $(seq 1 100); do
    [ ! -S "$folder/bus" ] || break
    sleep 0.1
done
"$resolved" </dev/null >&2 &
server=$!
trap 'kill $server $bus 2>/dev/null || true' EXIT
for attempt in $(seq 1 200); do
    busctl --system status org.freedesktop.resolve1 >/dev/null 2>&1 && break
    sleep 0.1
done
echo ready
cat >/dev/null
