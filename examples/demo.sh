#!/bin/sh
# Burn the files in examples/audio to a virtual recorder, verify, and show what is on the disc.
# usage: demo.sh REDBOOK
set -eu
redbook=$1
disc=demo.disc

run() {
    printf '\n$ redbook'
    for word in "$@"; do printf ' %s' "$word"; done
    printf '\n'
    "$redbook" "$@"
}

# A disc is never overwritten, so a second demo starts with a new one.
rm -rf "$disc"

echo "This burns four small files, each of another format, to a CD that is a folder ($disc)."
run burn examples/audio --drive "virtual:$disc"
run info --drive "virtual:$disc"
run verify examples/audio --drive "virtual:$disc"

echo
echo "The disc is in $disc: disc.bin holds the audio; disc.cue and disc.toc are for other programs."
ls -l "$disc"
