"""Sheets inside sound files, written by the programs that write them: metaflac, ffmpeg."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from redbook.authoring.arrange import Arrangement, arrange
from redbook.authoring.program import Program
from redbook.disc.cd_text import PackType
from redbook.sheets import SheetOptions, read_embedded
from tests.support.sheets import Desk, S, marks, notes, refused, runs, text, true_length
from tests.support.sound import encode, noise, tool, write_wav

SHEET = """CATALOG 4006381333931
FILE "x.flac" FLAC
  TRACK 01 AUDIO
    FLAGS PRE
    ISRC DEABC2500001
    INDEX 00 00:00:00
    INDEX 01 00:04:00
  TRACK 02 AUDIO
    INDEX 00 00:12:00
    INDEX 01 00:14:00
    INDEX 02 00:16:10
  TRACK 03 AUDIO
    INDEX 01 00:20:00
"""
"""That of vector 25, whose reading is known."""


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    """2000 sectors."""
    wav = write_wav(tmp_path / "x.wav", noise(2000 * S))
    tool("flac", "-s", "-0", "-f", "-o", tmp_path / "x.flac", wav)
    wav.unlink()
    return tmp_path / "x.flac"


def read(path: Path, **options: bool) -> Program | None:
    return read_embedded(path, path.name, true_length, SheetOptions(**options))


def both(path: Path) -> tuple[Program, Arrangement]:
    program = read(path)
    assert program is not None
    return program, arrange(program, [true_length(source) for source in program.sources])


def put_block(flac: Path, sheet: str) -> None:
    cue = flac.with_suffix(".import")
    cue.write_text(sheet)
    tool("metaflac", f"--import-cuesheet-from={cue}", flac)


def put_tag(flac: Path, sheet: str) -> None:
    cue = flac.with_suffix(".import")
    cue.write_text(sheet)
    tool("metaflac", f"--set-tag-from-file=CUESHEET={cue}", flac)


@pytest.mark.tools("flac", "metaflac")
class TestBlock:
    def test_is_read_as_the_sheet_that_it_was_made_from(self, flac: Path) -> None:
        put_block(flac, SHEET)
        program, made = both(flac)
        assert marks(made) == [(-150, 300, ()), (900, 1050, (1210,)), (None, 1500, ())]
        assert made.layout.lead_out_lba == 2000
        assert runs(made) == [("0", 0, 2000 * S)]
        assert program.mcn == "4006381333931"
        assert [track.isrc for track in program.tracks] == ["DEABC2500001", "", ""]
        assert [track.pre_emphasis for track in program.tracks] == [True, False, False]
        assert program.sources[0].path == flac
        assert not program.notes

    def test_is_found_behind_a_tag_of_id3(self, flac: Path) -> None:
        put_block(flac, SHEET)
        flac.write_bytes(b"ID3\4\0\0\0\0\0\x0a" + bytes(10) + flac.read_bytes())
        found = read_embedded(flac, "x.flac", lambda source: 2000 * S)
        assert found is not None
        assert len(found.tracks) == 3

    def test_of_another_rate_has_its_places_in_that_rate(self, tmp_path: Path) -> None:
        """48 kHz: 96000 samples are two seconds."""
        wav = write_wav(tmp_path / "x.wav", noise(48_000 * 12), rate=48_000)
        tool("flac", "-s", "-f", "-o", tmp_path / "x.flac", wav)
        put_block(
            tmp_path / "x.flac",
            'FILE "x" WAVE\nTRACK 01 AUDIO\nINDEX 01 0\nTRACK 02 AUDIO\nINDEX 01 288000\n',
        )
        program = read_embedded(tmp_path / "x.flac", "x.flac", lambda source: 44_100 * 12)
        assert program is not None
        assert [piece.first for track in program.tracks for piece in track.pieces] == [0, 6 * 44_100]

    def test_with_data_is_refused(self, flac: Path) -> None:
        put_block(flac, SHEET.replace("03 AUDIO", "03 MODE1/2352"))
        with refused("track 3", "data"):
            read(flac)

    def test_longer_than_the_file_is_refused(self, flac: Path) -> None:
        put_block(flac, SHEET)
        with refused("track 2", "00:14:00", "00:13:25", "x.flac"):
            read_embedded(flac, "x.flac", lambda source: 1000 * S)

    def test_cut_short_is_refused(self, flac: Path) -> None:
        put_block(flac, SHEET)
        data = flac.read_bytes()
        start = 4
        while data[start] & 0x7F != 5:
            start += 4 + int.from_bytes(data[start + 1 : start + 4], "big")
        length = int.from_bytes(data[start + 1 : start + 4], "big")
        cut = (
            data[:start]
            + struct.pack(">I", 5 << 24 | length - 40)
            + data[start + 4 : start + 4 + length - 40]
        )
        flac.write_bytes(cut + data[start + 4 + length :])
        with refused("CUESHEET block is damaged"):
            read(flac)


@pytest.mark.tools("flac", "metaflac")
class TestTag:
    def test_is_read_as_a_sheet_of_this_file(self, flac: Path) -> None:
        put_tag(flac, 'TITLE "Ünï"\n' + SHEET.replace("x.flac", "another name.wav"))
        program, made = both(flac)
        assert marks(made) == [(-150, 300, ()), (900, 1050, (1210,)), (None, 1500, ())]
        assert text(program, PackType.TITLE) == "Ünï"
        assert [source.path for source in program.sources] == [flac]
        assert not program.notes

    def test_goes_before_the_block(self, flac: Path) -> None:
        put_block(flac, SHEET)
        put_tag(flac, 'FILE "x" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
        program, made = both(flac)
        assert len(made.layout.tracks) == 1
        assert "the tag is used" in notes(program)

    def test_needs_no_file_line(self, flac: Path) -> None:
        put_tag(flac, "TRACK 01 AUDIO\nINDEX 01 00:00:00\n")
        assert len(both(flac)[0].tracks) == 1

    def test_of_several_files_is_refused(self, flac: Path) -> None:
        put_tag(flac, "".join(f'FILE "{n}" WAVE\nTRACK {n} AUDIO\nINDEX 01 00:00:00\n' for n in (1, 2)))
        with refused("x.flac", "second file", line=4):
            read(flac)

    def test_errors_have_the_line_in_the_tag(self, flac: Path) -> None:
        put_tag(flac, SHEET.replace("00:20:00", "00:30:00"))
        with refused("00:30:00", "00:26:50", line=13):
            read(flac)

    @pytest.mark.tools("ffmpeg")
    @pytest.mark.parametrize(
        ("suffix", "options"), [(".mp3", ()), (".wv", ()), (".ogg", ("-c:a", "libvorbis"))]
    )
    def test_is_read_from_every_kind_of_tag(self, flac: Path, suffix: str, options: tuple[str, ...]) -> None:
        """ID3, APEv2, Vorbis comments."""
        put_tag(flac, SHEET)
        other = encode(flac, flac.with_suffix(suffix), *options)
        program = read_embedded(other, other.name, lambda source: 2000 * S)
        assert program is not None
        assert len(program.tracks) == 3
        assert program.mcn == "4006381333931"


@pytest.mark.tools("flac", "metaflac")
def test_without_a_sheet_there_is_none(flac: Path) -> None:
    assert read(flac) is None


@pytest.mark.parametrize("data", [b"", b"no sound", b"fLaC", b"fLaC\x05\xff\xff\xff", b"fLaC\x85\0\0\1x"])
def test_what_is_no_sound_file_has_none_or_a_damaged_one(desk: Desk, data: bytes) -> None:
    path = desk.put("x.flac", head=data)
    if data.startswith((b"fLaC\x05", b"fLaC\x85")):
        with refused("damaged"):
            read(path)
    else:
        assert read(path) is None


@pytest.mark.tools("flac", "metaflac")
@pytest.mark.parametrize(
    ("encoding", "title", "options"),
    [
        ("cp1251", "Время колокольчиков", SheetOptions()),
        ("cp1252", "Déjà vu – «Été»", SheetOptions()),
        ("koi8-r", "Время", SheetOptions(encoding="koi8-r")),
    ],
)
def test_a_tag_that_is_no_utf8_is_read_in_its_encoding(
    encoding: str, title: str, options: SheetOptions, flac: Path
) -> None:
    """As some programs write it: the bytes of a sheet that was in another encoding."""
    cue, meant = flac.with_name("x.cue"), title.encode(encoding)
    there = "~" * len(meant)  # metaflac takes nothing but UTF-8
    cue.write_text(
        SHEET.replace("FILE", f'TITLE "{there}"\nFILE', 1).replace("FLAGS PRE", f'TITLE "{there}"')
    )
    tool("metaflac", f"--set-tag-from-file=CUESHEET={cue}", flac)
    data = flac.read_bytes()
    assert data.count(there.encode()) == 2
    flac.write_bytes(data.replace(there.encode(), meant))
    program = read_embedded(flac, "x.flac", true_length, options)
    assert program is not None
    assert program.texts[0].text(PackType.TITLE, 0) == title
    assert program.texts[0].text(PackType.TITLE, 1) == title
    assert any("the CUESHEET tag is not UTF-8" in str(note) for note in program.notes)
