#!/bin/sh
# Mounts the kernel's cgroups at /sys/fs/cgroup of this mount namespace: `ip netns exec` has mounted
# a new /sys without them. Version 1 has a mount for each hierarchy of controllers; where none is of
# version 1, the one hierarchy of version 2.
set -eu
if grep -q '^[0-9]*:[a-z]' /proc/self/cgroup; then
    mount -t tmpfs cgroup /sys/fs/cgroup
    for controllers in $(sed -n 's/^[0-9]*:\([a-z][^:=]*\):.*/\1/p' /proc/self/cgroup); do
        mkdir "/sys/fs/cgroup/$controllers"
        mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$controllers"
    done
else
    mount -t cgroup2 cgroup /sys/fs/cgroup
fi
