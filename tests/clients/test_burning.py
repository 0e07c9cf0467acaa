"""wodim, cdrskin and cdrdao burn to the virtual recorder; libcdio's programs and icedax rip it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from redbook.image.base import TrackState
from redbook.mmc.disc_info import DiscStatus
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client, toc_by_libcdio, track_by_cd_paranoia, track_by_icedax
from tests.support.sound import noise, write_wav

PCM = (noise(588 * 600, 1), noise(588 * 450, 2))

pytestmark = pytest.mark.tools("umockdev-run")

Recorders = Callable[[str], VirtualRecorder]


@pytest.fixture
def with_disc() -> Iterator[Recorders]:
    """Makes a recorder with a new disc of that kind in a folder."""
    made = []

    def make(kind: str) -> VirtualRecorder:
        path = Path(f"{len(made)} of {kind}.disc")
        recorder = VirtualRecorder(Medium.new(kind) if kind == "cd-rw" else Medium.at(path))
        made.append(recorder)
        return recorder

    yield make
    for recorder in made:
        recorder.close()


@pytest.fixture(autouse=True)
def songs() -> None:
    for number, pcm in enumerate(PCM, 1):
        write_wav(Path(f"{number}.wav"), pcm)
    Path("two.toc").write_text('CD_DA\nTRACK AUDIO\nFILE "1.wav" 0\nTRACK AUDIO\nFILE "2.wav" 0\n')


WODIM = ("wodim", "-s", "gracetime=0", "dev=/dev/sr0")
CDRSKIN = ("cdrskin", "dev=/dev/sr0")
CDRDAO = ("cdrdao", "write", "-n", "--device", "/dev/sr0")
BOTH = ("-audio", "1.wav", "2.wav")


class Way(NamedTuple):
    """How two tracks are burned; `gap` sectors lie between them, `tail` behind the last one."""

    command: tuple[str, ...]
    gap: int
    tail: int


AT_ONCE = {
    "wodim -dao": Way((*WODIM, "-dao", *BOTH), 0, 0),
    "wodim -raw96p": Way((*WODIM, "-raw96p", *BOTH), 0, 0),
    "wodim -raw96r": Way((*WODIM, "-raw96r", *BOTH), 0, 0),
    "cdrskin -sao": Way((*CDRSKIN, "-sao", *BOTH), 0, 0),
    "cdrdao generic-mmc": Way((*CDRDAO, "--driver", "generic-mmc", "two.toc"), 0, 0),
    "cdrdao generic-mmc-raw": Way((*CDRDAO, "--driver", "generic-mmc-raw", "two.toc"), 0, 0),
}
TRACK_AT_ONCE = {
    "wodim -tao": Way((*WODIM, "-tao", *BOTH), 152, 2),
    "cdrskin -tao": Way((*CDRSKIN, "-tao", *BOTH), 152, 2),
}


def ways(*tables: dict[str, Way]) -> list[object]:
    return [
        pytest.param(
            way, id=name, marks=pytest.mark.tools(way.command[0], "cd-info", "cd-paranoia", "icedax")
        )
        for table in tables
        for name, way in table.items()
    ]


@pytest.mark.parametrize("way", ways(TRACK_AT_ONCE, AT_ONCE))
def test_what_was_burned_is_ripped_bit_for_bit(way: Way, with_disc: Recorders) -> None:
    recorder = with_disc("cd-r")
    client(recorder, *way.command)
    second = 600 + way.gap
    assert toc_by_libcdio(recorder) == ([0, second], second + 450 + way.tail)
    assert track_by_cd_paranoia(recorder, 1, 600) == PCM[0]
    assert track_by_cd_paranoia(recorder, 2, 450) == PCM[1]
    assert track_by_icedax(recorder, 2)[: len(PCM[1])] == PCM[1]


@pytest.mark.parametrize("way", ways(TRACK_AT_ONCE, AT_ONCE))
def test_the_folder_of_the_disc_holds_the_same(way: Way, with_disc: Recorders) -> None:
    """What another recorder finds when the disc is put into it."""
    recorder = with_disc("cd-r")
    client(recorder, *way.command)
    assert recorder.disc is not None and recorder.disc.path is not None
    recorder.close()
    medium = Medium.open(recorder.disc.path)
    try:
        assert medium.status is DiscStatus.COMPLETE
        assert [t.start_lba for t in medium.state.tracks] == [0, 600 + way.gap]
        assert [t.state for t in medium.state.tracks] == [TrackState.COMPLETE] * 2
        assert medium.read(0, 600) == PCM[0]
        assert medium.read(600 + way.gap, 450) == PCM[1]
    finally:
        medium.close()


DUMMY = {
    "wodim -tao": Way((*WODIM, "-dummy", "-tao", *BOTH), 0, 0),
    "wodim -dao": Way((*WODIM, "-dummy", "-dao", *BOTH), 0, 0),
    "cdrskin -tao": Way((*CDRSKIN, "-dummy", "-tao", *BOTH), 0, 0),
    "cdrskin -sao": Way((*CDRSKIN, "-dummy", "-sao", *BOTH), 0, 0),
    "cdrdao": Way(("cdrdao", "simulate", *CDRDAO[2:], "two.toc"), 0, 0),
}


@pytest.mark.parametrize("way", ways(DUMMY))
def test_a_test_write_leaves_the_disc_blank(way: Way, with_disc: Recorders) -> None:
    recorder = with_disc("cd-r")
    client(recorder, *way.command)
    assert recorder.disc is not None
    assert recorder.disc.status is DiscStatus.BLANK
    if way.command[0] == "wodim":
        client(recorder, *WODIM, "-tao", *BOTH)
        assert track_by_cd_paranoia(recorder, 1, 600) == PCM[0]


@pytest.mark.tools("wodim", "cdrskin", "cd-info", "cd-paranoia")
@pytest.mark.parametrize("first", [WODIM, CDRSKIN], ids=["wodim", "cdrskin"])
@pytest.mark.parametrize("second", [WODIM, CDRSKIN], ids=["wodim", "cdrskin"])
def test_a_session_left_open_for_another_gets_one(
    first: tuple[str, ...], second: tuple[str, ...], with_disc: Recorders
) -> None:
    """The second starts 11 400 sectors behind the first one's lead-out: its lead-out, a lead-in, a pregap."""
    recorder = with_disc("cd-r")
    client(recorder, *first, "-multi", "-tao", "-audio", "1.wav")
    assert recorder.disc is not None
    assert recorder.disc.status is DiscStatus.APPENDABLE
    client(recorder, *second, "-tao", "-audio", "2.wav")
    assert recorder.disc.status is DiscStatus.COMPLETE
    start = 602 + 6750 + 4500 + 150
    assert toc_by_libcdio(recorder) == ([0, start], start + 452)
    assert track_by_cd_paranoia(recorder, 2, 450) == PCM[1]


@pytest.mark.tools("wodim")
def test_wodim_tells_where_the_next_session_starts(with_disc: Recorders) -> None:
    recorder = with_disc("cd-r")
    client(recorder, *WODIM, "-multi", "-tao", "-audio", "1.wav")
    text = client(recorder, "wodim", "dev=/dev/sr0", "-msinfo")
    assert text.split()[-1] == f"0,{602 + 6750 + 4500 + 150}"


BLANKING = {
    "wodim fast": (*WODIM, "blank=fast"),
    "wodim all": (*WODIM, "blank=all"),
    "cdrskin fast": (*CDRSKIN, "blank=fast"),
    "cdrskin all": (*CDRSKIN, "blank=all"),
    "cdrdao minimal": ("cdrdao", "blank", "--blank-mode", "minimal", "--device", "/dev/sr0"),
    "cdrdao full": ("cdrdao", "blank", "--blank-mode", "full", "--device", "/dev/sr0"),
}


@pytest.mark.tools("wodim", "cdrskin", "cdrdao", "cd-paranoia", "cd-info")
@pytest.mark.parametrize("command", BLANKING.values(), ids=BLANKING)
def test_a_cd_rw_is_blanked_and_burned_again(command: tuple[str, ...], with_disc: Recorders) -> None:
    recorder = with_disc("cd-rw")
    client(recorder, *WODIM, "-tao", "-audio", "1.wav")
    client(recorder, *command)
    assert recorder.disc is not None
    assert recorder.disc.status is DiscStatus.BLANK
    client(recorder, *CDRSKIN, "-tao", "-audio", "2.wav")
    assert toc_by_libcdio(recorder) == ([0], 452)
    assert track_by_cd_paranoia(recorder, 1, 450) == PCM[1]


@pytest.mark.tools("wodim")
def test_a_cd_r_is_not_blanked(with_disc: Recorders) -> None:
    recorder = with_disc("cd-r")
    client(recorder, *WODIM, "-tao", "-audio", "1.wav")
    client(recorder, *WODIM, "blank=fast", check=False)
    assert recorder.disc is not None
    assert recorder.disc.status is DiscStatus.COMPLETE
    assert recorder.disc.read(0, 600) == PCM[0]


@pytest.mark.tools("wodim", "cdrdao")
def test_cdrdao_tells_a_blank_disc_from_a_full_one(with_disc: Recorders) -> None:
    recorder = with_disc("cd-r")
    text = client(recorder, "cdrdao", "disk-info", "--device", "/dev/sr0")
    assert re.search(r"CD-R empty +: yes", text)
    assert re.search(r"Total Capacity +: 79:57:74 \(359849 blocks", text)
    client(recorder, *WODIM, "-tao", *BOTH)
    text = client(recorder, "cdrdao", "disk-info", "--device", "/dev/sr0")
    assert re.search(r"CD-R empty +: no", text)
    assert re.search(r"Last Track +: 2", text)
    assert re.search(r"Appendable +: no", text)
