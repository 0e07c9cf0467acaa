# A CD-RW that has tracks on it, and a disc that was left open.
# needs: sox
set -euo pipefail
for number in 1 2 3; do
  sox -n -r 44100 -b 16 -c 2 "$number.wav" synth 6 sine $((220 * number)) gain -6
done
redbook disc new rw.disc --type cd-rw --minutes 74
redbook burn 1.wav --drive virtual:rw.disc

# A full disc is not overwritten; the error names the command that helps.
code=0
redbook burn 2.wav --drive virtual:rw.disc 2>full.txt || code=$?
test "$code" = 5
grep -q 'redbook blank' full.txt
redbook blank --drive virtual:rw.disc
redbook burn 2.wav --drive virtual:rw.disc --leave-open

# The open disc takes another track, and is closed.
redbook burn 3.wav --drive virtual:rw.disc --append --leave-open
redbook close --drive virtual:rw.disc
redbook info --drive virtual:rw.disc | grep -q 'complete, 2 tracks'
redbook verify 2.wav 3.wav --drive virtual:rw.disc
