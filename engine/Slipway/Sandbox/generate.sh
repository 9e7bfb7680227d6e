#!/bin/sh
# Makes the lists of system calls that the filters allow: runs a workload with every engine under
# strace(1), and adds what names of by-hand.txt say. Needs root, strace and what tests/setup.sh
# installs; unfiltered engines, so that all that they want is seen.
#
#   engine/Slipway/Sandbox/generate.sh OUT/slipway [FILTER OF tests/Slipway.System]
#
# With "numbers" in place of the binary it runs nothing, and only writes the numbers anew.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if [ "$1" != numbers ]; then
    binary=$(realpath "$1")
    cat >"$folder/slipway" <<END
#!/bin/sh
# Only engines: what starts programs is not what the list is about.
case "\${1:-}" in
run)
    shift
    # By its number: strace as its parent would keep the pipes open at whose end a test waits.
    strace -f -qq -o "$folder/trace.\$\$" -p \$\$ >/dev/null 2>&1 3>&- </dev/null &
    while grep -q '^TracerPid:[[:space:]]*0$' "/proc/\$\$/status"; do sleep 0.05; done
    exec "$binary" run --sandbox off "\$@"
    ;;
*) exec "$binary" "\$@" ;;
esac
END
    chmod +x "$folder/slipway"
    SLIPWAY=$folder/slipway dotnet test "$root/tests/Slipway.System" -c Release \
        --filter "${2:-FullyQualifiedName~TransferTests}" || echo "some failed under strace" >&2

    # Before the line of readiness a call may be the start's alone; that is no reason to keep it
    # out, since what a start does a restart of a part may do.
    sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' "$folder"/trace.* | sort -u >"$here/seen.txt"
fi

python3 - "$here" <<'END'
import re, sys
here = sys.argv[1]

def table(path):
    found = {}
    for line in open(path):
        match = re.match(r"#define __NR(?:3264)?_(\w+)\s+(?:__NR3264_)?(\d+)\b", line)
        if match:
            found[match[1]] = match[2]
    return found

x64 = table("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
arm = table("/usr/include/asm-generic/unistd.h")
arm.update({"newfstatat": "79", "fstat": "80", "mmap": "222", "lseek": "62", "fcntl": "25",
            "statfs": "43", "fstatfs": "44", "ftruncate": "46", "sendfile": "71"})

def names(path):
    for line in open(path):
        line = line.rstrip("\n")
        if line and not line.startswith("#"):
            name, _, why = line.partition("#")
            yield name.strip(), why.strip()

def write(name, entries, head):
    with open(f"{here}/{name}.syscalls", "w") as out:
        out.write(head)
        for call in sorted(entries):
            if call not in x64 and call not in arm:
                continue
            line = f"{call:24} {x64.get(call, '-'):>4} {arm.get(call, '-'):>4}"
            why = entries[call]
            out.write(line + (f"  # {why}" if why else "") + "\n")

columns = "# Written by generate.sh: call, its number on x86-64 and on arm64, why by hand.\n"
killed = dict(names(f"{here}/killed.txt"))
allowed = {call: "" for call, _ in names(f"{here}/seen.txt") if call not in killed}
for call, why in names(f"{here}/by-hand.txt"):
    allowed[call] = why
for call, why in names(f"{here}/left-out.txt"):
    allowed.pop(call, None)
write("engine", allowed, columns)
write("killed", killed, columns)
scripts = dict(names(f"{here}/scripts.txt"))
write("scripts", scripts, columns)
write("names", scripts | dict(names(f"{here}/names.txt")), columns)
write("opening", dict(names(f"{here}/opening.txt")), columns)
END
