# A concert, cut into tracks: they have to follow each other without a gap, and players have to show the titles.
# needs: sox flac
set -euo pipefail

# What the musician has: one recording, cut where no sector ends, with tags.
sox -R -n -r 44100 -b 16 -c 2 concert.wav synth 22.5 pinknoise gain -6
mkdir album
first=0
for number in 1 2 3; do
  sox concert.wav "album/$number.wav" trim "${first}s" 330011s
  flac --silent --delete-input-file --tag=ARTIST='The Examples' --tag=ALBUM='One Night' \
    --tag=TITLE="Part $number" --tag=TRACKNUMBER="$number" "album/$number.wav"
  first=$((first + 330011))
done

# Before a disc is spent it can be seen that there is no gap, and what the titles are.
redbook plan album --drive virtual:concert.disc >plan.txt
grep -q 'written session-at-once; CD-Text in English' plan.txt
test "$(grep -c 'joined; starts .* its first sample' plan.txt)" = 2
test ! -e concert.disc

redbook burn album --cd-text require --drive virtual:concert.disc | tail -1 | grep -q 'read back: identical'

# The disc is the recording, sample by sample.
sox concert.wav -t raw - trim 0s "${first}s" >sent.pcm
cmp -n "$(stat -c %s sent.pcm)" sent.pcm concert.disc/disc.bin
redbook info --drive virtual:concert.disc | grep -q '2  The Examples - Part 2'
