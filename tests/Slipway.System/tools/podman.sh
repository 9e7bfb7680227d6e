#!/bin/sh
# podman's service with Docker's API, in the network namespace that it is started in: mounts,
# processes and files are private, and all of it ends with its standard input.
# Usage: podman.sh FOLDER      needs root; listens on FOLDER/docker.sock
# Prints "ready" when the API answers.
set -eu
folder=$1

if [ "${PODMAN_STEP:-}" = "" ]; then
    PODMAN_STEP=serve exec unshare -m -p -f --mount-proc --kill-child --propagation private \
        sh "$0" "$folder"
fi

sh "$(dirname "$0")/cgroups.sh"
mount -t tmpfs run /run
# Its defaults are above what the kernel may grant here.
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n' \
    >"$folder/containers.conf"

exec 3<&0
CONTAINERS_CONF="$folder/containers.conf" podman --root "$folder/data" --runroot /run/podman \
    --storage-driver vfs --cgroup-manager cgroupfs --events-backend file \
    system service -t 0 "unix://$folder/docker.sock" >"$folder/log" 2>&1 </dev/null &
until curl -sf --unix-socket "$folder/docker.sock" http://localhost/_ping >/dev/null; do
    kill -0 $! 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo ready
cat <&3 >/dev/null
