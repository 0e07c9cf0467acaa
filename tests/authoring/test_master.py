"""A program read to its end: the stream is the sources' samples, and the sums are those of other tools."""

from __future__ import annotations

import hashlib
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.sound import noise

from redbook.audio.checksum import AccurateRip
from redbook.audio.sectors import Spool
from redbook.audio.source import Source
from redbook.authoring.master import Master, read_program
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.streams import ProgramStream
from redbook.disc import SECTOR_BYTES

S = 588
LENGTHS = (352_900, 294_200, 264_900)


@pytest.fixture
def pcm(tmp_path: Path) -> list[bytes]:
    found = []
    for number, samples in enumerate(LENGTHS):
        data = noise(samples, number + 1)
        with wave.open(str(tmp_path / f"{number}.wav"), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(44_100)
            out.writeframes(data)
        found.append(data)
    return found


def sources(folder: Path) -> tuple[Source, ...]:
    return tuple(Source(f"{n}.wav", folder / f"{n}.wav") for n in range(len(LENGTHS)))


def whole(number: int, *, joined: bool = True) -> ProgramTrack:
    return ProgramTrack((Segment(1, (Piece(number),)),), joined=joined)


def everything(stream: ProgramStream) -> bytes:
    data = bytearray()
    buffer = memoryview(bytearray(10_000))
    while got := stream.read_into(buffer):
        data += buffer[:got]
    return bytes(data)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


Read = Callable[[Program], Master]


@pytest.fixture
def read() -> Iterator[Read]:
    with ExitStack() as stack:
        yield lambda program: stack.enter_context(read_program(program, Spool()))


def test_a_gapless_album_is_its_samples_one_after_the_other(
    tmp_path: Path, pcm: list[bytes], read: Read
) -> None:
    master = read(Program(sources(tmp_path), tuple(whole(n) for n in range(3))))
    together = b"".join(pcm) + bytes(576 * 4)
    marks = [track.start_lba * SECTOR_BYTES for track in master.arrangement.layout.tracks] + [len(together)]
    for sums, begin, end in zip(master.sums.hashes, marks, marks[1:], strict=False):
        assert sums.result().track == sha(together[begin:end])
    assert [track.source for track in master.tracks] == ["0.wav", "1.wav", "2.wav"]  # the longer part
    assert everything(master.session_stream(150)) == bytes(150 * SECTOR_BYTES) + together


def test_tracks_that_are_not_joined_are_each_by_itself(tmp_path: Path, pcm: list[bytes], read: Read) -> None:
    master = read(Program(sources(tmp_path), tuple(whole(n, joined=False) for n in range(3))))
    padded = [data + bytes(-len(data) % SECTOR_BYTES) for data in pcm]
    assert [sums.result().track for sums in master.sums.hashes] == [sha(data) for data in padded]
    assert [everything(stream) for stream in master.track_streams()] == padded


def test_a_hidden_track_and_a_pause_are_summed_up_by_themselves(
    tmp_path: Path, pcm: list[bytes], read: Read
) -> None:
    hidden = ProgramTrack((Segment(0, (Piece(0),)), Segment(1, (Piece(1),))))
    second = ProgramTrack((Segment(0, (Piece.silence(75 * S),)), Segment(1, (Piece(2),))))
    master = read(Program(sources(tmp_path), (hidden, second)))
    first, last = master.arrangement.layout.tracks
    stream = everything(ProgramStream(master.spool, master.arrangement.stream))
    assert (first.sent_lba, last.sent_lba) == (0, first.end_lba)
    end = first.end_lba * SECTOR_BYTES
    assert master.sums.proofs == [sha(stream[:end]), sha(stream[end:])]
    assert master.sums.hashes[0].result().track == sha(stream[first.start_lba * SECTOR_BYTES : end])
    # As rippers count: from index 1 to the next index 1, the pause of the next track included.
    ripped = AccurateRip(first=True, last=False)
    ripped.update(stream[first.start_lba * SECTOR_BYTES : last.start_lba * SECTOR_BYTES])
    assert master.sums.accuraterip[0].result() == (ripped.v1, ripped.v2)


def test_one_source_may_be_used_again_and_again_and_backwards(
    tmp_path: Path, pcm: list[bytes], read: Read
) -> None:
    tail = Segment(1, (Piece(0, 300 * S), Piece(0, 0, 300 * S)))
    master = read(Program(sources(tmp_path), (ProgramTrack((tail,)), whole(0))))
    data = pcm[0]
    wanted = data[300 * S * 4 :] + data[: 300 * S * 4] + data
    assert everything(master.session_stream(0))[: len(wanted)] == wanted


def test_a_track_of_silence_is_called_silence_and_a_disc_may_have_no_source_at_all(
    tmp_path: Path, pcm: list[bytes], read: Read
) -> None:
    silent = ProgramTrack((Segment(1, (Piece.silence(588 * 375),)),))
    quiet = bytes(375 * SECTOR_BYTES)
    master = read(Program(sources(tmp_path)[:1], (silent, whole(0))))
    assert [track.source for track in master.tracks] == ["silence", str(sources(tmp_path)[0].name)]
    assert (master.tracks[0].format, master.sums.proofs[0]) == ("silence", sha(quiet))
    alone = read(Program((), (silent, silent)))
    assert [(track.source, track.sectors, track.padding_samples) for track in alone.tracks] == [
        ("silence", 375, 0)
    ] * 2
    assert everything(alone.session_stream(0)) == 2 * quiet
