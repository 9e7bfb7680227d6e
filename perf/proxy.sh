#!/usr/bin/env bash
# Requests a second through the explicit HTTP proxy, Slipway's beside squid's and tinyproxy's.
# Usage: perf/proxy.sh [SECONDS]    as root; apt-get install wrk nginx-light squid tinyproxy curl
#
#   guest ==TAP== slipway: proxy on the gateway ------------------+
#         ==TAP== slipway: flow -- squid, tinyproxy of the host --+-- nginx (10.91.0.1)
#
# All three proxies are reached by the guest through the same engine, so that what differs is the
# proxy. wrk keeps its connections where the proxy does. SLIPWAY names the binary; out/slipway
# otherwise. ROUNDS (3) rounds, CONNECTIONS (16).
set -eu

seconds=${1:-5}
rounds=${ROUNDS:-3}
connections=${CONNECTIONS:-16}
slipway=${SLIPWAY:-$(cd "$(dirname "$0")/.." && pwd)/out/slipway}
host=slipway-px-$$-host
guest=slipway-px-$$-guest
folder=$(mktemp -d)
chmod 777 "$folder"
started=

clean() {
    for pid in $started; do kill "$pid" 2>/dev/null || true; done
    sleep 1
    ip netns del "$host" 2>/dev/null || true
    ip netns del "$guest" 2>/dev/null || true
    rm -rf "$folder"
}
trap clean EXIT

for name in "$host" "$guest"; do
    ip netns add "$name"
    ip -n "$name" link set lo up
done
ip -n "$host" addr add 10.91.0.1/32 dev lo

mkdir "$folder/www"
head -c 1024 /dev/urandom | base64 -w0 | head -c 1024 >"$folder/www/page"
cat >"$folder/nginx.conf" <<END
daemon off; user root; worker_processes 1; pid $folder/nginx.pid; error_log $folder/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000;
  client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
  uwsgi_temp_path $folder; scgi_temp_path $folder;
  server { listen 10.91.0.1:80; root $folder/www; } }
END
cat >"$folder/squid.conf" <<END
http_port 10.91.0.1:3129
pid_filename none
cache deny all
access_log none
cache_log $folder/squid.log
coredump_dir $folder
netdb_filename none
pinger_enable off
shutdown_lifetime 0 seconds
http_access allow all
END
cat >"$folder/tinyproxy.conf" <<END
Port 3130
Listen 10.91.0.1
LogLevel Critical
MaxClients 200
Timeout 60
END

begin() { ip netns exec "$host" "$@" >>"$folder/log" 2>&1 & started="$started $!"; }
begin nginx -c "$folder/nginx.conf" -e "$folder/nginx.log"
begin /usr/sbin/squid -N -n "slipway$$" -f "$folder/squid.conf"
begin tinyproxy -d -c "$folder/tinyproxy.conf"
begin "$slipway" run --link "tap:tap0,netns=/run/netns/$guest" --control off

page=http://10.91.0.1/page
for proxy in 192.168.127.1:3128 10.91.0.1:3129 10.91.0.1:3130; do
    for attempt in $(seq 1 100); do
        ip netns exec "$guest" curl -sf -m 5 -o /dev/null -x "http://$proxy" "$page" && break
        [ "$attempt" != 100 ] || { echo "proxy.sh: $proxy does not answer" >&2
            cat "$folder/log" >&2; exit 1; }
        sleep 0.1
    done
done

# wrk knows no proxies: it connects to one and asks in absolute form.
cat >"$folder/absolute.lua" <<END
request = function() return "GET $page HTTP/1.1\r\nHost: 10.91.0.1\r\n\r\n" end
END

# $1 who, $2 address: one line of the table.
measure() {
    ip netns exec "$guest" wrk -t 1 -c "$connections" -d "$seconds" --latency \
        -s "$folder/absolute.lua" "http://$2/" >"$folder/run" 2>&1 ||
        { cat "$folder/run" >&2; exit 1; }
    printf '| %s | %s | %s | %s |\n' "$1" \
        "$(awk '/Requests\/sec/ {printf "%.0f", $2}' "$folder/run")" \
        "$(awk '$1 == "99%" {print $2}' "$folder/run")" \
        "$(grep -E 'Socket errors|Non-2xx' "$folder/run" | tr -s ' ' | tr '\n' ' ' || true)"
}

echo "| | requests/s | p99 | errors |"
echo "|---|---|---|---|"
for round in $(seq 1 "$rounds"); do
    measure "slipway, round $round" 192.168.127.1:3128
    measure "squid, round $round" 10.91.0.1:3129
    measure "tinyproxy, round $round" 10.91.0.1:3130
done
