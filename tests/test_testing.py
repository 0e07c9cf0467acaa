"""What other projects test their burning with: redbook.testing, and the pytest plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import redbook
from redbook.clock import ManualClock
from redbook.errors import BurnFailed
from redbook.testing import BurnedDisc, RecorderHost, TestRecorder, recorder_host, virtual_recorder
from tests.support.sound import noise, write_wav

SECONDS_5 = 5 * 44_100


def test_a_recorder_tells_what_was_burned() -> None:
    first, second = noise(SECONDS_5, 1), noise(SECONDS_5 + 588, 2)
    write_wav(Path("a.wav"), first)
    write_wav(Path("b.wav"), second)
    wishes = redbook.Wishes(texts={"title": "Two", "performer": "Nobody"})
    with virtual_recorder(model="redbook") as recorder:
        assert recorder.burned == BurnedDisc("blank", 0, (), "", "", "", 0)
        redbook.burn(["a.wav", "b.wav"], recorder.drive(), wishes=wishes)
        burned = recorder.burned
    assert (burned.status, burned.sessions) == ("complete", 1)
    assert (burned.title, burned.performer) == ("Two", "Nobody")
    assert [track.pcm for track in burned.tracks] == [first, second]
    assert [(t.number, t.start_lba, t.sectors) for t in burned.tracks] == [(1, 0, 375), (2, 375, 376)]
    assert burned.tracks[1].seconds == pytest.approx(376 / 75)


def test_a_track_that_was_cut_short_shows_its_length() -> None:
    write_wav(Path("a.wav"), noise(SECONDS_5))
    with virtual_recorder(faults=["3/0C/00@lba:200"]) as recorder:
        with pytest.raises(BurnFailed):
            redbook.burn(["a.wav"], recorder.drive(), mode="tao")
        assert recorder.faults_left == []
        assert [track.sectors < 375 for track in recorder.burned.tracks] == [True]


def test_a_fault_that_never_happened_is_told_in_words() -> None:
    with virtual_recorder(faults=["3/0C/00@write:50"]) as recorder:
        recorder.add_faults("unreadable@lba:7000-7010")
        fault, spot = recorder.faults_left
    assert "no command that it waits for arrived" in fault
    assert "nothing was read from sector 7000 to 7010" in spot


def test_an_empty_tray_and_a_rewritable_disc() -> None:
    with virtual_recorder(medium=None) as recorder, pytest.raises(LookupError, match="no disc"):
        _ = recorder.burned
    write_wav(Path("a.wav"), noise(SECONDS_5))
    with virtual_recorder(medium="cd-rw", minutes=74) as recorder:
        redbook.burn(["a.wav"], recorder.drive())
        redbook.blank(recorder.drive())
        assert (recorder.burned.status, recorder.burned.erased) == ("blank", 1)


def test_time_passes_by_the_clock_that_was_given() -> None:
    write_wav(Path("a.wav"), noise(SECONDS_5))
    clock = ManualClock()
    with virtual_recorder(speed=1, clock=clock) as recorder:
        redbook.burn(["a.wav"], recorder.drive(), clock=clock)
    assert clock.now() > 5  # seconds of audio, at 1x


@pytest.mark.tools("umockdev-run", "wodim")
def test_a_program_of_somebody_else_burns_to_it() -> None:
    audio = noise(SECONDS_5)
    write_wav(Path("a.wav"), audio)
    with virtual_recorder(model="redbook") as recorder, recorder_host(recorder) as host:
        done = host.run(["wodim", "dev=/dev/sr0", "-dao", "-audio", "a.wav"])
        assert done.returncode == 0, done.stdout
        assert [track.pcm for track in host.burned.tracks] == [audio]


PROJECT = """
import wave
import pytest
import redbook

def song(path):
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(bytes(2352 * 375))
    return path

def test_burns(virtual_recorder, tmp_path):
    redbook.burn([song(tmp_path / "a.wav")], virtual_recorder.drive())
    assert virtual_recorder.burned.status == "complete"
    assert [track.sectors for track in virtual_recorder.burned.tracks] == [375]

@pytest.mark.redbook(medium="cd-rw", minutes=74, faults=["3/0C/00@write:1"])
def test_fails_as_it_should(virtual_recorder, tmp_path):
    with pytest.raises(redbook.BurnFailed):
        redbook.burn([song(tmp_path / "a.wav")], virtual_recorder.drive())

@pytest.mark.redbook(faults=["3/0C/00@write:5000"])
def test_passes_for_the_wrong_reason(virtual_recorder):
    pass

@pytest.mark.redbook(faults=["3/0C/00@write:5000"], faults_must_happen=False)
def test_may_not_happen(virtual_recorder):
    pass
"""


def test_the_plugin_works_in_a_project_that_knows_nothing_else_of_redbook(tmp_path: Path) -> None:
    """The plugin is found by its entry point where redbook is installed: nothing is named here."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "test_it.py").write_text(PROJECT)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "4 passed, 1 error" in done.stdout, done.stdout
    assert "this fault never happened" in done.stdout
    assert "ERROR test_it.py::test_passes_for_the_wrong_reason" in done.stdout


def test_loading_the_plugin_loads_nothing_else() -> None:
    """It is loaded by each pytest run of whoever has redbook installed."""
    code = (
        "import sys, redbook.pytest_plugin\n"
        "heavy = ('av', 'numpy', 'soxr', '_miniaudio')\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in heavy "
        "or name.startswith(('redbook.virtual', 'redbook.share'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_public_names_are_documented() -> None:
    for value in (BurnedDisc, RecorderHost, TestRecorder, recorder_host, virtual_recorder):
        assert value.__doc__
