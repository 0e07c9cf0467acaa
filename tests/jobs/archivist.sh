# An archive: a disc becomes files with a report, and a burned disc can be checked when its masters are gone.
# needs: sox flac
set -euo pipefail
mkdir masters
for number in 1 2 3; do
  sox -R -n -r 44100 -b 16 -c 2 "masters/$number.wav" synth 8 pinknoise gain -6
done
redbook burn masters --drive virtual:shelf.disc --title 'Box 12' --performer 'Unknown' --report burn.json

# The disc as files, each sector read twice.
redbook read --drive virtual:shelf.disc -o 'box 12'
flac --silent --test 'box 12/'*.flac
for number in 1 2 3; do
  flac --silent --decode --force-raw-format --endian=little --sign=signed --stdout "box 12/0$number.flac" >read.pcm
  sox "masters/$number.wav" -t raw sent.pcm
  cmp read.pcm sent.pcm
done
grep -q 'AccurateRip' 'box 12/report.txt'

# Years later: the masters are gone, the report is there.
rm -r masters
redbook verify --drive virtual:shelf.disc --report burn.json | grep -q 'is what the report says'

# A disc that is not the same any more is told, with the place.
printf 'damaged' | dd of=shelf.disc/disc.bin bs=1 seek=$((700 * 2352 + 1000)) conv=notrunc status=none
code=0
redbook verify --drive virtual:shelf.disc --report burn.json 2>differs.txt || code=$?
test "$code" = 6
grep -q 'track 2' differs.txt
