"""Files that go over into each other are converted as one: the disc has the samples of the uncut recording.

What is expected is the recording before it was cut, converted in one go; and, for a tone, the tone itself.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.sound import decoded, encode, tool, write_wav

import redbook
from redbook.audio.sectors import Spool, prepare
from redbook.audio.source import Source
from redbook.authoring import master as mastering
from redbook.authoring.chains import find_chains
from redbook.authoring.master import read_program
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.authoring.streams import ProgramStream
from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.errors import AudioError, Cancelled
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

pytestmark = pytest.mark.tools("ffmpeg")

SECOND = Piece.silence(44_100)


def music(samples: int, rate: int, bits: int, channels: int = 2, seed: int = 1) -> Any:
    """Tones with noise in all bits that there are, as whole numbers."""
    t = np.arange(samples)[:, None] / rate
    hertz = 440 * 1.5 ** np.arange(channels)
    tones = 0.4 * np.sin(2 * np.pi * hertz * t) + 0.2 * np.sin(2 * np.pi * 9_000 * t)
    grain = np.random.default_rng(seed).uniform(-0.01, 0.01, tones.shape)
    return np.rint((tones + grain) * 2 ** (bits - 1)).astype(np.int32)


def packed(values: Any, bits: int) -> bytes:
    if bits == 24:
        return np.ascontiguousarray(values, "<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return bytes(np.ascontiguousarray(values, f"<i{bits // 8}").tobytes())


def wav(path: Path, values: Any, rate: int, bits: int) -> Path:
    return write_wav(path, packed(values, bits), rate=rate, channels=values.shape[1], width=bits // 8)


def cut(folder: Path, values: Any, rate: int, bits: int, places: Sequence[int], suffix: str) -> list[Path]:
    files = []
    for number, part in enumerate(np.split(values, places)):
        files.append(wav(folder / f"{number}.wav", part, rate, bits))
        if suffix != "wav":
            files[-1] = encode(files[-1], folder / f"{number}.{suffix}")
    return files


def sources(files: Sequence[Path]) -> tuple[Source, ...]:
    return tuple(Source(file.name, file) for file in files)


def track(*pieces: Piece, joined: bool = True) -> ProgramTrack:
    return ProgramTrack((Segment(1, pieces),), joined=joined)


def album(files: Sequence[Path], *, joined: bool = True) -> Program:
    tracks = tuple(track(Piece(number), joined=joined) for number in range(len(files)))
    return Program(sources(files), tracks)


def everything(stream: ProgramStream) -> bytes:
    data = bytearray()
    buffer = memoryview(bytearray(1 << 20))
    while got := stream.read_into(buffer):
        data += buffer[:got]
    return bytes(data)


def disc(program: Program, **options: Any) -> bytes:
    with read_program(program, Spool(), **options) as master:
        return everything(master.session_stream(0))


def alone(file: Path, **options: Any) -> bytes:
    """A file by itself, without the silence behind it."""
    with Spool() as spool:
        (found,) = prepare(sources([file]), spool, **options)
        return everything(ProgramStream(spool, [Piece(0, 0, found.samples)]))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def odd_places(rate: int) -> list[int]:
    """Four, each behind more than four seconds, none a whole number of sectors or output samples."""
    return [rate * n * 41 // 10 + 7 * n * n + 13 for n in (1, 2, 3, 4)]


RECORDINGS = {
    "48 kHz, 16 bit, WAV": (48_000, 16, 2, "wav"),
    "48 kHz, 16 bit, FLAC": (48_000, 16, 2, "flac"),
    "96 kHz, 24 bit, WAV": (96_000, 24, 2, "wav"),
    "96 kHz, 24 bit, FLAC": (96_000, 24, 2, "flac"),
    "44.1 kHz, 24 bit, FLAC": (44_100, 24, 2, "flac"),
    "48 kHz, 24 bit, mono": (48_000, 24, 1, "wav"),
    "32 kHz, 16 bit, ALAC": (32_000, 16, 2, "m4a -c:a alac"),
    "48 kHz, six channels": (48_000, 16, 6, "flac"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_that_was_cut_in_five_is_the_uncut_one(
    name: str, tmp_path: Path, chains: list[Any]
) -> None:
    rate, bits, channels, kind = RECORDINGS[name]
    values = music(rate * 21 + 11, rate, bits, channels)
    suffix, _, options = kind.partition(" ")
    files = cut(tmp_path, values, rate, bits, odd_places(rate), "wav" if options else suffix)
    if options:
        files = [encode(file, file.with_suffix(f".{suffix}"), *options.split()) for file in files]
    uncut = alone(wav(tmp_path / "uncut.wav", values, rate, bits), seed=3)
    with read_program(album(files), Spool(), seed=3) as master:
        assert sha(everything(master.session_stream(0))) == sha(uncut + bytes(-len(uncut) % 2352))
        at, borders = 0, [*odd_places(rate), len(values)]
        for source, border in zip(master.sources, borders, strict=True):
            at += source.samples
            assert abs(at - border * 44_100 / rate) <= 0.5
        assert chains == [((0, 1, 2, 3, 4),)]
    assert sha(disc(album(files, joined=False), seed=3)) != sha(uncut + bytes(-len(uncut) % 2352))


def off_tone(pcm: bytes, hertz: float, at: int) -> float:
    """How much near a place is not the tone, as it is everywhere else: the peak, in dB of the tone."""
    x = np.frombuffer(pcm, "<i2").reshape(-1, 2)[:, 0].astype(float)
    t = np.arange(len(x)) / 44_100
    basis = np.stack([np.sin(2 * np.pi * hertz * t), np.cos(2 * np.pi * hertz * t)], axis=1)
    quiet = slice(2_000, at - 2_000)
    fit, *_ = np.linalg.lstsq(basis[quiet], x[quiet], rcond=None)
    rest = (x - basis @ fit)[at - 1_000 : at + 1_000]
    return float(20 * np.log10(np.abs(rest).max() / np.hypot(*fit)))


@pytest.mark.parametrize("rate", [48_000, 96_000])
@pytest.mark.parametrize("place", ["at a whole output sample", "between two"])
def test_a_tone_goes_over_a_join_undisturbed(rate: int, place: str, tmp_path: Path) -> None:
    t = np.arange(rate * 9) / rate
    tone = np.repeat(np.rint(0.5 * 2**23 * np.sin(2 * np.pi * 997 * t))[:, None], 2, axis=1).astype(np.int32)
    border = rate * 4 + (rate // 100 * 7 if place == "at a whole output sample" else 77)
    files = cut(tmp_path, tone, rate, 24, [border], "wav")
    at = round(border * 44_100 / rate)
    # By themselves: so loud the break is, which shows that the measure can see one.
    apart = b"".join(map(alone, files))
    assert off_tone(apart, 997, at) > -50
    # In one stream: dither and rounding, 1.5 steps of 16 bit at most, 81 dB below the tone.
    assert off_tone(disc(album(files)), 997, at) < 20 * np.log10(1.6 / 16_384)


def in_one_go(files: Sequence[Path], folder: Path, rate: int) -> bytes:
    """What the files' own decoders give, put into one file of floating point and converted."""
    values = np.concatenate([decoded(file)[0].astype(np.float32) for file in files])
    (folder / "all.f32").write_bytes(values.astype("<f4").tobytes())
    tool("ffmpeg", "-v", "error", "-y", "-f", "f32le", "-ar", str(rate), "-ac", "2",
         "-i", folder / "all.f32", "-c:a", "pcm_f32le", folder / "all.wav")  # fmt: skip
    return alone(folder / "all.wav")


@pytest.mark.slow
@pytest.mark.parametrize("rate", [48_000, 44_100])
@pytest.mark.parametrize("kind", ["mp3", "m4a", "opus"])
def test_another_codec_in_the_middle_is_of_the_same_stream(rate: int, kind: str, tmp_path: Path) -> None:
    if kind == "opus" and rate != 48_000:
        pytest.skip("Opus is 48 kHz always")
    values = music(rate * 14, rate, 24)
    files = cut(tmp_path, values, rate, 24, [rate * 9 // 2 + 5, rate * 9 + 1], "flac")
    options = {"mp3": ("-b:a", "256k"), "m4a": ("-c:a", "aac", "-movie_timescale", str(rate)), "opus": ()}
    files[1] = encode(files[1], tmp_path / f"1.{kind}", *options[kind])
    expected = in_one_go(files, tmp_path, rate)
    assert disc(album(files)) == expected + bytes(-len(expected) % 2352)


def test_16_bits_in_a_deeper_chain_stay_as_they_are_unless_one_file_has_more(tmp_path: Path) -> None:
    values = music(44_100 * 9, 44_100, 16) << 8
    files = cut(tmp_path, values, 44_100, 24, [190_001], "flac")
    assert disc(album(files)) == packed(values >> 8, 16)
    values[-1] += 1  # the last sample of the last file: all of it is dithered, as the uncut recording is
    files = cut(tmp_path, values, 44_100, 24, [190_001], "flac")
    uncut = alone(wav(tmp_path / "uncut.wav", values, 44_100, 24))
    assert uncut[: 4 * 190_001] != packed(values[:190_001] >> 8, 16)
    assert disc(album(files)) == uncut


def test_16_bits_stay_as_they_are_beside_a_lossy_file(tmp_path: Path) -> None:
    values = music(44_100 * 9, 44_100, 16) << 8
    files = cut(tmp_path, values, 44_100, 24, [190_001], "flac")
    files[1] = encode(files[1], tmp_path / "1.mp3")
    with read_program(album(files), Spool()) as master:
        first, second = (
            Piece(n, 0, samples) for n, samples in ((0, 190_001), (1, master.sources[1].samples))
        )
        assert everything(ProgramStream(master.spool, [first])) == packed(values[:190_001] >> 8, 16)
        assert everything(ProgramStream(master.spool, [second])) == alone(files[1])


@pytest.fixture
def chains(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The chains of each reading of the sources."""
    found: list[Any] = []

    def noted(*args: Any, **options: Any) -> Any:
        found.append(options["chains"])
        return prepare(*args, **options)

    monkeypatch.setattr(mastering, "prepare", noted)
    return found


def test_what_needs_no_conversion_is_untouched_between_what_does(tmp_path: Path, chains: list[Any]) -> None:
    deep = cut(tmp_path, music(44_100 * 9, 44_100, 24), 44_100, 24, [190_001], "flac")
    plain = music(200_003, 44_100, 16, seed=2)
    files = [deep[0], wav(tmp_path / "plain.wav", plain, 44_100, 16), deep[1]]
    expected = alone(files[0]) + packed(plain, 16) + alone(files[2])
    with read_program(album(files), Spool()) as master:
        assert everything(master.session_stream(0)) == expected + bytes(-len(expected) % 2352)
    assert chains == [()]


def parted_by(how: str, files: Sequence[Path], folder: Path) -> Program:
    """Two files of one rate, and what keeps them apart."""
    both = sources(files)
    if how == "a pause":
        second = ProgramTrack((Segment(0, (SECOND,)), Segment(1, (Piece(1),))))
        return Program(both, (track(Piece(0)), second))
    if how == "a postgap":
        return Program(both, (track(Piece(0), SECOND), track(Piece(1))))
    if how == "a sector that is padded":
        return album(files, joined=False)
    if how == "a start that is left out":
        return Program(both, (track(Piece(0)), track(Piece(1, 1))))
    if how == "an end that is left out":
        return Program(both, (track(Piece(0, 0, 190_000)), track(Piece(1))))
    values = {
        "another rate": lambda: wav(folder / "x.wav", music(96_000 * 5, 96_000, 24), 96_000, 24),
        "other channels": lambda: wav(folder / "x.wav", music(48_000 * 5, 48_000, 24, 1), 48_000, 24),
    }
    return album([files[0], values[how]()])


@pytest.mark.parametrize(
    "how",
    [
        "a pause",
        "a postgap",
        "a sector that is padded",
        "a start that is left out",
        "an end that is left out",
        "another rate",
        "other channels",
    ],
)
def test_what_is_parted_is_converted_by_itself(how: str, tmp_path: Path, chains: list[Any]) -> None:
    files = cut(tmp_path, music(48_000 * 10, 48_000, 24), 48_000, 24, [48_000 * 5 + 3], "wav")
    program = parted_by(how, files, tmp_path)
    with read_program(program, Spool()) as master:
        assert chains == [()]
        for number, source in enumerate(program.sources):
            found = everything(
                ProgramStream(master.spool, [Piece(number, 0, master.sources[number].samples)])
            )
            assert found == alone(source.path)


def test_a_pause_ends_one_chain_and_begins_another(tmp_path: Path) -> None:
    values = music(48_000 * 17, 48_000, 16)
    halves = [values[: 48_000 * 9 + 1], values[48_000 * 9 + 1 :]]
    files: list[Path] = []
    for name, half in zip("ab", halves, strict=True):
        (tmp_path / name).mkdir()
        files += cut(tmp_path / name, half, 48_000, 16, [48_000 * 4 + 77], "flac")
    paused = ProgramTrack((Segment(0, (SECOND,)), Segment(1, (Piece(2),))))
    found = disc(Program(sources(files), (track(Piece(0)), track(Piece(1)), paused, track(Piece(3)))))
    first, second = (alone(wav(tmp_path / "uncut.wav", half, 48_000, 16)) for half in halves)
    assert found.startswith(first)
    assert found.rstrip(b"\0").endswith(second.rstrip(b"\0"))


def test_a_short_track_with_silence_behind_it_ends_a_chain(tmp_path: Path, chains: list[Any]) -> None:
    files = cut(tmp_path, music(48_000 * 8, 48_000, 16), 48_000, 16, [48_000 * 3], "flac")
    read_program(album(files), Spool(), pad_short_tracks=True).close()
    assert chains == [()]


def test_files_shorter_than_what_a_resampler_holds_back_are_cut_right(tmp_path: Path) -> None:
    values = music(48_000, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [1, 2, 80, 240, 250, 40_000, 40_001], "wav")
    with Spool() as spool:
        found = prepare(sources(files), spool, chains=[range(len(files))])
        parts = [everything(ProgramStream(spool, [Piece(n, 0, t.samples)])) for n, t in enumerate(found)]
    ends = np.cumsum([part.samples for part in found])
    # 240 samples are 220.5: a half is one more.
    assert list(ends) == [1, 2, 74, 221, 230, 36_750, 36_751, 44_100]
    assert b"".join(parts) == alone(wav(tmp_path / "uncut.wav", values, 48_000, 16))


def test_a_file_that_is_played_again_is_what_its_neighbours_make_of_it(tmp_path: Path) -> None:
    """A sheet may name one file twice: A, B, A is a recording, too."""
    values = music(48_000 * 10, 48_000, 24)
    border = 48_000 * 5 + 3
    files = cut(tmp_path, values, 48_000, 24, [border], "flac")
    program = Program(sources(files), (track(Piece(0)), track(Piece(1)), track(Piece(0))))
    uncut = alone(wav(tmp_path / "uncut.wav", np.concatenate([values, values[:border]]), 48_000, 24))
    assert disc(program) == uncut + bytes(-len(uncut) % 2352)
    loop = Program(sources(files[:1]), (track(Piece(0, 500), Piece(0, 0)),))
    uncut = alone(wav(tmp_path / "uncut.wav", np.tile(values[:border], (2, 1)), 48_000, 24))[2000:]
    assert disc(loop) == uncut + bytes(-len(uncut) % 2352)


def test_a_file_is_itself_where_it_is_played_alone_too(tmp_path: Path) -> None:
    files = cut(tmp_path, music(48_000 * 10, 48_000, 24), 48_000, 24, [48_000 * 5 + 3], "flac")
    again = ProgramTrack((Segment(0, (SECOND,)), Segment(1, (Piece(0),))))
    found = disc(Program(sources(files), (track(Piece(0)), track(Piece(1)), again)))
    by_itself = alone(files[0])
    assert found.rstrip(b"\0").endswith(by_itself.rstrip(b"\0"))
    assert not found.startswith(by_itself)


def test_indexes_and_hidden_audio_do_not_part_a_chain(tmp_path: Path) -> None:
    values = music(48_000 * 14, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [48_000 * 5 + 3, 48_000 * 9 + 50], "flac")
    first = ProgramTrack((Segment(1, (Piece(0, 0, 588 * 200),)), Segment(2, (Piece(0, 588 * 200),))))
    second = ProgramTrack((Segment(0, (Piece(1, 0, 588 * 60),)), Segment(1, (Piece(1, 588 * 60), Piece(2)))))
    uncut = alone(wav(tmp_path / "uncut.wav", values, 48_000, 16))
    assert disc(Program(sources(files), (first, second))) == uncut + bytes(-len(uncut) % 2352)


def test_an_end_that_a_sheet_gives_in_samples_may_be_rounded_either_way(tmp_path: Path) -> None:
    """A file's length depends on what comes before it; what was written of another order is its end, too."""
    values = music(48_000 * 14, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [48_000 * 5 + 3, 48_000 * 9 + 50], "wav")
    uncut = alone(wav(tmp_path / "uncut.wav", values, 48_000, 16))
    lengths = [len(alone(file)) // 4 for file in files]
    for more in (-1, 0, 1):
        tracks = tuple(track(Piece(number, 0, length + more)) for number, length in enumerate(lengths))
        assert disc(Program(sources(files), tracks)) == uncut + bytes(-len(uncut) % 2352)


def test_a_mark_one_sample_before_the_end_of_a_file_is_no_end(tmp_path: Path) -> None:
    values = music(48_000 * 14, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [48_000 * 5 + 3], "wav")
    uncut = alone(wav(tmp_path / "uncut.wav", values, 48_000, 16))
    place = len(alone(files[0])) // 4 - 1
    first = track(Piece(0, 0, place), Piece(0, place), Piece(1))
    assert disc(Program(sources(files), (first,))) == uncut + bytes(-len(uncut) % 2352)


def test_damage_in_the_middle_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    files = cut(tmp_path, music(48_000 * 15, 48_000, 24), 48_000, 24, [240_001, 480_002], "flac")
    whole = files[1].read_bytes()
    middle = len(whole) // 2
    files[1].write_bytes(whole[:middle] + bytes(64) + whole[middle + 64 :])
    with Spool() as spool, pytest.raises(AudioError, match=r"1\.flac") as caught:
        read_program(album(files), spool)
    assert caught.value.source == "1.flac"
    files[1].write_bytes(whole[:middle])
    with Spool() as spool, pytest.raises(AudioError, match=r"1\.flac"):
        read_program(album(files), spool)
    files[1].unlink()
    with Spool() as spool, pytest.raises(AudioError, match=r"1\.flac"):
        read_program(album(files), spool)


def test_a_chain_can_be_cancelled(tmp_path: Path) -> None:
    files = cut(tmp_path, music(48_000 * 15, 48_000, 24), 48_000, 24, [240_001, 480_002], "flac")
    cancel = threading.Event()
    seen: list[int] = []

    def on_read(number: int, source: Source) -> None:
        seen.append(number)
        cancel.set()

    with Spool() as spool, pytest.raises(Cancelled):
        read_program(album(files), spool, cancel=cancel, on_read=on_read)
    assert seen == [1]  # a source is told as soon as it is whole, not at the end of its chain


def test_what_is_decided_otherwise_than_foreseen_is_read_once_more(tmp_path: Path) -> None:
    values = music(48_000 * 10, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [240_001], "flac")
    joined, apart = album(files), album(files, joined=False)

    def decided(program: Program) -> Any:
        return lambda sources, laid_out: mastering.Decision(program, False, False)

    for foreseen, program in ((apart, joined), (joined, apart)):
        found = disc(foreseen, decide=decided(program), foresee=lambda look, seen=foreseen: seen)
        assert found == disc(program)


@pytest.fixture
def tagged(tmp_path: Path) -> tuple[list[Path], bytes]:
    """An album by its tags, and what it is in one go."""
    values = music(48_000 * 15, 48_000, 24)
    files = cut(tmp_path, values, 48_000, 24, [240_001, 480_002], "wav")
    files = [encode(file, file.with_suffix(".flac"), "-metadata", "album=One") for file in files]
    pcm = alone(wav(tmp_path / "uncut.wav", values, 48_000, 24))
    return files, pcm + bytes(-len(pcm) % 2352)


def planned(*names: Path, **wishes: Any) -> bytes:
    recorder = VirtualRecorder(Medium.new())
    with redbook.plan(
        [str(name) for name in names], Drive(recorder), wishes=redbook.Wishes(**wishes), keep_audio=True
    ) as plan:
        assert plan.master is not None
        return everything(plan.master.session_stream(0))


def test_the_files_of_an_album_and_their_sheets_are_one_recording(
    tagged: tuple[list[Path], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, uncut = tagged
    calls: list[Sequence[Sequence[int]]] = []

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(options["chains"])
        return prepare(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(mastering, "prepare", counted)
        assert planned(*files) == uncut
    assert calls == [((0, 1, 2),)]  # the tags were looked at first: nothing is read twice
    assert planned(*files, join=redbook.Join.PAD) != uncut
    for kind in ("cue", "toc"):
        sheet = tmp_path / f"album.{kind}"
        redbook.write_sheet([str(file) for file in files], sheet)
        assert planned(sheet) == uncut


def rounded(samples: int) -> int:
    return (samples * 147 * 2 + 160) // 320  # of 48 kHz, at 44.1


@pytest.mark.parametrize(("behind", "more"), [(0, -1), (1, 1)])
def test_a_toc_file_of_rounded_borders_tears_nothing(behind: int, more: int, tmp_path: Path) -> None:
    """A file in the middle is a sample longer or shorter than by itself, and ends where a sector does, or
    one sample behind."""
    first, second = next(
        (first, second)
        for first in range(48_000 * 4, 48_000 * 4 + 160)
        for second in range(first + 48_000 * 4, first + 48_000 * 4 + 1_280)
        if rounded(second) % 588 == behind
        and rounded(second) - rounded(first) == rounded(second - first) + more
    )
    values = music(48_000 * 15, 48_000, 16)
    files = cut(tmp_path, values, 48_000, 16, [first, second], "wav")
    uncut = alone(wav(tmp_path / "uncut.wav", values, 48_000, 16))
    sheet = tmp_path / "album.toc"
    redbook.write_sheet([str(file) for file in files], sheet, wishes=redbook.Wishes(join=redbook.Join.JOIN))
    assert planned(sheet, strict=True) == uncut + bytes(-len(uncut) % 2352)  # and nothing untrue is noted


@pytest.mark.parametrize("mode", [redbook.Mode.SAO, redbook.Mode.TAO])
def test_a_disc_is_verified_as_it_was_written(mode: redbook.Mode, tagged: tuple[list[Path], bytes]) -> None:
    """By the files alone: whether they were in one stream, the disc tells."""
    names = [str(file) for file in tagged[0]]
    recorder = VirtualRecorder(Medium.new())
    redbook.burn(names, Drive(recorder), clock=ManualClock(), mode=mode)
    assert redbook.verify(names, Drive(recorder), clock=ManualClock()).same


def test_nothing_is_looked_into_where_nothing_can_be_joined(tmp_path: Path) -> None:
    def look(place: int) -> None:
        raise AssertionError(place)

    names = [tmp_path / "a.flac", tmp_path / "b.flac"]
    assert find_chains(album(names, joined=False), look).rows == ()
    assert find_chains(album(names[:1]), look).rows == ()


def test_what_clips_at_the_end_of_a_file_is_counted_to_that_file(tmp_path: Path) -> None:
    """The resampler hands its last samples over only while the next file is read."""
    rate, samples = 48_000, 48_000 * 5
    loud = np.zeros((samples, 2), "<i4")
    loud[-400:] = np.where(np.arange(400)[:, None] // 4 % 2, 1, -1) * np.int32(2**31 - 1)  # overshoots
    quiet = np.zeros((samples, 2), "<i4")
    sources = []
    for name, values in (("1.wav", loud), ("2.wav", quiet)):
        write_wav(tmp_path / name, values.tobytes(), rate=rate, width=4)
        sources.append(Source(name, tmp_path / name))
    tracks = tuple(ProgramTrack((Segment(1, (Piece(n),)),), joined=True) for n in range(2))
    with read_program(Program(tuple(sources), tracks), Spool()) as master:
        first, second = master.sources
    assert first.clipped > 10
    assert second.clipped <= 4  # the ringing behind the border
