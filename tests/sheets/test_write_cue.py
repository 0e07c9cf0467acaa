"""A program that is written as a cue sheet is read back as the same disc; what cannot be said is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc.cd_text import PackType, Texts
from redbook.errors import PlanError, SheetError
from redbook.sheets import read_cue
from redbook.sheets.cdrdao_toc import read_toc
from redbook.sheets.write_cue import write_cue
from redbook.sheets.write_toc import write_toc
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.programs import NAMES, RAW, albums, programs
from tests.support.sheets import VECTORS, true_length
from tests.support.sound import noise, tool, write_wav
from tests.support.toc_files import as_cdrdao_shows, audio_of, by_cdrdao, laid, lengths

S = 588
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file that random programs name; nothing is looked at but how they begin."""
    path = tmp_path_factory.mktemp("album")
    (path / "sub").mkdir()
    for name in NAMES:
        (path / name).write_bytes(b"\x7f" * 2352 if name in RAW else b"fLaC")
    return path


def read_back(text: str, program: Program, samples: Sequence[int], sheet: Path) -> tuple[Program, list[int]]:
    sheet.write_text(text, encoding="utf-8")
    long = {source.path: length for source, length in zip(program.sources, samples, strict=True)}
    found = read_cue(sheet, sheet.name, lambda source: long[source.path])
    return found, [long[source.path] for source in found.sources]


def check_same(program: Program, samples: list[int], found: Program, again: list[int]) -> None:
    assert arrange(found, again).layout == arrange(program, samples).layout
    assert _stream(found, again) == _stream(program, samples)
    assert found.texts == program.texts
    assert found.mcn == program.mcn


def _stream(program: Program, samples: list[int]) -> list[tuple[object, int, int | None]]:
    sources = [(source.path, source.raw) for source in program.sources]
    return [
        (None if p.source is None else sources[p.source], p.first, p.samples)
        for p in arrange(program, samples).stream
    ]


@QUICK
@given(data=st.data())
def test_whole_files_in_a_row_are_read_back_as_they_are(folder: Path, data: st.DataObject) -> None:
    program, samples = data.draw(albums(folder))
    try:
        written = write_cue(program, samples, folder / "a.cue")
    except PlanError:  # a track shorter than 4 s
        assume(False)
    except SheetError as error:
        event("refused")
        assert re.search("starts within|holds silence|begins with silence|followed by audio", str(error))
        return
    assert not [note for note in written.notes if "left out" in note.text or "silence" in note.text]
    check_same(program, samples, *read_back(written.text, program, samples, folder / "a.cue"))


@QUICK
@given(data=st.data())
def test_whatever_is_written_without_a_note_is_read_back_as_it_is(folder: Path, data: st.DataObject) -> None:
    program, samples = data.draw(programs(folder))
    try:
        written = write_cue(program, samples, folder / "b.cue")
    except SheetError as error:
        assert "write a TOC file" in str(error)
        event("refused")
        return
    if not written.notes:
        check_same(program, samples, *read_back(written.text, program, samples, folder / "b.cue"))


@pytest.mark.tools("flac", "metaflac")
@pytest.mark.parametrize("sheet", sorted(path.name for path in VECTORS.glob("*.cue")))
def test_a_sheet_that_was_read_can_be_written_as_either_kind(
    sheet: str, vectors: Path, tmp_path: Path
) -> None:
    try:
        program = read_cue(vectors / sheet, sheet, true_length)
        samples = [true_length(source) for source in program.sources]
        made = arrange(program, samples)
    except (SheetError, PlanError):
        pytest.skip("one of those that are refused")
    written = write_cue(program, samples, tmp_path / "a.cue")
    assert not written.notes
    check_same(program, samples, *read_back(written.text, program, samples, tmp_path / "a.cue"))
    program = replace(program, tracks=tuple(replace(t, copy_alternates=False) for t in program.tracks))
    made = arrange(program, samples)  # without SCMS, which is told
    text = write_toc(program, samples, tmp_path / "a.toc").text
    (tmp_path / "a.toc").write_text(text, encoding="utf-8")
    found = read_toc(tmp_path / "a.toc", "a.toc", true_length)
    assert arrange(found, [true_length(source) for source in found.sources]).layout == made.layout


def album_of(folder: Path, *names: str) -> Program:
    found = tuple(Source(name, folder / name) for name in names)
    return Program(found, tuple(ProgramTrack((Segment(1, (Piece(n),)),)) for n in range(len(names))))


def written(program: Program, samples: list[int], sheet: str = "a.cue") -> list[str]:
    folder = program.sources[0].path.parent
    return write_cue(program, samples, folder / sheet).text.splitlines()


def test_files_alone_make_a_sheet_that_a_person_can_edit(tmp_path: Path) -> None:
    program = album_of(tmp_path, "1 one.flac", "2 zwölf.mp3")
    texts = Texts(
        9, {PackType.TITLE: {0: "Album", 1: "One", 2: "Zwölf"}, PackType.PERFORMER: {0: "X", 2: 'Y "Z"'}}
    )
    one, two = program.tracks
    program = replace(
        program, texts=(texts,), mcn="4006381333931", tracks=(replace(one, isrc="DEABC2500001"), two)
    )
    assert written(program, [352_900, 294_200]) == [
        "CATALOG 4006381333931",
        'TITLE "Album"',
        'PERFORMER "X"',
        'FILE "1 one.flac" WAVE',
        "  TRACK 01 AUDIO",
        '    TITLE "One"',
        "    ISRC DEABC2500001",
        "    INDEX 01 00:00:00",
        'FILE "2 zwölf.mp3" MP3',
        "  TRACK 02 AUDIO",
        '    TITLE "Zwölf"',
        '    PERFORMER "Y "Z""',
        "    INDEX 01 00:00:00",
    ]


def test_a_joined_file_s_times_count_from_the_sector_in_which_it_begins(tmp_path: Path) -> None:
    """By hand: b begins at sample 352900 = 600 sectors and 100 samples; its index 2 at sample 588100 of the
    disc lies in sector 1000, and 400 frames of b from 352900 on come to sample 588100, too."""
    program = album_of(tmp_path, "a.wav", "b.wav")
    two = ProgramTrack((Segment(1, (Piece(1, 0, 400 * S),)), Segment(2, (Piece(1, 400 * S),))))
    lines = written(replace(program, tracks=(program.tracks[0], two)), [352_900, 600 * S + 9])
    assert [line.strip() for line in lines if "INDEX" in line] == [
        *("INDEX 01 00:00:00", "INDEX 01 00:00:00", "INDEX 02 00:05:25"),
    ]


def test_names_lead_from_the_sheet_s_folder_or_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = Source("x", Path("music/x/a.wav")), Source("y", tmp_path / "b.aiff")
    text = write_cue(
        Program((inside, outside), album_of(tmp_path, "p", "q").tracks), [600 * S] * 2, Path("music/a.cue")
    ).text
    assert 'FILE "x/a.wav" WAVE' in text
    assert f'FILE "{tmp_path / "b.aiff"}" AIFF' in text


def with_pieces(folder: Path, *pieces: Piece, index0: tuple[Piece, ...] = ()) -> Program:
    one = ProgramTrack((Segment(1, (Piece(0),)),))
    segments = (Segment(0, index0),) if index0 else ()
    return Program(
        tuple(Source(name, folder / name) for name in ("a.wav", "b.wav", "c.wav")),
        (one, ProgramTrack((*segments, Segment(1, pieces)))),
    )


WHOLE = Piece(1, 0, 600 * S)
CANNOT = {
    "a part of a file": ((Piece(1, 5),), (), "b.wav is used in parts"),
    "a file cut short": ((Piece(1, 0, 400 * S),), (), "b.wav is used in parts"),
    "silence in a track": ((WHOLE, Piece.silence(S), Piece(2)), (), "588 samples of silence at 00:16:00"),
    "silence at a start": ((Piece.silence(S), WHOLE), (), "track 2 begins with silence that is in no file"),
    "a pause of no whole sectors": (
        (Piece(2),),
        (Piece.silence(5), WHOLE),
        "the pause before track 2 is followed",
    ),
    "two pauses": ((Piece(2),), (Piece.silence(S), WHOLE, Piece.silence(S)), "the pregap of track 2 holds"),
}


@pytest.mark.parametrize(("pieces", "index0", "message"), CANNOT.values(), ids=CANNOT.keys())
def test_what_would_change_the_audio_is_refused(
    pieces: tuple[Piece, ...], index0: tuple[Piece, ...], message: str, tmp_path: Path
) -> None:
    program = with_pieces(tmp_path, *pieces, index0=index0)
    with pytest.raises(
        SheetError, match=rf"a\.cue: a cue sheet cannot express this: {message}.*; write a TOC file"
    ):
        write_cue(program, [600 * S] * 3, tmp_path / "a.cue")


def test_a_start_within_a_file_of_which_the_head_belongs_to_the_track_before_is_refused(
    tmp_path: Path,
) -> None:
    one = ProgramTrack((Segment(1, (Piece(0), Piece(1, 0, 100 * S))),))
    two = ProgramTrack((Segment(1, (Piece(1, 100 * S),)),))
    program = replace(with_pieces(tmp_path), tracks=(one, two))
    with pytest.raises(SheetError, match=r"track 2 starts within b\.wav, and what comes before it belongs"):
        write_cue(program, [600 * S] * 3, tmp_path / "a.cue")


def test_a_pause_of_two_seconds_before_track_1_is_kept(tmp_path: Path) -> None:
    """PREGAP 00:02:00 alone means the pause that every disc has: the sheet proves that it is one more."""
    pause = Segment(0, (Piece.silence(150 * S),))
    tracks = (ProgramTrack((pause, Segment(1, (Piece(0),)))),)
    program = replace(album_of(tmp_path, "a.wav"), tracks=tracks)
    (tmp_path / "a.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    text = write_cue(program, [600 * S], tmp_path / "a.cue").text
    assert "    PREGAP 00:02:00" in text.splitlines()
    check_same(program, [600 * S], *read_back(text, program, [600 * S], tmp_path / "a.cue"))


def test_a_last_track_that_is_made_4_s_long_says_so(tmp_path: Path) -> None:
    """cdrdao and wodim refuse a shorter one."""
    program = album_of(tmp_path, "a.wav", "b.wav")
    lines = written(program, [600 * S, 100 * S + 1])
    assert lines[-1] == "    POSTGAP 00:02:49"


@pytest.mark.parametrize("name", ["a\nb.wav", "\udce4.wav"])
def test_a_name_that_no_line_holds_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="the name of"):
        write_cue(album_of(tmp_path, name), [600 * S], tmp_path / "a.cue")


def test_a_file_that_would_be_taken_for_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"fLaC")
    with pytest.raises(SheetError, match=r"a\.raw is raw audio, but begins like a sound file"):
        write_cue(
            Program((Source("a.raw", tmp_path / "a.raw", "big"),), album_of(tmp_path, "x").tracks),
            [600 * S],
            tmp_path / "a.cue",
        )
    (tmp_path / "b.bin").write_bytes(b"\xff\xfb")
    with pytest.raises(SheetError, match=r"b\.bin is a sound file that is named like raw audio"):
        write_cue(album_of(tmp_path, "b.bin"), [600 * S], tmp_path / "a.cue")


def notes(program: Program, samples: int = 600 * S) -> list[str]:
    made = write_cue(program, [samples] * len(program.sources), program.sources[0].path.parent / "a.cue")
    return [note.text for note in made.notes]


def test_what_a_cue_sheet_cannot_say_is_told(tmp_path: Path) -> None:
    program = album_of(tmp_path, "a.wav", "b.wav")
    assert not notes(program)

    def said(*texts: Texts) -> list[str]:
        return notes(replace(program, texts=texts))

    title = {PackType.TITLE: {0: "x"}}
    assert said(Texts(9, title), Texts(8, title), Texts(15, title)) == [
        "a cue sheet has one language, English; left out: German, French"
    ]
    assert said(Texts(8, title)) == ["a cue sheet cannot say that its texts are in German"]
    assert said(Texts(9, title, copyright=3)) == ["a cue sheet cannot say that its texts are protected"]
    assert said(Texts(9, {PackType.CODE: {2: "x"}})) == [
        "the code (UPC/EAN or ISRC) of track 2 is left out: in a cue sheet only the disc has one"
    ]
    assert said(Texts(9, {PackType.TITLE: {1: "a\nb"}})) == [
        "the title of track 1 contains characters that a line of a sheet cannot hold"
    ]
    assert said(Texts(9, {PackType.TITLE: {0: "x" * 161}})) == [
        "the title of the disc is cut to 160 characters"
    ]
    assert said(Texts(9, {}, genre_code=14)) == ["a cue sheet gives the genre in words, not by its code"]
    assert notes(replace(program, packs=bytes(18)))[0].startswith("the CD-Text packs themselves are not kept")
    quoted = album_of(tmp_path, 'a "b".wav')
    assert notes(quoted) == [
        'a "b".wav has quotation marks in its name; some programs cannot read the sheet because of that'
    ]
    padded = replace(program, tracks=tuple(replace(track, joined=False) for track in program.tracks))
    assert not notes(padded)
    assert notes(padded, 600 * S + 100) == [
        "track 2 follows track 1 without the 488 samples of silence (11.1 ms) that pad its last sector: a "
        "cue sheet cannot express them"
    ]


def whole_album(folder: Path, *names: str) -> Program:
    """A hidden track, a gap inside a file, one between files, pre-emphasis, codes and titles."""
    for seed, name in enumerate(names, 1):
        write_wav(folder / name, noise(1000 * S, seed))
    found = tuple(Source(name, folder / name) for name in names)
    last = len(names) - 1
    one = ProgramTrack(
        (Segment(0, (Piece(0, 0, 150 * S),)), Segment(1, (Piece(0, 150 * S, 400 * S),))), isrc="DEABC2500001"
    )
    two_end = Piece(0, 625 * S)
    two = ProgramTrack((Segment(0, (Piece(0, 550 * S, 75 * S),)), Segment(1, (two_end,))), pre_emphasis=True)
    rest = [
        ProgramTrack((Segment(0, (Piece.silence(150 * S),)), Segment(1, (Piece(n),))), copy_permitted=True)
        for n in range(1, last + 1)
    ]
    texts = Texts(9, {PackType.TITLE: {0: "Album", 1: "One"}, PackType.PERFORMER: {0: "Artist", 2: "Two"}})
    return Program(found, (one, two, *rest), "4006381333931", (texts,))


@pytest.mark.tools("cdrdao")
def test_cdrdao_shows_the_same_marks_codes_and_flags(tmp_path: Path) -> None:
    program = whole_album(tmp_path, "a.wav", "b b.wav", "c.wav")
    sheet = tmp_path / "a.cue"
    sheet.write_text(write_cue(program, lengths(program), sheet).text)
    assert by_cdrdao(sheet) == as_cdrdao_shows(laid(program))


@pytest.mark.tools("cdrskin", "umockdev-run")
@pytest.mark.usefixtures("exact_recorder")
def test_cdrskin_burns_the_same_disc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It knows sheets of one file only."""
    monkeypatch.chdir(tmp_path)
    program = whole_album(tmp_path, "a.wav")
    Path("a.cue").write_text(write_cue(program, lengths(program), Path("a.cue").absolute()).text)
    recorder = VirtualRecorder(Medium.new())
    client(recorder, "cdrskin", "dev=/dev/sr0", "-text", "cuefile=a.cue")
    assert recorder.disc is not None
    state = recorder.disc.state
    expected = audio_of(program)
    assert recorder.disc.read(0, len(expected) // 2352) == expected
    assert [(t.start_lba, t.pregap_lba, t.control, t.isrc) for t in state.tracks] == [
        (t.start_lba, t.pregap_lba, t.control, t.isrc) for t in laid(program).layout.tracks
    ]
    assert state.sessions[0].mcn == "4006381333931"
    assert state.sessions[0].all_texts[0].by_type[PackType.TITLE] == {0: "Album", 1: "One"}


@pytest.mark.tools("cd-info", "cueprint")
def test_libcdio_and_cuetools_read_places_codes_and_titles(tmp_path: Path) -> None:
    """libcdio takes the file that is named as the sheet is, whatever FILE says, and with it raw audio."""
    program = whole_album(tmp_path, "x.wav")
    (tmp_path / "a.bin").write_bytes(noise(1000 * S))
    texts = Texts(9, {PackType.TITLE: {0: "Café", 1: "Übung"}, PackType.COMPOSER: {1: "Bach"}})
    source = Source("a.bin", tmp_path / "a.bin", "little")
    program = replace(program, texts=(texts,), sources=(source,))
    sheet = tmp_path / "a.cue"
    sheet.write_text(write_cue(program, [1000 * S], sheet).text)
    text = tool("cueprint", "-d", "%T\\n", "-t", "%n %t\\n", sheet).decode()
    assert text.splitlines()[:2] == ["Café", "1 Übung"]
    text = tool("cd-info", "--no-device-info", "-c", sheet).decode()
    rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) (?:audio|leadout)", text, re.MULTILINE)
    assert rows == [("1", "000150"), ("2", "000625"), ("170", "001000")]
    assert "(MCN): 4006381333931" in text
