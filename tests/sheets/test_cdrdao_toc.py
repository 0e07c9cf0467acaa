"""TOC files: what cdrdao reads is what redbook reads, and what it refuses is told with its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from redbook.audio.source import Source
from redbook.authoring.program import Program
from redbook.disc.cd_text import PackType
from redbook.errors import AudioError, SheetError
from redbook.sheets.cdrdao_toc import read_toc
from redbook.sheets.options import SheetOptions
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.sound import noise, write_wav
from tests.support.toc_files import (
    as_cdrdao_shows,
    audio_of,
    by_cdrdao,
    laid,
    length_of,
    swapped,
)

VECTORS = Path(__file__).parent.parent / "vectors" / "cd-text"

LENGTHS = {"a.wav": 352_900, "b.wav": 294_200, "c.wav": 264_900}
"""None of them is a whole number of sectors: 600, 500 and 450, and 100, 200 and 300 samples."""


@pytest.fixture(autouse=True)
def _songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for seed, (name, samples) in enumerate(LENGTHS.items(), 1):
        write_wav(Path(name), noise(samples, seed))
    Path("big.raw").write_bytes(swapped(noise(588 * 400, 7)))
    Path("little.raw").write_bytes(noise(588 * 400, 8))


def read(text: str) -> Program:
    Path("a.toc").write_text(text, encoding="utf-8")
    return read_toc(Path("a.toc"), "a.toc", length_of)


def notes(program: Program) -> list[str]:
    return [str(note) for note in program.notes]


ONE = 'CD_DA\nTRACK AUDIO\nFILE "a.wav" 0\n'

READ_BY_BOTH = {
    "files": 'TRACK AUDIO FILE "a.wav" 0 TRACK AUDIO AUDIOFILE "b.wav" 0 TRACK AUDIO FILE "c.wav" 0 0',
    "flags": 'CD_DA CATALOG "4006381333931"\n'
    'TRACK AUDIO COPY PRE_EMPHASIS NO COPY ISRC "DEABC2500001" FOUR_CHANNEL_AUDIO FILE "a.wav" 0\n'
    'TRACK AUDIO NO PRE_EMPHASIS FOUR_CHANNEL_AUDIO TWO_CHANNEL_AUDIO COPY FILE "b.wav" 0',
    "pregaps": 'TRACK AUDIO PREGAP 0:4:0 FILE "a.wav" 0\n'
    'TRACK AUDIO SILENCE 0:2:0 START FILE "b.wav" 0\n'
    'TRACK AUDIO FILE "c.wav" 0 START 00:00:50 // of audio',
    "a start behind no whole sector": 'TRACK AUDIO FILE "a.wav" 0 1000 START FILE "a.wav" 1000',
    "silence of no whole sector": 'TRACK AUDIO FILE "a.wav" 0\n'
    'TRACK AUDIO SILENCE 1000 START FILE "b.wav" 0 SILENCE 77 TRACK AUDIO FILE "c.wav" 0',
    "indexes": 'TRACK AUDIO FILE "a.wav" 0 START 0:1:0 INDEX 0:1:0 INDEX 0:2:5',
    "a postgap": 'TRACK AUDIO FILE "a.wav" 0 END SILENCE 0:2:0 INDEX 0:1:0\nTRACK AUDIO FILE "b.wav" 0',
    "a postgap with a time": 'TRACK AUDIO PREGAP 0:2:0 FILE "a.wav" 0 END 0:7:3 TRACK AUDIO FILE "b.wav" 0',
    "parts": 'TRACK AUDIO FILE "a.wav" 0:1:0 0:2:0 SILENCE 0:2:0 FILE "a.wav" 588 100000\n'
    'TRACK AUDIO FILE "b.wav" 1 FILE "a.wav" 176400',
    "an odd part carried over": 'TRACK AUDIO FILE "a.wav" 0 FILE "b.wav" 0 488 TRACK AUDIO FILE "b.wav" 488',
    "raw audio": 'TRACK AUDIO FILE "big.raw" 0 TRACK AUDIO FILE "little.raw" SWAP 0\n'
    'TRACK AUDIO FILE "big.raw" #23520 0',
    "comments": '// one\nCD_DA // "two\nTRACK AUDIO // {\nFILE "a.wav" 0 // 1:2:3\n// at the end',
}


@pytest.mark.tools("cdrdao")
@pytest.mark.parametrize("text", READ_BY_BOTH.values(), ids=READ_BY_BOTH.keys())
def test_marks_flags_and_codes_are_as_cdrdao_shows_them(text: str) -> None:
    found = as_cdrdao_shows(laid(read(text)))
    assert found == by_cdrdao(Path("a.toc"))


@pytest.mark.tools("cdrdao", "umockdev-run")
@pytest.mark.usefixtures("exact_recorder")
@pytest.mark.parametrize(
    "name",
    [
        *("pregaps", "a start behind no whole sector", "silence of no whole sector", "a postgap", "parts"),
        *("an odd part carried over", "raw audio"),
    ],
)
def test_the_samples_are_those_that_cdrdao_burns(name: str) -> None:
    program = read(READ_BY_BOTH[name])
    recorder = VirtualRecorder(Medium.new())
    write = ("cdrdao", "write", "-n", "--force", "--driver", "generic-mmc", "--device", "/dev/sr0", "a.toc")
    client(recorder, *write)
    assert recorder.disc is not None
    lead_out = recorder.disc.state.sessions[0].lead_out_lba
    assert lead_out is not None
    found = recorder.disc.read(0, lead_out)
    expected = audio_of(program)
    assert found[: len(expected)] == expected
    assert not any(found[len(expected) :])


@pytest.mark.tools("cdrdao")
@pytest.mark.parametrize("name", ["ml.toc", "sj.toc"])
def test_discs_in_two_languages(name: str) -> None:
    shutil.copy(VECTORS / name, name)
    program = read_toc(Path(name), name, length_of)
    assert as_cdrdao_shows(laid(program)) == by_cdrdao(Path(name))
    english, japanese = program.texts
    assert (english.language_code, japanese.language_code) == (9, 105)
    assert english.by_type[PackType.TITLE] == {0: "Album", 1: "One", 2: "Two", 3: "Three"}
    assert english.by_type[PackType.CODE] == {0: "4006381333931", 1: "DEABC2500001"}
    if name == "ml.toc":
        assert japanese.by_type[PackType.TITLE] == {0: "あい", 1: "う", 2: "え", 3: "お"}
        assert english.text(PackType.GENRE) == "Rock"
        assert f"{name}:5: LANGUAGE 0: PERFORMER is not given for track 2; it is burned empty there" in notes(
            program
        )
        assert f"{name}:6: no ENCODING is given; Japanese text is read as MS-JIS" in notes(program)
    else:
        assert japanese.by_type[PackType.TITLE] == {0: "JAlbum", 1: "j1", 2: "j2", 3: "j3"}
        assert japanese.by_type[PackType.PERFORMER] == {0: "X"}


TEXTS = (
    'CD_TEXT {{ LANGUAGE_MAP {{ 0 : {code} }} LANGUAGE 0 {{ {encoding} TITLE "{title}" PERFORMER "" }} }}\n'
)
TRACK = 'TRACK AUDIO CD_TEXT { LANGUAGE 0 { TITLE "" PERFORMER "" } } FILE "a.wav" 0\n'


@pytest.mark.parametrize(
    ("title", "code", "encoding", "meant"),
    [
        (r"Caf\351", "EN", "", "Café"),
        ("Café", "9", "", "Café"),
        (r"\"x\" \134 y\z", "9", "", r'"x" \ y\z'),
        (r"\344\275\240", "9", "", "ä½\xa0"),  # octal is of the disc: ISO 8859-1
        (r"\202\240", "69", "ENCODING_MS_JIS", "あ"),
        (r"\202\240", "105", "", "あ"),
        ("日本", "105", "ENCODING_MS_JIS", "日本"),
        (r"\307\321\261\333", "101", "ENCODING_KOREAN", "한글"),
        (r"\304\343", "117", "ENCODING_MANDARIN", "你"),
    ],
)
def test_texts_are_utf8_or_the_bytes_of_the_disc(title: str, code: str, encoding: str, meant: str) -> None:
    (texts,) = read(TEXTS.format(title=title, code=code, encoding=encoding) + TRACK).texts
    assert texts.text(PackType.TITLE) == meant


@pytest.mark.tools("cdrdao", "umockdev-run")
@pytest.mark.parametrize("title", [r"Caf\351", r"\"x\" \134 y\z", r"a\012b", "a//b", r"\344\275\240"])
def test_a_title_is_that_which_cdrdao_burns(title: str) -> None:
    (texts,) = read(TEXTS.format(title=title, code=9, encoding="") + TRACK).texts
    recorder = VirtualRecorder(Medium.new())
    write = ("cdrdao", "write", "-n", "--driver", "generic-mmc:0x10", "--device", "/dev/sr0", "a.toc")
    client(recorder, *write)
    assert recorder.disc is not None
    assert recorder.disc.state.sessions[0].all_texts[0].text(PackType.TITLE) == texts.text(PackType.TITLE)


def test_a_file_that_is_no_utf8_is_read_as_windows_wrote_it() -> None:
    text = TEXTS.format(title="L'Été – 3", code=9, encoding="") + TRACK
    Path("a.toc").write_bytes(text.encode("cp1252"))
    (texts,) = read_toc(Path("a.toc"), "a.toc", length_of).texts
    assert texts.text(PackType.TITLE) == "L'Été – 3"
    Path("a.toc").write_bytes(text.replace("Été", "Пес").encode("cp1251", "replace"))
    (texts,) = read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(encoding="cp1251")).texts
    assert texts.text(PackType.TITLE) == "L'Пес – 3"


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_none_of_the_words(mark: str) -> None:
    Path("a.toc").write_text(TEXTS.format(title="Ж", code=86, encoding="") + TRACK, encoding=mark)
    (texts,) = read_toc(Path("a.toc"), "a.toc", length_of).texts
    assert texts.text(PackType.TITLE) == "Ж"


WRONG = {
    "an unescaped quote": (
        'CD_DA\nTRACK AUDIO\nFILE "a "b".wav" 0\n',
        "a.toc, line 3, column 10: FILE, after the name, takes mm:ss:ff or a number of samples, not b",
    ),
    "no end of a string": (
        'CD_DA\nTRACK AUDIO\n  FILE "a.wav 0\n',
        "a.toc, line 3, column 8: this string has no closing",
    ),
    "a string over lines": (
        'CD_DA\nCD_TEXT { LANGUAGE 0 { TITLE "x\nPERFORMER "y" } }\nTRACK AUDIO\nFILE "a.wav" 0',
        "a.toc, line 3, column 12: y is not a CD-Text field; the string that begins in line 2 spans several "
        "lines",
    ),
    "an unknown word": (
        "CD_DA\nTRACK AUDIO\n\tFILLE 3",
        "a.toc, line 3, column 2: track 1, begun in line 2, takes FILE",
    ),
    "small letters": ("CD_DA\ntrack audio", "a.toc, line 2, column 1: track is not allowed here"),
    "a column behind umlauts": ("// ä\nTRACK /", "a.toc, line 2, column 7: / has no meaning"),
    "umlauts in the line": ('CATALOG "ÄÖÜ" 5', "a.toc, line 1, column 15: 5 is not allowed here"),
    "nothing": ("", "a.toc, line 1, column 1: there is no TRACK"),
    "only a header": ('CD_DA\nCATALOG "4006381333931"\n', "a.toc, line 3, column 1: there is no TRACK"),
    "a wrong time": (
        ONE + "INDEX 0:1:75",
        "a.toc, line 4, column 7: INDEX 00:01:75: 75 frames are impossible",
    ),
    "too many seconds": (
        ONE + "INDEX 0:61:0",
        "a.toc, line 4, column 7: INDEX 00:61:00: 61 seconds are impossible",
    ),
    "half a time": (ONE + "INDEX 0:1", "a.toc, line 4, column 10: INDEX, in mm:ss:ff, takes :"),
    "an index in samples": (ONE + "INDEX 588", "INDEX, in mm:ss:ff, takes :"),
    "a byte that is none": (r'CATALOG "\400"', r"\400 is not a byte"),
    "a number too large": ('TRACK AUDIO FILE "a.wav" ' + "9" * 5000, "is too large"),
    "a data track": (
        ONE + 'TRACK MODE1\nDATAFILE "x"',
        "a.toc, line 4, column 7: track 2 is a data track (MODE1)",
    ),
    "sub-channel": (
        "CD_DA\nTRACK AUDIO RW_RAW",
        "a.toc, line 2, column 13: track 1 comes with its own sub-channel (RW_RAW)",
    ),
    "a FIFO": (
        'TRACK AUDIO\nFIFO "x" 0:4:0',
        "a.toc, line 2, column 1: FIFO in track 1: a FIFO cannot be read twice",
    ),
    "data": ('TRACK AUDIO\nDATAFILE "x"', "a.toc, line 2, column 1: DATAFILE in track 1: that is data"),
    "zero data": (
        "TRACK AUDIO\nZERO MODE1 0:2:0",
        "a.toc, line 2, column 6: ZERO MODE1 in track 1: that is data",
    ),
    "mixed mode": (
        "CD_DA\nCD_ROM\n" + ONE[6:],
        "a.toc, line 2, column 1: CD_ROM is the format of a disc with data",
    ),
    "interactive": ("CD_I\n" + ONE[6:], "a.toc, line 1, column 1: CD_I is the format"),
    "another first track": (
        "CD_DA FIRST_TRACK_NO 3\n" + ONE[6:],
        "a.toc, line 1, column 7: FIRST_TRACK_NO 3",
    ),
    "standard input": ('TRACK AUDIO\nFILE "-" 0', 'a.toc, line 2, column 1: track 1: "-" is standard input'),
    "no such file": ('TRACK AUDIO\nFILE "z.wav" 0', "a.toc, line 2, column 1: there is no file z.wav"),
    "a folder": ('TRACK AUDIO\nFILE "." 0', "there is no file . beside"),
    "a zero byte": (r'TRACK AUDIO FILE "\000" 0', "there is no file"),
    "a long name": (f'TRACK AUDIO FILE "{"x" * 5000}" 0', "there is no file"),
    "behind the file's end": (
        'TRACK AUDIO\nFILE "a.wav" 0:9:0',
        "a.toc, line 2, column 1: a.wav is used from 00:09:00 on, but is only 00:08:00 and 100 samples long",
    ),
    "more than the file has": (
        'TRACK AUDIO FILE "a.wav" 0:7:0 0:1:1',
        "a.wav is used up to 00:08:01, but is only 00:08:00 and 100 samples long",
    ),
    "swapped WAVE": ('TRACK AUDIO FILE "a.wav" SWAP 0', "SWAP of a.wav"),
    "bytes of a WAVE": (
        'TRACK AUDIO FILE "a.wav" #4 0',
        "a.wav cannot be read from byte 4 on: it is not raw",
    ),
    "half a sample": (
        'TRACK AUDIO FILE "big.raw" #6 0',
        "big.raw cannot be read from byte 6 on: a sample has 4 bytes",
    ),
    "a start at the end": ('TRACK AUDIO FILE "a.wav" 0 START', "track 1 starts at 00:08:01, but is only"),
    "two starts": (
        'TRACK AUDIO PREGAP 0:2:0 FILE "a.wav" 0\nSTART 0:1:0',
        "a.toc, line 2, column 1: track 1 already has its start",
    ),
    "an end at the end": ('TRACK AUDIO FILE "a.wav" 0 END', "END 00:08:01: track 1"),
    "an end in the pregap": (
        'TRACK AUDIO PREGAP 0:2:0 FILE "a.wav" 0 END 0:1:0',
        "END 00:01:00 is in the pregap",
    ),
    "two ends": ('TRACK AUDIO FILE "a.wav" 0 END 0:1:0 END 0:2:0', "track 1 already has its end"),
    "an index behind the end": (
        ONE + "INDEX 0:8:1",
        "a.toc, line 4, column 1: INDEX 00:08:01 is after the end of track 1",
    ),
    "an index at the start": (ONE + "INDEX 0:0:0", "INDEX 00:00:00 is not after the one before"),
    "indexes that go back": (
        ONE + "INDEX 0:2:0\nINDEX 0:1:0",
        "a.toc, line 5, column 1: INDEX 00:01:00 is not after",
    ),
    "an index before the file": (ONE + 'INDEX 0:2:0\nFILE "b.wav" 0', "FILE of track 1 must come before"),
    "a code behind the file": (
        ONE + 'ISRC "DEABC2500001"',
        "ISRC of track 1 must come before the track's first",
    ),
    "no audio": ("TRACK AUDIO SILENCE 0", "track 1 has no audio"),
    "an unknown field": (
        'CD_TEXT { LANGUAGE 0 { LYRICS "x" } }',
        "a.toc, line 1, column 24: LYRICS is not a CD-Text field",
    ),
    "an unknown language": ("CD_TEXT { LANGUAGE_MAP { 0 : XX } }", "takes the code of a language"),
    "language 8": ('CD_TEXT { LANGUAGE 8 { TITLE "x" } }', "language 8 is impossible"),
    "a field of bytes too large": ("CD_TEXT { LANGUAGE 0 { GENRE { 0, 256 } } }", "256 is not a byte"),
    "too much binary data": (
        "CD_TEXT { LANGUAGE 0 { GENRE { " + "1," * 4000 + "1 } } }",
        "more than 3072 bytes",
    ),
    "too many words": ("TRACK AUDIO " + "COPY " * 130_000, "more than 120000 words"),
    "too many parts": ("TRACK AUDIO " + "SILENCE 588 " * 11_000, "more than 10000 files and silences"),
    "100 tracks": ('TRACK AUDIO FILE "a.wav" 0 ' * 100, "more than 99 tracks"),
    "99 increments": (
        "TRACK AUDIO SILENCE 0:9:0 " + " ".join(f"INDEX 0:{n // 75}:{n % 75}" for n in range(1, 100)),
        "track 1 has more than 99 indexes",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(SheetError) as caught:
        read(text)
    assert message in str(caught.value)
    assert caught.value.source == "a.toc"
    assert str(caught.value).startswith(f"a.toc, line {caught.value.line}, column ")


NOTED = {
    "CD_ROM_XA\n" + ONE[6:]: "a.toc:1: CD_ROM_XA says data or several sessions; all tracks are audio",
    "CD_ROM\n" + ONE: "a.toc:2: CD_DA replaces CD_ROM",
    'CATALOG "40063813339"\n' + ONE: "a.toc:1: CATALOG 40063813339 is not a catalogue number",
    'CATALOG "036000291452"\n' + ONE: "a.toc:1: CATALOG 036000291452 has twelve digits; it is burned as 0036",
    'CATALOG "4006381333932"\n' + ONE: "a.toc:1: CATALOG 4006381333932: its check digit is wrong",
    'CATALOG "1" CATALOG "4006381333931"\n' + ONE: "a.toc:1: CATALOG is given twice; this one is used",
    'TRACK AUDIO ISRC "none" FILE "a.wav" 0': "a.toc:1: track 1: none is not an ISRC; it is not burned",
    'TRACK AUDIO ISRC "DEABC2500001"\nISRC "DEABC2500002" FILE "a.wav" 0': "a.toc:2: track 1 has two ISRC",
    'TRACK AUDIO FILE "a.wav" 0\nTRACK AUDIO FILE "b.wav" 0': "a.toc:1: track 1 is not a whole number of "
    "sectors: 488 samples of silence (11.1 ms) pad its last one, as cdrdao does",
    'TRACK AUDIO PREGAP 0:0:0 FILE "a.wav" 0': "PREGAP 00:00:00 is not a pregap",
    'TRACK AUDIO SILENCE 0 FILE "a.wav" 0': "SILENCE of length 0 is not allowed",
    'CD_TEXT { LANGUAGE 0 { TITLE "x" } }' + TRACK: "no LANGUAGE_MAP says which language this is",
    'CD_TEXT { LANGUAGE_MAP { 0: 9 } LANGUAGE 1 { TITLE "x" } }'
    + TRACK: "LANGUAGE 1 is not in the LANGUAGE_MAP",
    "CD_TEXT { LANGUAGE_MAP { 0: 9 } LANGUAGE 0 { SIZE_INFO { 0, 1, 2, 0 } } }"
    + TRACK: "SIZE_INFO gives tracks 1 to 2; the disc has 1 to 1",
    'CD_TEXT { LANGUAGE_MAP { 0: 9 } LANGUAGE 0 { RESERVED1 "x" } }' + TRACK: "RESERVED1 is left out",
    'CD_TEXT { LANGUAGE_MAP { 0: 9 } LANGUAGE 0 { TITLE "x" TITLE "y" } }'
    + TRACK: "TITLE is given twice here",
    TRACK.replace("TITLE", 'GENRE "Rock" TITLE'): "GENRE belongs to the disc; for track 1 it is left out",
    TEXTS.format(title=r"a\\b", code=9, encoding="") + TRACK: "a.toc:1: two backslashes are read as one",
    TEXTS.format(title=r"é\351", code=9, encoding="")
    + TRACK: "a.toc:1: this text mixes octal bytes with others",
    'TRACK AUDIO FILE "sound.bin" 0': "sound.bin begins like a sound file, and is read as one",
}


@pytest.mark.parametrize(("text", "note"), NOTED.items(), ids=range(len(NOTED)))
def test_what_is_read_otherwise_than_it_stands_there_is_told(text: str, note: str) -> None:
    shutil.copy("a.wav", "sound.bin")
    assert [found for found in notes(read(text)) if note in found]


def test_a_toc_file_without_any_oddity_has_no_notes() -> None:
    text = 'CD_DA CATALOG "4006381333931" ' + TEXTS.format(title="x", code="EN", encoding="") + TRACK
    assert not read(text).notes


@pytest.mark.parametrize("text", [READ_BY_BOTH["an odd part carried over"], READ_BY_BOTH["pregaps"]])
def test_nothing_is_said_to_be_torn_where_nothing_is(text: str) -> None:
    assert not [note for note in notes(read(text)) if "track 1 is not a whole" in note]


def test_lines_of_tracks_and_segments_are_those_of_their_statements() -> None:
    program = read(
        'CD_DA\nTRACK AUDIO\nPREGAP 0:2:0\nFILE "a.wav" 0\nINDEX 0:2:0\n\nTRACK AUDIO\nFILE "b.wav" 0'
    )
    assert [track.line for track in program.tracks] == [2, 7]
    assert [(segment.index, segment.line) for segment in program.tracks[0].segments] == [
        (0, 2),
        (1, 3),
        (2, 5),
    ]


def test_a_file_is_looked_for_beside_the_sheet_first() -> None:
    folder = Path("sub")
    folder.mkdir()
    (folder / "x.toc").write_text('TRACK AUDIO FILE "a.wav" 0\nTRACK AUDIO FILE "b.wav" 0')
    write_wav(folder / "a.wav", noise(588 * 300, 9))
    program = read_toc(folder / "x.toc", "x.toc", length_of)
    assert [source.path for source in program.sources] == [folder / "a.wav", Path("b.wav")]
    assert (
        notes(program)[0]
        == "x.toc:1: a.wav beside the sheet is used; cdrdao uses the one in the current folder"
    )
    assert "x.toc:2: b.wav is taken from the current folder; there is none beside the sheet" in notes(program)


def test_a_file_used_twice_is_one_source_and_is_measured_once() -> None:
    asked: list[Source] = []

    def length(source: Source) -> int:
        asked.append(source)
        return length_of(source)

    Path("a.toc").write_text(
        'TRACK AUDIO FILE "a.wav" 0 0:4:0 TRACK AUDIO FILE "a.wav" 0:4:0 FILE "big.raw" 0'
    )
    program = read_toc(Path("a.toc"), "a.toc", length)
    assert program.sources == (Source("a.wav", Path("a.wav")), Source("big.raw", Path("big.raw"), "big"))
    assert tuple(asked) == program.sources


def test_a_name_in_the_bytes_of_another_time_is_found() -> None:
    shutil.copy("a.wav", "\udce4.wav")  # a byte E4h, no UTF-8
    assert read(r'TRACK AUDIO FILE "\344.wav" 0').sources[0].path == Path("\udce4.wav")
    shutil.copy("a.wav", "ö.wav")
    assert read(r'TRACK AUDIO FILE "\366.wav" 0').sources[0].path == Path("ö.wav")
    assert read('TRACK AUDIO FILE "ö.wav" 0').sources[0].path == Path("ö.wav")


def test_a_file_that_cannot_be_measured_is_told_with_its_line() -> None:
    def broken(source: Source) -> int:
        raise AudioError("a.wav: it is cut short")

    Path("a.toc").write_text(ONE)
    with pytest.raises(SheetError, match=r"a\.toc, line 3, column 1: a\.wav: it is cut short"):
        read_toc(Path("a.toc"), "a.toc", broken)
    with pytest.raises(SheetError, match=r"the length of a\.wav is not known; give the length"):
        read_toc(Path("a.toc"), "a.toc", lambda source: None)
    Path("a.toc").write_text('TRACK AUDIO FILE "a.wav" 0 0:5:0')
    (track,) = read_toc(Path("a.toc"), "a.toc", lambda source: None).tracks
    assert [piece.samples for piece in track.pieces] == [5 * 75 * 588]


READ_BACK = """
CD_DA
CATALOG "4006381333931"
CD_TEXT { LANGUAGE_MAP { 0 : EN 1 : 8 }
  LANGUAGE 0 { TITLE "Album" PERFORMER "B\\366rse" MESSAGE "one\\012two" GENRE { 0, 17, 82, 0 } }
  LANGUAGE 1 { TITLE "Platte" PERFORMER "\\"X\\"" MESSAGE "" } }
TRACK AUDIO
COPY
ISRC "DEABC2500001"
CD_TEXT { LANGUAGE 0 { TITLE "First" PERFORMER "" MESSAGE "" }
  LANGUAGE 1 { TITLE "Eins" PERFORMER "" MESSAGE "" } }
FILE "a.wav" 0
START 00:02:00
INDEX 00:02:00
TRACK AUDIO
PRE_EMPHASIS
CD_TEXT { LANGUAGE 0 { TITLE "2" PERFORMER "" MESSAGE "" }
  LANGUAGE 1 { TITLE "Zwei" PERFORMER "" MESSAGE "" } }
PREGAP 00:02:00
FILE "b.wav" 0
TRACK AUDIO
CD_TEXT { LANGUAGE 0 { TITLE "3" PERFORMER "" MESSAGE "" }
  LANGUAGE 1 { TITLE "Drei" PERFORMER "" MESSAGE "" } }
FILE "c.wav" 0
"""


@pytest.mark.tools("cdrdao", "umockdev-run")
@pytest.mark.usefixtures("exact_recorder")
def test_what_cdrdao_reads_from_a_disc_is_the_disc_again() -> None:
    """cdrdao burns a TOC file and reads the disc: the TOC file that it writes means the same as the first."""
    meant = read(READ_BACK)
    recorder = VirtualRecorder(Medium.new())
    how = ("--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    client(recorder, "cdrdao", "write", "-n", "--force", *how, "a.toc")
    client(recorder, "cdrdao", "read-cd", *how, "--datafile", "disc.bin", "read.toc")
    found = read_toc(Path("read.toc"), "read.toc", length_of)
    assert audio_of(found) == audio_of(meant)
    assert found.texts == meant.texts
    assert found.texts[0].genre_code == 17
    assert {source.raw for source in found.sources} == {"big"}
    Path("read.toc").unlink()
    client(recorder, "cdrdao", "read-toc", *how, "--datafile", "disc.bin", "read.toc")  # also true pregaps
    found = read_toc(Path("read.toc"), "read.toc", length_of)
    assert laid(found).layout == laid(meant).layout
    assert not found.notes


def test_a_sheet_that_is_not_there_and_one_that_is_too_large() -> None:
    with pytest.raises(SheetError, match=r"n\.toc: it cannot be read: No such file"):
        read_toc(Path("n.toc"), "n.toc", length_of)
    Path("a.toc").write_bytes(b" " * 4_000_001)
    with pytest.raises(SheetError, match="too large for a TOC file"):
        read_toc(Path("a.toc"), "a.toc", length_of)


def test_a_name_that_differs_a_little_is_found_as_in_cue_sheets() -> None:
    program = read('TRACK AUDIO FILE "A.WAV" 0\nTRACK AUDIO FILE "b.flac" 0')
    assert [source.path for source in program.sources] == [Path("a.wav"), Path("b.wav")]
    found = "\n".join(notes(program))
    assert "a.toc:1: the sheet says A.WAV; a.wav is used: its name differs in case" in found
    assert "a.toc:2: the sheet says b.flac; b.wav is used: it has that name with another extension" in found
    shutil.copy("b.wav", "b.aiff")
    with pytest.raises(SheetError, match=r"line 1, column 13: b\.flac may mean any of b\.aiff and b\.wav"):
        read('TRACK AUDIO FILE "b.flac" 0')


def test_options_are_those_of_cue_sheets() -> None:
    Path("a.toc").write_text('CATALOG "4006381333932"\n' + ONE)
    kept = read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(keep_mcn=True))
    assert kept.mcn == "4006381333932"
    assert "its check digit is wrong" in notes(kept)[0]
    with pytest.raises(SheetError, match=r"line 1: CATALOG 4006381333932.*an error because of --strict"):
        read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(strict=True))
    with pytest.raises(SheetError, match="klingon is not a text encoding"):
        read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(encoding="klingon"))


DATA = 'TRACK MODE1_RAW\nNO COPY\nDATAFILE "TRACK.bin" 00:02:00\n'


@pytest.mark.parametrize(
    "text", ["CD_ROM\n" + DATA + ONE, "CD_ROM_XA\n" + ONE.removeprefix("CD_DA\n") + DATA]
)
def test_data_tracks_are_left_out_when_asked(text: str) -> None:
    Path("a.toc").write_text(text)
    with pytest.raises(
        SheetError, match=r"--audio-only leaves data tracks out|the format of a disc with data"
    ):
        read_toc(Path("a.toc"), "a.toc", length_of)
    program = read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(audio_only=True))
    assert len(program.tracks) == 1
    assert any("is a data track (MODE1_RAW), and is left out" in str(note) for note in program.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE + DATA + ONE.removeprefix("CD_DA\n"), "track 2 is data between audio"),
        (DATA, "tracks of this TOC file are data"),
    ],
)
def test_data_tracks_that_cannot_be_left_out(text: str, said: str) -> None:
    Path("a.toc").write_text(text)
    with pytest.raises(SheetError, match=said):
        read_toc(Path("a.toc"), "a.toc", length_of, SheetOptions(audio_only=True))
