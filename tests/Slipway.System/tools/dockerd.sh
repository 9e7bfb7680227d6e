#!/bin/sh
# A dockerd of its own in the network namespace that it is started in: mounts, processes, cgroups
# and files are private, and all of it ends with its standard input.
# Usage: dockerd.sh FOLDER [DOCKERD OPTION...]      needs root; listens on FOLDER/docker.sock
# Prints "ready" when the API answers.
set -eu
folder=$1
shift

if [ "${DOCKERD_STEP:-}" = "" ]; then
    DOCKERD_STEP=mounts exec unshare -m --propagation private sh "$0" "$folder" "$@"
fi

group=slipway-test-$(basename "$folder")
if [ "$DOCKERD_STEP" = mounts ]; then
    # `ip netns exec` has mounted a new /sys without cgroups. Version 1 has a mount for each
    # hierarchy of controllers; where none is of version 1, the one hierarchy of version 2.
    if grep -q '^[0-9]*:[a-z]' /proc/self/cgroup; then
        mount -t tmpfs cgroup /sys/fs/cgroup
        for controllers in $(sed -n 's/^[0-9]*:\([a-z][^:=]*\):.*/\1/p' /proc/self/cgroup); do
            mkdir "/sys/fs/cgroup/$controllers"
            mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
        done
    else
        mount -t cgroup2 cgroup /sys/fs/cgroup
    fi
    mount -t tmpfs run /run
    mkdir -p "$folder/data" "$folder/exec"
    trap : TERM # what follows the end of dockerd is still to be done
    status=0
    DOCKERD_STEP=serve unshare -p -f --mount-proc --kill-child sh "$0" "$folder" "$@" || status=$?
    find /sys/fs/cgroup -depth -type d -path "*/$group*" -exec rmdir {} + 2>/dev/null || true
    exit "$status"
fi

# Process 1 here: when it ends, so does every container.
exec 3<&0
dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --host "unix://$folder/docker.sock" --storage-driver vfs --cgroup-parent "/$group" \
    "$@" >"$folder/log" 2>&1 </dev/null &
until curl -sf --unix-socket "$folder/docker.sock" http://localhost/_ping >/dev/null; do
    kill -0 $! 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo ready
cat <&3 >/dev/null
