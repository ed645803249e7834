#!/bin/sh
# sandbox.sh ROOT MEGABYTES USER PATH... -- COMMAND...
# Runs COMMAND in a file system that holds nothing but the PATHs, read-only, and an empty folder /home/member.
# To be started in new mount and process namespaces, as root or as the root of a user namespace.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 size=$2 user=$3
shift 3
mount -t tmpfs -o "size=${size}m,mode=755,nosuid" tmpfs "$root"
while [ "$1" != -- ]; do
    parent=$root${1%/*}
    mkdir -p "$parent"
    if [ -L "$1" ]; then
        ln -s "$(readlink "$1")" "$root$1"
    else
        if [ -d "$1" ]; then mkdir "$root$1"; else : > "$root$1"; fi
        mount --bind "$1" "$root$1"
        mount -o remount,bind,ro,nosuid "$root$1"
    fi
    shift
done
shift
mkdir -p "$root/proc" "$root/old" "$root/home/member"
chown "$user" "$root/home/member"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
cd "$root"
pivot_root . old
umount -l /old
cd /home/member
exec "$@"
