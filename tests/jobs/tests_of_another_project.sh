# Another project's tests need a CD recorder: its program is a shell script that calls wodim.
# needs: sox umockdev-run wodim
set -euo pipefail
mkdir project && cd project
cat >burn.sh <<'PROGRAM'
sox -n -r 44100 -b 16 -c 2 tone.wav synth 6 sine 440 gain -6
wodim dev=/dev/sr0 -tao -audio tone.wav
PROGRAM

cat >test_burn.py <<'TESTS'
import pytest


def test_one_track_is_burned(recorder_host):
    done = recorder_host.run(["sh", "burn.sh"])
    assert done.returncode == 0, done.stdout
    assert [track.seconds for track in recorder_host.burned.tracks] == [6.0]


@pytest.mark.redbook(faults=["3/0C/00@write:5"])
def test_an_error_of_the_recorder_is_not_hidden(recorder_host):
    assert recorder_host.run(["sh", "burn.sh"]).returncode != 0
TESTS

python -m pytest -q -p no:cacheprovider | tail -1 | grep -q '2 passed'

# The same recorder before the same program, without Python.
redbook share run --disc ../by-hand.disc -- sh burn.sh >wodim.txt 2>&1
redbook info --drive virtual:../by-hand.disc | grep -q 'complete, 1 track'
