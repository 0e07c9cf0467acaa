# A playlist of 95 minutes: it does not fit. It has to be said how much fits before a disc is spent.
# needs: sox
set -euo pipefail
mkdir music
sox -n -r 44100 -b 16 -c 2 -C 0 music/song.flac synth 228 sine 440 gain -12
for number in $(seq 25); do echo music/song.flac; done >party.m3u

code=0
redbook burn party.m3u --drive virtual:party.disc 2>refused.txt || code=$?
test "$code" = 4
grep -q 'the disc is full here' refused.txt
test ! -e party.disc
fits=$(sed -n '/the disc is full here/q; s/^ *\([0-9][0-9]*\) .*song.flac$/\1/p' refused.txt | tail -1)

# On two discs: as many as fit, and the rest.
redbook plan party.m3u --split --drive virtual:party.disc >plan.txt
grep "^$((fits - 1)) tracks" plan.txt
grep "^$((26 - fits)) tracks" plan.txt
