#!/bin/sh
# A dockerd of its own in the network namespace that it is started in: mounts, processes, cgroups
# files are private, and all of it ends with its standard input, if that is no terminal.
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
    sh "$(dirname "$0")/cgroups.sh"
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
# What runs in the background would be stopped for reading a terminal, dockerd too.
if [ -t 3 ]; then wait; else cat <&3 >/dev/null; fi
