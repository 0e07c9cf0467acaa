# Five copies of an album, and proof that they are the same.
# needs: sox
set -euo pipefail
mkdir 'my album'
for number in 1 2; do
  sox -n -r 44100 -b 16 -c 2 "my album/0$number song.wav" synth 6 sine $((330 * number)) gain -6
done

for number in 1 2 3 4 5; do
  redbook burn 'my album' --drive "virtual:copy $number.disc" --report "copy $number.json" -q
done

for number in 1 2 3 4 5; do
  python -c 'import json, sys; print(*(t["sha256"] for t in json.load(open(sys.argv[1]))["tracks"]))' "copy $number.json"
done | sort -u | wc -l | grep -qx 1
redbook verify --drive 'virtual:copy 5.disc' --report 'copy 1.json' -q
