"""Tracks brought to a loudness: which share a gain, what the gain is, and what is left alone."""

from __future__ import annotations

import struct
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redbook.audio.loudness import LoudnessMeter, PeakMeter
from redbook.audio.sectors import Spool
from redbook.audio.source import Source
from redbook.authoring.levelling import bring_to
from redbook.authoring.levels import Aim, Levels
from redbook.authoring.master import Master, read_program
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.streams import ProgramStream
from redbook.authoring.wishes import Loudness
from redbook.errors import PlanError

RATE = 44_100
ALBUM, TRACK = Loudness.ALBUM, Loudness.TRACK


def music(seconds: float, peak: float, seed: int = 1) -> Any:
    """As float: noise that swells and fades, so that it has a loudness and peaks above it."""
    rng = np.random.default_rng(seed)
    samples = round(seconds * RATE)
    swell = 0.2 + 0.8 * np.abs(np.sin(np.arange(samples) * 2 * np.pi / RATE))
    values = rng.normal(0, 0.2, (samples, 2)) * swell[:, None]
    return values / np.abs(values).max() * peak


def store(path: Path, values: Any, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.rint(values * 32767).astype("<i2").tobytes())
    return path


Make = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Make:
    def make(*parts: Any, joined: bool = False, rate: int = RATE) -> Program:
        names = [store(tmp_path / f"{n}.wav", values, rate) for n, values in enumerate(parts)]
        tracks = [ProgramTrack((Segment(1, (Piece(n),)),), joined=joined) for n in range(len(parts))]
        return Program(tuple(Source(path.name, path) for path in names), tuple(tracks))

    return make


Read = Callable[..., Master]


@pytest.fixture
def read() -> Iterator[Read]:
    with ExitStack() as stack:

        def reading(program: Program, mode: Loudness | None = TRACK, target: float = -18.0) -> Master:
            master = read_program(program, Spool(), aim=None if mode is None else Aim(mode, target))
            return stack.enter_context(master)

        yield reading


def audio_of(master: Master, number: int | None = None) -> bytes:
    laid = master.arrangement.layout
    start, end = 0, laid.lead_out_lba
    if number is not None:
        track = next(t for t in laid.tracks if t.number == number)
        start, end = track.start_lba, track.end_lba
    stream = ProgramStream(master.spool, master.arrangement.pieces_between(start, end))
    data = bytearray()
    buffer = memoryview(bytearray(1 << 18))
    while got := stream.read_into(buffer):
        data += buffer[:got]
    return bytes(data)


def lufs(pcm: bytes) -> float:
    meter = LoudnessMeter()
    meter.add(pcm)
    found = meter.result()
    assert found is not None
    return found


def dbtp(pcm: bytes) -> float:
    meter = PeakMeter()
    meter.add(pcm)
    found = meter.result()
    assert found is not None
    return found


def levels(master: Master) -> Levels:
    assert master.levels is not None
    return master.levels


def gains(master: Master) -> list[float]:
    return [track.gain_db for track in master.tracks]


def test_each_track_by_itself_comes_to_the_target(program: Make, read: Read) -> None:
    master = read(program(music(5, 0.9), music(5, 0.05, 2), music(6, 0.3, 3)))
    for number in (1, 2, 3):
        assert lufs(audio_of(master, number)) == pytest.approx(-18.0, abs=0.1)
    assert [group.tracks for group in levels(master).groups] == [(1,), (2,), (3,)]
    assert gains(master)[0] < 0 < gains(master)[1]
    for track in master.tracks:
        assert track.loudness_lufs == pytest.approx(-18.0, abs=0.1)
        assert any(word.startswith(("raised by", "lowered by")) for word in track.conversion)


def test_an_album_keeps_its_balance(program: Make, read: Read) -> None:
    loud, quiet = music(5, 0.9), music(5, 0.05, 2)
    master = read(program(loud, quiet), ALBUM)
    assert gains(master)[0] == gains(master)[1] != 0
    assert lufs(audio_of(master)) == pytest.approx(-18.0, abs=0.1)
    plain = read(program(loud, quiet), None)
    apart = lufs(audio_of(plain, 1)) - lufs(audio_of(plain, 2))
    assert lufs(audio_of(master, 1)) - lufs(audio_of(master, 2)) == pytest.approx(apart, abs=0.02)


def test_joined_tracks_have_one_gain_and_others_their_own(program: Make, read: Read) -> None:
    made = program(music(5, 0.9), music(5, 0.3, 2), music(5, 0.1, 3), joined=True)
    tracks = (*made.tracks[:2], ProgramTrack(made.tracks[2].segments, joined=False))
    master = read(Program(made.sources, tracks))
    assert [group.tracks for group in levels(master).groups] == [(1, 2), (3,)]
    assert gains(master)[0] == gains(master)[1] != gains(master)[2]
    assert lufs(audio_of(master, 1) + audio_of(master, 2)) == pytest.approx(-18.0, abs=0.1)


def test_a_pause_parts_what_is_joined_otherwise(program: Make, read: Read) -> None:
    made = program(music(5, 0.9), music(5, 0.1, 2), joined=True)
    pause = Segment(0, (Piece.silence(RATE),))
    second = ProgramTrack((pause, *made.tracks[1].segments))
    master = read(Program(made.sources, (made.tracks[0], second)))
    assert [group.tracks for group in levels(master).groups] == [(1,), (2,)]


def test_what_is_cut_from_one_file_has_one_gain(program: Make, read: Read) -> None:
    made = program(music(12, 0.9), music(5, 0.1, 2))
    first = ProgramTrack((Segment(1, (Piece(0, 0, 5 * RATE),)),), joined=False)
    last = ProgramTrack((Segment(0, (Piece.silence(RATE),)), Segment(1, (Piece(0, 7 * RATE),))))
    master = read(Program(made.sources, (first, made.tracks[1], last)))
    assert [group.tracks for group in levels(master).groups] == [(1, 3), (2,)]
    assert lufs(audio_of(master, 1) + audio_of(master, 3)) == pytest.approx(-18.0, abs=0.1)


@pytest.mark.parametrize("rate", [RATE, 48_000])
def test_the_joins_of_an_album_are_what_they_were(rate: int, program: Make, read: Read) -> None:
    """A file that was cut in three is, with its gain, what it would be in one piece."""
    whole = music(16, 0.9)
    border = 5 * rate + 123
    parts = whole[:border], whole[border : 2 * border], whole[2 * border :]
    cut = audio_of(read(program(*parts, joined=True, rate=rate), ALBUM))
    uncut = audio_of(read(program(whole, joined=True, rate=rate), ALBUM))
    if rate != RATE:
        assert cut == uncut
    one, other = (np.frombuffer(pcm, "<i2").astype(int) for pcm in (cut, uncut))
    assert np.abs(one - other).max() <= 3  # the dither of both


def test_no_true_peak_is_above_the_limit(program: Make, read: Read) -> None:
    """Little energy between high peaks: the target cannot be had."""
    clicks = music(6, 0.01)
    clicks[::RATE] = 0.7
    master = read(program(clicks, music(5, 1.0, 2)), TRACK, -6.0)
    for number in (1, 2):
        found = dbtp(audio_of(master, number))
        assert -1.05 < found <= -1.0
    assert levels(master).is_held_back(levels(master).of(1))
    assert levels(master).of(1).loudness_lufs == pytest.approx(lufs(audio_of(master, 1)), abs=0.01)


def test_what_is_at_the_target_and_above_the_limit_is_lowered(program: Make, read: Read) -> None:
    values = music(6, 0.99)
    target = round(lufs(np.rint(values * 32767).astype("<i2").tobytes()), 2)
    master = read(program(values), TRACK, target)
    assert gains(master)[0] < -0.8
    assert dbtp(audio_of(master)) <= -1.0


def test_what_is_right_already_stays_bit_for_bit(program: Make, read: Read) -> None:
    values = music(6, 0.5)
    target = lufs(np.rint(values * 32767).astype("<i2").tobytes())
    master = read(program(values), TRACK, target + 0.04)
    assert gains(master) == [0.0]
    assert master.tracks[0].conversion == ()
    assert audio_of(master).startswith(np.rint(values * 32767).astype("<i2").tobytes())
    assert read(program(values), TRACK, target + 0.07).tracks[0].gain_db == pytest.approx(0.07, abs=0.011)


def test_silence_is_left_alone(program: Make, read: Read) -> None:
    master = read(program(np.zeros((6 * RATE, 2)), music(5, 0.1, 2)))
    assert gains(master)[0] == 0.0
    assert audio_of(master, 1) == bytes(6 * RATE * 4)
    assert levels(master).of(1).loudness_lufs is levels(master).of(1).true_peak_dbtp is None


def test_what_clips_before_it_is_lowered_is_not_clipped_any_more(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "hot.wav"
    data = music(6, 3.0).astype("<f4").tobytes()
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16)
    head += struct.pack("<HHIIHH4sI", 3, 2, RATE, RATE * 8, 8, 32, b"data", len(data))
    path.write_bytes(head + data)
    hot = Program((Source("hot.wav", path),), (ProgramTrack((Segment(1, (Piece(0),)),)),))
    assert read(hot, None).tracks[0].clipped > 100
    master = read(hot)
    assert master.tracks[0].clipped == 0
    assert lufs(audio_of(master)) == pytest.approx(-18.0, abs=0.1)
    assert dbtp(audio_of(master)) <= -1.0


def test_hidden_audio_has_the_gain_of_its_track_and_its_peaks_count(program: Make, read: Read) -> None:
    hidden = music(5, 0.9)
    made = program(hidden, music(6, 0.05, 2))
    track = ProgramTrack((Segment(0, (Piece(0),)), Segment(1, (Piece(1),))))
    master = read(Program(made.sources, (track,)), TRACK, -10.0)
    assert master.sources[0].gain_db == master.sources[1].gain_db
    assert dbtp(audio_of(master)) <= -1.0
    assert levels(master).of(1).loudness_lufs == pytest.approx(lufs(audio_of(master, 1)), abs=0.01)


def test_peaks_that_never_come_down_are_an_error(program: Make, read: Read) -> None:
    master = read(program(music(5, 1.0)), None)

    def pcm(start_lba: int, end_lba: int) -> Iterator[memoryview]:
        stream = ProgramStream(master.spool, master.arrangement.pieces_between(start_lba, end_lba))
        buffer = memoryview(bytearray(stream.sectors * 2352))
        yield buffer[: stream.read_into(buffer)]

    with pytest.raises(PlanError, match="peaks of track 1 cannot be brought below -1 dBTP"):
        bring_to(Aim(TRACK, -6.0), master.program, master.arrangement, pcm, lambda gains_db: None)
