"""Which file a name means: each step in its turn, told, and never one of two."""

from __future__ import annotations

import os
import unicodedata

import pytest

from redbook.errors import AudioError, SheetError
from tests.support.sheets import Desk, S, notes, refused, runs

FLAC, WAV = b"fLaC", b"RIFF\0\0\0\0WAVE"


def sheet(*names: str) -> str:
    return "".join(
        f'FILE "{name}" WAVE\n  TRACK {number:02d} AUDIO\n    INDEX 01 00:00:00\n'
        for number, name in enumerate(names, 1)
    )


def taken(desk: Desk, text: str | bytes, **options: bool) -> list[str]:
    """Which files are taken, as seen from the sheet."""
    program = desk.read(text, **options)
    return [source.path.relative_to(desk.folder).as_posix() for source in program.sources]


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("Album\\one.wav", "Album/one.wav"),
        ("./one.wav", "one.wav"),
        ("a b.wav", "a b.wav"),
        ("back\\slash.wav", "back\\slash.wav"),
    ],
)
def test_a_name_as_it_stands_is_no_news(desk: Desk, named: str, there: str) -> None:
    desk.put(there)
    program = desk.read(sheet(named))
    assert os.path.realpath(program.sources[0].path) == os.path.realpath(desk.folder / there)
    assert not program.notes


def test_an_absolute_path_is_taken_if_it_is_there(desk: Desk) -> None:
    there = desk.put("elsewhere/one.wav")
    (desk.folder / "sheets").mkdir()
    program = desk.read(sheet(str(there)), name="sheets/a.cue")
    assert program.sources[0].path == there


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("C:\\Music\\Rips\\one.wav", "one.wav"),
        ("C:\\Music\\Rips\\one.wav", "Rips/one.wav"),
        ("/home/somebody/Rips/one.wav", "Rips/one.wav"),
        ("\\\\server\\music\\one.wav", "one.wav"),
        ("Album\\CD 1\\one.wav", "CD 1/one.wav"),
        ("..\\Old\\one.wav", "one.wav"),
        ("ONE.WAV", "one.wav"),
        ("ALBUM\\One.wav", "Album/one.wav"),
        ("D:\\ALBUM\\One.wav", "Album/one.wav"),
        ("a_b.wav", "a b.wav"),
        ("a b.wav", "a_b.wav"),
        (unicodedata.normalize("NFC", "café.wav"), unicodedata.normalize("NFD", "café.wav")),
        (unicodedata.normalize("NFD", "Ünï.wav"), unicodedata.normalize("NFC", "ünï.wav")),
        ("one.wav", "one.flac"),
        ("one.wav", "ONE.FLAC"),
        ("C:\\Rips\\One.ape", "one.m4a"),
        ("Album\\one.wav", "album/one.ogg"),
        ("Dr. No", "Dr. No.flac"),
        ("one.bin", "one.flac"),
        ("range.wav", "sheet.flac"),
    ],
)
def test_another_name_is_found_and_told(desk: Desk, named: str, there: str) -> None:
    desk.put(there)
    program = desk.read(sheet(named))
    assert [source.path.relative_to(desk.folder).as_posix() for source in program.sources] == [there]
    (note,) = program.notes
    assert note.line == 1
    assert there in note.text


def test_a_file_with_the_sheet_s_own_name_also_ends_before_cue(desk: Desk) -> None:
    desk.put("Album.flac")
    program = desk.read(sheet("CDImage.wav"), name="Album.flac.cue")
    assert program.sources[0].path.name == "Album.flac"


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("ONE.WAV", ["one.wav", "One.wav"]),
        ("A B.wav", ["a_b.wav", "a b.wav"]),
        ("one.wav", ["one.flac", "one.mp3"]),
        ("C:\\Rips\\one.wav", ["one.wav", "Rips/one.wav"]),
        ("range.wav", ["sheet.flac", "sheet.wav"]),
    ],
)
def test_two_that_are_as_good_are_refused_by_name(desk: Desk, named: str, there: list[str]) -> None:
    for name in there:
        desk.put(name)
    with refused(*there, line=1):
        desk.read(sheet(named))


def test_the_same_file_by_two_ways_is_one(desk: Desk) -> None:
    desk.put("one.flac")
    (desk.folder / "one.mp3").symlink_to("one.flac")
    assert len(desk.read(sheet("one.wav")).sources) == 1


def test_an_earlier_step_decides(desk: Desk) -> None:
    for name in ("one.wav", "ONE.WAV", "one.flac"):
        desk.put(name)
    assert taken(desk, sheet("one.wav")) == ["one.wav"]


@pytest.mark.parametrize(
    "named", ["two.wav", "one.wav.txt", "folder", "x" * 300 + ".wav", "a\0b.wav", "..", "\\"]
)
def test_what_is_nowhere_is_an_error_that_says_what_to_do(desk: Desk, named: str) -> None:
    desk.put("one.wav")
    (desk.folder / "folder").mkdir()
    with refused("there is no file", "--match-files", line=1):
        desk.read(sheet(named, "one.wav"))


def test_a_sheet_of_two_files_does_not_go_by_its_own_name(desk: Desk) -> None:
    desk.put("sheet.flac")
    with refused("there is no file a.wav", line=1):
        desk.read(sheet("a.wav", "b.wav"))


def test_a_pipe_is_no_file(desk: Desk) -> None:
    os.mkfifo(desk.folder / "one.wav")
    with refused("there is no file", line=1):
        desk.read(sheet("one.wav"))


def test_an_empty_file_is_refused(desk: Desk) -> None:
    desk.put("one.wav", head=b"")
    with refused("one.wav", "empty", line=1):
        desk.read(sheet("one.wav"))


class TestByNumber:
    def test_only_if_asked_for(self, desk: Desk) -> None:
        for name in ("01 First.flac", "02 Second.flac", "10 Tenth.flac"):
            desk.put(name)
        text = sheet("a.wav", "b.wav", "c.wav").replace("TRACK 03", "TRACK 10")
        with refused("--match-files", line=1):
            desk.read(text)
        assert taken(desk, text, match_files=True) == ["01 First.flac", "02 Second.flac", "10 Tenth.flac"]
        assert "02 Second.flac" in notes(desk.read(text, match_files=True))

    @pytest.mark.parametrize(
        "names", [("01.flac", "03.flac"), ("01.flac",), ("01.flac", "02.flac", "cover.mp3")]
    )
    def test_not_if_a_number_or_a_file_is_wrong(self, desk: Desk, names: tuple[str, ...]) -> None:
        for name in names:
            desk.put(name)
        with refused("there is no file", line=1):
            desk.read(sheet("a.wav", "b.wav"), match_files=True)

    def test_files_go_by_their_own_track_also_where_a_gap_stands_before(self, desk: Desk) -> None:
        for name in ("01.flac", "02.flac"):
            desk.put(name)
        text = (
            'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:20:00\n'
            'FILE "b.wav" WAVE\nINDEX 01 00:00:00\n'
        )
        assert taken(desk, text, match_files=True) == ["01.flac", "02.flac"]


class TestContent:
    """The type behind a name is never believed."""

    @pytest.mark.parametrize("kind", ["WAVE", "MP3", "AIFF", "FLAC", "wave", ""])
    @pytest.mark.parametrize("head", [WAV, FLAC])
    def test_a_sound_file_is_one_whatever_its_type(self, desk: Desk, kind: str, head: bytes) -> None:
        desk.put("one.wav", head=head)
        program = desk.read(sheet("one.wav").replace("WAVE", kind))
        assert [source.raw for source in program.sources] == [""]

    @pytest.mark.parametrize(("kind", "order"), [("BINARY", "little"), ("MOTOROLA", "big")])
    def test_raw_audio_has_its_order_from_the_type(self, desk: Desk, kind: str, order: str) -> None:
        desk.put("one.bin", 300, bytes(2352))
        program = desk.read(sheet("one.bin").replace("WAVE", kind))
        assert [source.raw for source in program.sources] == [order]
        assert not program.notes

    @pytest.mark.parametrize("kind", ["BINARY", "MOTOROLA"])
    def test_a_sound_file_that_is_called_raw_is_not_played_as_noise(self, desk: Desk, kind: str) -> None:
        desk.put("one.bin", head=WAV)
        program = desk.read(sheet("one.bin").replace("WAVE", kind))
        assert [source.raw for source in program.sources] == [""]
        assert kind in notes(program)

    def test_raw_audio_that_is_called_a_sound_file_is_refused(self, desk: Desk) -> None:
        desk.put("one.bin", head=bytes(2352))
        with refused("one.bin", "BINARY", line=1):
            desk.read(sheet("one.bin"))

    def test_raw_audio_with_a_rest_is_told_and_burned(self, desk: Desk) -> None:
        desk.put("one.bin", 300 + 100 / S, bytes(2352 + 400))
        program = desk.read(sheet("one.bin").replace("WAVE", "BINARY"))
        made = desk.arranged(program)
        assert "100 of 588" in notes(program)
        assert made.layout.lead_out_lba == 301
        assert runs(made) == [("0", 0, 300 * S + 100), ("s", 0, 488)]

    def test_raw_audio_with_part_of_a_sample_is_refused(self, desk: Desk) -> None:
        desk.put("one.bin", head=bytes(2353))
        with refused("2353 bytes", line=1):
            desk.read(sheet("one.bin").replace("WAVE", "BINARY"))

    def test_what_cannot_be_measured_is_an_error_of_the_file_s_line(self, desk: Desk) -> None:
        def broken(source: object) -> int:
            raise AudioError("not a sound file redbook can read, or damaged")

        desk.put("one.wav")
        desk.length_of = broken  # type: ignore[method-assign]
        with refused("one.wav", "not a sound file", line=1):
            desk.read(sheet("one.wav"))


def test_a_file_by_the_very_bytes_of_the_sheet_is_found(desk: Desk) -> None:
    """Sheet and files unpacked from an old archive: both in Windows-1251, which the system does not know."""
    raw = "Песня.wav".encode("cp1251")
    path = os.fsencode(desk.folder) + b"/" + raw
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(WAV)
    desk.lengths[(desk.folder / os.fsdecode(raw)).resolve()] = 2000 * S
    program = desk.read(sheet("Песня.wav").encode("cp1251"))
    assert os.fsencode(program.sources[0].path.name) == raw


def test_an_error_is_one_line_whatever_the_name(desk: Desk) -> None:
    with pytest.raises(SheetError) as raised:
        desk.read(sheet("a\x1b[2J\u2028.wav", "b"))
    assert str(raised.value).isprintable()
