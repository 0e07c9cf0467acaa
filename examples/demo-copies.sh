#!/bin/sh
# Six good copies on three virtual recorders; a robot changes the discs, and one blank is bad on purpose.
# usage: demo-copies.sh REDBOOK
set -eu
redbook=$1
folder=demo.copies

run() {
    printf '\n$ redbook'
    for word in "$@"; do printf ' %s' "$word"; done
    printf '\n'
    "$redbook" "$@"
}

rm -rf "$folder"
mkdir "$folder"
REDBOOK_COPIES="$folder/account"
export REDBOOK_COPIES

echo "Three virtual recorders with trays, and a spindle of blanks; the blank in d2 is bad."
run rack new "$folder/rack" --drives 3 --blanks 10
run rack put "$folder/rack" d1
run rack put "$folder/rack" d2 --fault 3/0C/00@lba:900
run rack put "$folder/rack" d3

echo
echo "A robot takes each disc from an open tray and lays a blank there. The bad disc stays in: its tray is shut."
"$redbook" -q rack tend "$folder/rack" --seconds 0.3 >/dev/null 2>&1 &
robot=$!
trap 'kill "$robot" 2>/dev/null || true' EXIT

run copies examples/audio --count 6 --drives "$folder/rack"
kill "$robot" 2>/dev/null || true
wait "$robot" 2>/dev/null || true
trap - EXIT

run copies report 1 --csv

echo
echo "Every disc is in $folder/rack/discs, and can be looked at:"
run rack list "$folder/rack"
