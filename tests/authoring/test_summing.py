"""Tracks summed up beside the burn: what is known when, who is told of an error, and that all of it ends."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.support.in_time import in_time
from tests.support.sound import noise, write_wav

from redbook.audio.sectors import Spool
from redbook.audio.source import Source
from redbook.authoring import streams
from redbook.authoring.master import Master, read_program
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.streams import SpooledAudio
from redbook.disc import SECTOR_BYTES
from redbook.errors import AudioError, Cancelled

SECTORS = (400, 500, 620)


class _Gate(Spool):
    """Its audio is not read before `opened`, and then as `reading` has it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = threading.Event()
        self.error: Exception | None = None
        self.readings = 0

    def read_into(self, number: int, offset: int, buffer: memoryview) -> int:
        self.readings += 1
        self.opened.wait()
        if self.error is not None:
            raise self.error
        return super().read_into(number, offset, buffer)


@pytest.fixture
def pcm() -> list[bytes]:
    return [noise(sectors * 588, number) for number, sectors in enumerate(SECTORS)]


Read = Callable[..., Master]


@pytest.fixture
def read(tmp_path: Path, pcm: list[bytes]) -> Iterator[Read]:
    """Three files: the first one is played before the index 1 of track 1."""
    paths = [write_wav(tmp_path / f"{number}.wav", data) for number, data in enumerate(pcm)]
    files = tuple(Source(path.name, path) for path in paths)
    first = ProgramTrack((Segment(0, (Piece(0),)), Segment(1, (Piece(1),))))
    program = Program(files, (first, ProgramTrack((Segment(1, (Piece(2),)),))))
    with ExitStack() as stack:

        def reading(spool: Spool) -> Master:
            return stack.enter_context(read_program(program, spool))

        yield reading


def test_a_master_is_there_before_its_tracks_are_summed_up(read: Read, pcm: list[bytes]) -> None:
    gate = _Gate()
    master = read(gate)
    assert [track.sectors for track in master.tracks] == [500, 620]
    assert not any(sums.done() for sums in master.sums.hashes)
    gate.opened.set()
    in_time(master.sums.wait)
    first, second = (sums.result() for sums in master.sums.hashes)
    assert first.track == hashlib.sha256(pcm[1]).hexdigest()
    assert first.area == hashlib.sha256(pcm[0] + pcm[1]).hexdigest()
    assert (second.track, second.area) == (hashlib.sha256(pcm[2]).hexdigest(),) * 2


def test_fingerprints_without_sums_come_first_and_whole_ones_where_they_are_asked_for(
    read: Read, pcm: list[bytes]
) -> None:
    master = read(Spool())
    whole = master.sums.whole_fingerprints()
    quick = master.sums.fingerprints
    in_time(master.sums.wait)
    for one, found, data in zip(quick, (w.result(0) for w in whole), (pcm[0] + pcm[1], pcm[2]), strict=True):
        assert (one.sectors, len(one.sums), one.sha256) == (len(data) // SECTOR_BYTES, 0, "")
        assert (one.landmarks, one.head, one.tail) == (found.landmarks, found.head, found.tail)
        sectors = [data[at : at + SECTOR_BYTES] for at in range(0, len(data), SECTOR_BYTES)]
        assert found.sums.tolist() == [zlib.crc32(sector) for sector in sectors]
        assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_whole_fingerprints_may_be_asked_for_when_all_the_rest_is_done(read: Read) -> None:
    master = read(Spool())
    in_time(master.sums.wait)
    whole = master.sums.whole_fingerprints()
    in_time(master.sums.wait)
    assert [len(one.result(0).sums) for one in whole] == [900, 620]


def test_who_asks_is_told_that_the_audio_cannot_be_read_any_more(read: Read) -> None:
    gate = _Gate()
    master = read(gate)
    gate.error = AudioError("the decoded audio cannot be read any more: Input/output error")
    gate.opened.set()
    with pytest.raises(AudioError, match="Input/output error"):
        in_time(master.sums.wait)
    with pytest.raises(AudioError, match="Input/output error"):
        _ = master.sums.fingerprints
    with pytest.raises(AudioError, match="Input/output error"):
        _ = master.sums.proofs
    in_time(master.close)


def test_audio_that_has_become_shorter_is_an_error_and_no_other_sum(read: Read) -> None:
    gate = _Gate()
    master = read(gate)
    with gate.take(2) as file:
        file.truncate(100 * SECTOR_BYTES)
        gate._files[2] = file
        gate.opened.set()
        with pytest.raises(AudioError, match="has changed since it was put there"):
            in_time(master.sums.wait)
        with pytest.raises(AudioError, match="shorter than it was"):
            _ = master.sums.proofs


def test_a_cancel_ends_the_waiting_and_who_asks_is_told(read: Read) -> None:
    gate, cancel = _Gate(), threading.Event()
    master = read(gate)
    cancel.set()
    threading.Timer(0.1, gate.opened.set).start()
    with pytest.raises(Cancelled, match="before the checksums of the tracks were known"):
        in_time(lambda: master.sums.wait(cancel))
    with pytest.raises(Cancelled):
        master.sums.hashes[-1].result(0)
    in_time(master.close)


def test_what_is_stopped_ends_soon_and_leaves_nobody_waiting(read: Read) -> None:
    gate = _Gate()
    master = read(gate)
    whole = master.sums.whole_fingerprints()
    master.sums.stop()
    gate.opened.set()
    in_time(master.close)
    assert gate.readings == 1  # the one that was waiting
    for result in (*master.sums.hashes, *whole):
        with pytest.raises(Cancelled):
            result.result(0)


def test_what_is_asked_for_too_late_is_told_so(read: Read) -> None:
    master = read(Spool())
    in_time(master.sums.wait)
    whole = master.sums.whole_fingerprints()
    in_time(master.close)
    with pytest.raises(Cancelled):
        whole[0].result(0)


@pytest.mark.parametrize("how", ["a bit", "two pieces are exchanged", "a page is lost"])
def test_audio_that_changed_in_the_spool_is_an_error(read: Read, how: str) -> None:
    gate = _Gate()
    master = read(gate)
    file = gate._files[2].fileno()
    if how == "a bit":
        place = 300_000
        changed = bytes([os.pread(file, 1, place)[0] ^ 8])
    elif how == "a page is lost":
        place, changed = 8192, bytes(4096)
    else:
        half = gate._written[2][0][0]
        place, changed = 0, os.pread(file, half, half) + os.pread(file, half, 0)
        assert len(changed) == 2 * half
    os.pwrite(file, changed, place)
    gate.opened.set()
    with pytest.raises(AudioError, match=r"has changed since it was put there.*TMPDIR"):
        in_time(master.sums.wait)


def test_closing_waits_for_the_thread_and_what_is_known_stays_known(read: Read, pcm: list[bytes]) -> None:
    gate = _Gate()
    master = read(gate)
    closing = threading.Thread(target=master.close)
    closing.start()
    closing.join(0.1)
    assert closing.is_alive()  # the spool is still read
    gate.opened.set()
    in_time(closing.join)
    assert master.sums.proofs[1] == hashlib.sha256(pcm[2]).hexdigest()


class TestSpooledAudio:
    @pytest.fixture
    def audio(self, read: Read) -> SpooledAudio:
        return read(Spool()).sent_audio()

    def test_it_says_which_sectors_differ(self, audio: SpooledAudio, pcm: list[bytes]) -> None:
        sent = pcm[0] + pcm[1]
        for first in range(0, 900, 27):
            data = bytearray(sent[first * SECTOR_BYTES : (first + 27) * SECTOR_BYTES])
            assert audio.differing(0, first, data) == []
        for wrong in ([0], [26], [3, 4, 11]):
            data = bytearray(sent[81 * SECTOR_BYTES : 108 * SECTOR_BYTES])
            for sector in wrong:
                data[sector * SECTOR_BYTES + 1000 + sector] ^= 1
            assert audio.differing(0, 81, data) == [81 + sector for sector in wrong]

    def test_in_any_order_and_of_any_length(self, audio: SpooledAudio, pcm: list[bytes]) -> None:
        for place, first, sectors in (
            (1, 600, 20),
            (0, 0, 1),
            (0, 1, 300),
            (0, 301, 2),
            (1, 0, 620),
            (0, 899, 1),
        ):
            sent = (pcm[0] + pcm[1], pcm[2])[place]
            data = sent[first * SECTOR_BYTES : (first + sectors) * SECTOR_BYTES]
            assert audio.differing(place, first, data) == []
            assert audio.differing(place, first, data[:-1] + bytes([data[-1] ^ 1])) == [first + sectors - 1]

    def test_audio_that_is_too_short_is_an_error_and_no_difference(
        self, audio: SpooledAudio, pcm: list[bytes]
    ) -> None:
        data = pcm[2][-SECTOR_BYTES:] + bytes(2 * SECTOR_BYTES)
        with pytest.raises(AudioError, match="shorter than it was"):
            audio.differing(1, 619, data)

    def test_the_sums_of_its_sectors(self, audio: SpooledAudio, pcm: list[bytes]) -> None:
        found = audio.sector_sums(1).tolist()
        assert found == [
            zlib.crc32(pcm[2][at : at + SECTOR_BYTES]) for at in range(0, len(pcm[2]), SECTOR_BYTES)
        ]

    def test_it_reads_far_ahead_but_each_byte_once(
        self, read: Read, pcm: list[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spool = _Gate()
        spool.opened.set()
        master = read(spool)
        in_time(master.sums.wait)
        audio, spool.readings = master.sent_audio(), 0
        for first in range(0, 620, 20):
            assert not audio.differing(1, first, pcm[2][first * SECTOR_BYTES : (first + 20) * SECTOR_BYTES])
        assert spool.readings <= 620 * SECTOR_BYTES // streams._AHEAD_BYTES + 2
