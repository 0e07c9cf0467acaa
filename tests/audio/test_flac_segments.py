"""A FLAC stream cut between its frames: the pieces are its frames, of a size that fits into memory."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from redbook.audio import flac_segments
from redbook.audio.decode import open_recording
from redbook.audio.flac_frames import FrameHeader
from redbook.audio.flac_segments import Piece, Streams, decoded_by, pieces
from redbook.audio.format import Samples
from redbook.errors import AudioError
from tests.support.in_time import in_time
from tests.support.sound import attacks, noise, tool, write_wav

FRAME_SAMPLES = 4096  # of what `flac` makes unless it is told otherwise


def encoded(folder: Path, pcm: bytes) -> tuple[bytes, bytes]:
    """A file that `flac` has made, and its STREAMINFO."""
    tool("flac", "-s", "-5", "-o", folder / "a.flac", write_wav(folder / "a.wav", pcm))
    data = (folder / "a.flac").read_bytes()
    return data, data[8 : 8 + 34]


def cut(data: bytes, info: bytes, samples: int) -> list[Piece]:
    return list(pieces(io.BytesIO(data), len(data), info, samples, 4))


def decoded_by_flac(folder: Path, info: bytes, found: list[Piece]) -> list[bytes]:
    """Each piece alone; `encoded` has left the file in this folder."""
    raw = "--force-raw-format", "--endian=little", "--sign=signed"
    with (folder / "a.flac").open("rb") as file:
        streams = Streams(file, info)
        return [tool("flac", "-dcs", *raw, "-", data=bytes(streams.stream(piece))) for piece in found]


@pytest.mark.tools("flac")
class TestPieces:
    def test_each_is_a_stream_of_its_own_and_together_they_are_the_whole(self, tmp_path: Path) -> None:
        pcm = attacks(700_001)
        data, info = encoded(tmp_path, pcm)
        found = cut(data, info, 700_001)
        assert len(found) > 3
        assert all(piece.samples % FRAME_SAMPLES == 0 for piece in found[:-1])
        parts = decoded_by_flac(tmp_path, info, found)
        assert [len(part) // 4 for part in parts] == [piece.samples for piece in found]
        assert b"".join(parts) == pcm

    def test_they_come_near_the_size_that_is_wanted(self, tmp_path: Path) -> None:
        data, info = encoded(tmp_path, noise(1_500_000))
        found = [piece.samples for piece in cut(data, info, 1_500_000)]
        wanted = flac_segments.WANTED_BYTES // 4
        assert all(wanted // 2 < samples < wanted * 3 // 2 for samples in found[1:-1])
        assert len(found) > 4
        assert sum(found) == 1_500_000

    def test_silence_that_takes_next_to_no_bytes_comes_in_pieces_too(self, tmp_path: Path) -> None:
        """74 minutes of it are 650 kB of FLAC, and 780 MB of samples."""
        data, info = encoded(tmp_path, bytes(20_000_000 * 4))
        assert len(data) < 100_000
        found = cut(data, info, 20_000_000)
        assert sum(piece.samples for piece in found) == 20_000_000
        assert max(piece.samples for piece in found) <= 2 * flac_segments.WANTED_BYTES // 4

    def test_silence_behind_frames_that_take_many_bytes_comes_in_pieces_too(self, tmp_path: Path) -> None:
        """A frame of 65,535 samples of noise takes a quarter of a megabyte, and one of silence 20 bytes."""
        samples = 3 * 65_535 + 9_000_000
        pcm = noise(3 * 65_535) + bytes(9_000_000 * 4)
        wav = write_wav(tmp_path / "a.wav", pcm)
        tool("flac", "-s", "-5", "--lax", "-b", "65535", "-o", tmp_path / "a.flac", wav)
        data = (tmp_path / "a.flac").read_bytes()
        found = cut(data, data[8 : 8 + 34], samples)
        assert sum(piece.samples for piece in found) == samples
        assert max(piece.samples for piece in found) <= 2 * flac_segments.WANTED_BYTES // 4

    def test_one_frame_is_one_piece(self, tmp_path: Path) -> None:
        pcm = noise(1000)
        data, info = encoded(tmp_path, pcm)
        (piece,) = cut(data, info, 1000)
        assert decoded_by_flac(tmp_path, info, [piece]) == [pcm]

    def test_where_no_frame_begins_for_long_they_end_and_not_all_of_it_is_read(self, tmp_path: Path) -> None:
        data, info = encoded(tmp_path, noise(100_000))
        file = io.BytesIO(data + bytes(64_000_000))
        assert (
            sum(piece.samples for piece in pieces(file, len(data) + 64_000_000, info, 1 << 30, 4)) < 100_000
        )
        assert file.tell() < len(data) + 8_000_000

    @pytest.mark.parametrize("rate", ["another", "the same"])
    def test_what_looks_like_a_frame_inside_of_one(self, rate: str, tmp_path: Path) -> None:
        """Noise is stored as it is: left channel first, 16 bits each, the upper byte first."""
        samples = np.frombuffer(noise(60 * FRAME_SAMPLES), "<i2").reshape(-1, 2).copy()
        for number in range(60):
            header = bytes([0xFF, 0xF8, 0xCA if rate == "another" else 0xC9, 0x18, number + 1])
            header += bytes([crc_8(header)])
            place = number * FRAME_SAMPLES + 4000
            samples[place : place + 3, 0] = np.frombuffer(header, ">i2")
        pcm = samples.tobytes()
        data, info = encoded(tmp_path, pcm)
        assert data.count(header) == 1
        found = cut(data, info, len(pcm) // 4)
        if rate == "another":
            assert b"".join(decoded_by_flac(tmp_path, info, found)) == pcm
        recording = open_recording(tmp_path / "a.flac", threads=3)
        assert b"".join(piece.tobytes() for piece in recording) == pcm
        recording.close()

    def test_frames_behind_the_stated_end_are_in_no_piece(self, tmp_path: Path) -> None:
        data, info = encoded(tmp_path, noise(200_000))
        for stated in (100_000, 8 * FRAME_SAMPLES, 1):
            assert sum(piece.samples for piece in cut(data, info, stated)) <= stated

    def test_a_head_that_states_less_than_there_is(self, tmp_path: Path) -> None:
        """With that frame once more at its end: so the stream seems to end where it is stated to."""
        data, _ = encoded(tmp_path, noise(1_000_000))
        begins = [at for at in range(42, len(data) - 16) if data[at : at + 2] == b"\xff\xf8"]
        headers = [FrameHeader.read(data[at : at + 16], FRAME_SAMPLES) for at in begins]
        places = [at for at, header in zip(begins, headers, strict=True) if header is not None]
        frame = 8
        ended = (frame + 1) * FRAME_SAMPLES
        head = bytearray(data[: places[0]])
        head[8 + 13 : 8 + 18] = bytes([head[8 + 13] & 0xF0]) + ended.to_bytes(4, "big")
        file = tmp_path / "b.flac"
        file.write_bytes(bytes(head) + data[places[0] :] + data[places[frame] : places[frame + 1]])
        said = set()
        for threads in (1, 2, 4):
            recording = open_recording(file, threads=threads)
            with pytest.raises(AudioError) as caught:
                list(recording)
            recording.close()
            said.add(str(caught.value))
        assert len(said) == 1

    def test_a_place_in_the_audio_that_cannot_be_ends_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nothing as large as a damaged number says is asked for."""
        monkeypatch.setattr(flac_segments, "_FIRST_BYTES", 12_000)
        data, info = encoded(tmp_path, noise(40_000))
        first = data.index(b"\xff\xf8")
        far = bytes([0xFF, 0xF8, data[first + 2], data[first + 3], 0xFE, 0xBF, *[0x80] * 5])
        far += bytes([crc_8(far)])
        data = data[: first + 10_000] + far + data[first + 10_000 :]
        assert all(0 < piece.samples <= 40_000 for piece in cut(data, info, 40_000))


def crc_8(data: bytes) -> int:
    """Bit by bit.  Source: RFC 9639 9.1.8"""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc


def numbered(count: int) -> Iterator[Piece]:
    for number in range(count):
        yield Piece(number, 1, 10)


def decode(piece: Piece) -> Samples:
    return np.full((piece.samples, 2), piece.byte, np.int16)


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("redbook-flac")]


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_what_is_decoded_comes_in_order(threads: int, count: int) -> None:
    found = [int(piece[0, 0]) for piece in decoded_by(threads, numbered(count), decode)]
    assert found == list(range(count))


def test_several_are_decoded_at_once() -> None:
    met = threading.Barrier(3, timeout=60)

    def together(piece: Piece) -> Samples:
        met.wait()
        return decode(piece)

    in_time(lambda: list(decoded_by(3, numbered(6), together)) and None)


def test_no_more_are_cut_than_are_decoded_soon() -> None:
    cut = 0

    def counted() -> Iterator[Piece]:
        nonlocal cut
        for piece in numbered(100):
            cut += 1
            yield piece

    for number, _ in enumerate(decoded_by(2, counted(), decode)):
        assert cut <= number + 1 + 2 + 1


@pytest.mark.parametrize("samples", [9, 11])
def test_a_piece_of_another_length_ends_them(samples: int) -> None:
    def some(piece: Piece) -> Samples:
        return decode(piece._replace(samples=samples)) if piece.byte == 3 else decode(piece)

    assert [int(piece[0, 0]) for piece in decoded_by(2, numbered(9), some)] == [0, 1, 2]


def test_an_error_is_raised_and_whoever_gives_up_leaves_no_thread() -> None:
    def fail(piece: Piece) -> Samples:
        raise MemoryError("none left")

    def failing() -> None:
        with pytest.raises(MemoryError):
            list(decoded_by(2, numbered(9), fail))
        assert not decoders()

    def giving_up() -> None:
        some = decoded_by(2, numbered(9), decode)
        next(some)
        some.close()
        assert not decoders()

    in_time(failing)
    in_time(giving_up)
