#!/bin/busybox sh
# The first process of the guest. The host's root is mounted read-only at /mnt, the shared folder at /mnt/run/share;
# /mnt/run/share/open lists what an ordinary user must reach there, /mnt/run/share/job is run, then it is over.

/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module" || echo "insmod $module failed"; done

NINE="trans=virtio,version=9p2000.L,msize=512000"
mount -t 9p -o "$NINE,cache=loose,ro" host /host || poweroff -f
mount -o bind /host /mnt
for folder in proc sys dev; do mount -o bind "/$folder" "/mnt/$folder"; done
mount -t tmpfs -o mode=1777 tmp /mnt/dev/shm 2>/dev/null || { mkdir /dev/shm; mount -t tmpfs -o mode=1777 tmp /dev/shm; }
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
mount -t tmpfs -o mode=755 run /mnt/run
mkdir -p /mnt/run/share /mnt/run/lock /mnt/run/home /mnt/run/tmp
chmod 1777 /mnt/run/lock /mnt/run/home /mnt/run/tmp
mount -t 9p -o "$NINE" share /mnt/run/share || poweroff -f
ip link set lo up

# Homes are closed to other users; a folder that is closed and holds what is needed shows that, and no more.
while read -r path; do
    above=""
    rest="${path#/}"
    while [ "$rest" != "${rest#*/}" ]; do
        above="$above/${rest%%/*}"
        rest="${rest#*/}"
        case "$(stat -c %a "/mnt$above")" in
        *[1357]) ;;
        *) mount -t tmpfs -o mode=755 opened "/mnt$above" ;;
        esac
        next="$above/${rest%%/*}"
        [ -e "/mnt$next" ] || { [ -d "/host$next" ] && mkdir "/mnt$next"; }
    done
    [ "$(stat -c %d:%i "/mnt$path")" = "$(stat -c %d:%i "/host$path")" ] || mount -o bind "/host$path" "/mnt$path"
done < /mnt/run/share/open

tries=0
while [ ! -b /dev/sr0 ] && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
# As udev's rules have it (50-udev-default.rules).
for node in /dev/sr[0-9]* /dev/sg[0-9]*; do [ -e "$node" ] && chgrp 24 "$node" && chmod 660 "$node"; done

chroot /mnt /bin/bash /run/share/job
sync
poweroff -f
