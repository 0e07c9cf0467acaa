"""A program that is written as a TOC file is read back as the same disc, by redbook and by cdrdao."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redbook.audio.source import Source
from redbook.authoring.arrange import arrange
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc.cd_text import PackType, Texts
from redbook.errors import SheetError
from redbook.sheets.cdrdao_toc import read_toc
from redbook.sheets.write_toc import write_toc
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.clients import client
from tests.support.programs import NAMES, programs, sources, texts
from tests.support.sound import noise, write_wav
from tests.support.toc_files import as_cdrdao_shows, audio_of, by_cdrdao, laid, length_of, lengths

S = 588


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every file that random programs name; they hold nothing that is looked at."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "sub").mkdir()
    for name in NAMES:
        (folder / name).write_bytes(b"\x7f")
    return folder


def read_back(program: Program, samples: Sequence[int], sheet: Path) -> Program:
    sheet.write_text(write_toc(program, samples, sheet).text, encoding="utf-8")
    long = {source.path: length for source, length in zip(program.sources, samples, strict=True)}
    return read_toc(sheet, sheet.name, lambda source: long[source.path])


def stream(program: Program, samples: Sequence[int]) -> list[tuple[Source | None, int, int | None]]:
    return [
        (
            None if piece.source is None else replace(program.sources[piece.source], name=""),
            piece.first,
            piece.samples,
        )
        for piece in arrange(program, samples).stream
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_program_is_read_back_as_it_is(album: Path, data: st.DataObject) -> None:
    program, samples = data.draw(programs(album))
    found = read_back(program, samples, album / "a.toc")
    long = {source.path: length for source, length in zip(program.sources, samples, strict=True)}
    again = [long[source.path] for source in found.sources]
    assert arrange(found, again).layout == arrange(program, samples).layout
    assert stream(found, again) == stream(program, samples)
    assert found.texts == program.texts
    assert found.mcn == program.mcn


ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_text_is_read_back_as_it_is(album: Path, data: st.DataObject) -> None:
    """Control characters, quotation marks, backslashes, and letters that no disc can hold."""
    code = data.draw(st.sampled_from((0, 9, 0x65, 0x69, 0x75)))
    said = data.draw(texts(2, ANY_TEXT, code))
    track = ProgramTrack((Segment(1, (Piece(0),)),))
    program = Program(sources(album)[:1], (track, track), texts=(said,))
    found = read_back(program, [600 * S], album / "t.toc")
    assert found.texts == (() if said.is_empty else (said,))


def album_of(folder: Path, *names: str) -> Program:
    found = tuple(Source(name, folder / name) for name in names)
    return Program(found, tuple(ProgramTrack((Segment(1, (Piece(n),)),)) for n in range(len(names))))


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    for seed, (name, samples) in enumerate(
        (("a.wav", 352_900), ("ü b.wav", 294_200), ('c "x".wav', 264_900)), 1
    ):
        write_wav(tmp_path / name, noise(samples, seed))
    return tmp_path


SONGS = ("a.wav", "ü b.wav", 'c "x".wav')

SAID = (
    Texts(
        9,
        {
            PackType.TITLE: {0: "Café", 1: 'One "1"', 2: "back\\slash", 3: "// 100 %"},
            PackType.PERFORMER: {0: "Björk", 2: "She"},
            PackType.MESSAGE: {0: "two\nlines"},
            PackType.CODE: {0: "4006381333931", 1: "DEABC2500001"},
            PackType.DISC_ID: {0: "XY12345"},
            PackType.GENRE: {0: "Swing"},
        },
        genre_code=14,
    ),
    Texts(8, {PackType.TITLE: {0: "Kaffee", 1: "Größe"}}),
)


def whole_album(folder: Path) -> Program:
    """A gapless album of odd lengths, with a pause, a hidden track, indexes, codes and two languages."""
    program = album_of(folder, *SONGS)
    one, two, three = program.tracks
    one = replace(
        one,
        segments=(Segment(0, (Piece(0, 0, 100 * S),)), Segment(1, (Piece(0, 100 * S),))),
        isrc="DEABC2500001",
        copy_permitted=True,
    )
    pause = Segment(0, (Piece.silence(2 * 75 * S),))
    indexes = Segment(1, (Piece(2, 0, 150 * S),)), Segment(2, (Piece(2, 150 * S),))
    three = replace(three, segments=(pause, *indexes), pre_emphasis=True)
    return replace(program, tracks=(one, two, three), mcn="4006381333931", texts=SAID)


@pytest.mark.tools("cdrdao")
def test_cdrdao_shows_the_same_marks_codes_and_flags(songs: Path) -> None:
    program = whole_album(songs)
    (songs / "a.toc").write_text(write_toc(program, lengths(program), songs / "a.toc").text, encoding="utf-8")
    assert by_cdrdao(songs / "a.toc") == as_cdrdao_shows(laid(program))


@pytest.mark.tools("cdrdao", "umockdev-run")
@pytest.mark.usefixtures("exact_recorder")
def test_cdrdao_burns_the_same_disc_without_a_word_of_warning(songs: Path) -> None:
    program = whole_album(songs)
    written = write_toc(program, lengths(program), songs / "a.toc")
    (songs / "a.toc").write_text(written.text, encoding="utf-8")
    assert not written.notes
    recorder = VirtualRecorder(Medium.new())
    how = ("--driver", "generic-mmc:0x10", "--device", "/dev/sr0")
    assert "WARNING" not in client(recorder, "cdrdao", "write", "-n", *how, "a.toc")
    assert recorder.disc is not None
    state = recorder.disc.state
    expected = audio_of(program)
    assert recorder.disc.read(0, len(expected) // 2352) == expected
    found = state.sessions[0].all_texts
    assert [entry.language_code for entry in found] == [9, 8]
    assert found[0].genre_code == 14
    for there, meant in zip(found, SAID, strict=True):
        for kind, said in meant.by_type.items():
            assert {track: text for track, text in there.by_type[kind].items() if text} == said


def test_files_alone_make_a_sheet_that_a_person_can_edit(songs: Path) -> None:
    program = album_of(songs, "a.wav", "ü b.wav")
    program = replace(
        program,
        texts=(Texts(9, {PackType.TITLE: {0: "Album", 1: "One", 2: "Zwölf"}}),),
        tracks=tuple(replace(track, joined=False) for track in program.tracks),
    )
    lines = write_toc(program, lengths(program), songs / "a.toc").text.splitlines()
    assert [line for line in lines if line.startswith(("FILE", "START", "SILENCE", "PREGAP"))] == [
        'FILE "a.wav" 0',
        'FILE "ü b.wav" 0',
    ]
    assert '    TITLE "Zw\\366lf" // Zwölf' in lines


def test_a_joined_album_says_to_the_sample_what_belongs_to_which_track(songs: Path) -> None:
    """Measured with cdrdao: so written, 1552 sectors are burned and no silence lies between."""
    program = album_of(songs, *SONGS)
    lines = write_toc(program, lengths(program), songs / "a.toc").text.splitlines()
    assert [line for line in lines if line.startswith("FILE")] == [
        'FILE "a.wav" 0 00:08:00',
        'FILE "a.wav" 00:08:00',
        'FILE "ü b.wav" 0 293900',
        'FILE "ü b.wav" 293900',
        'FILE "c \\"x\\".wav" 0',
    ]


def test_names_lead_from_the_sheet_s_folder_or_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = Source("x", Path("music/x/a.wav")), Source("y", tmp_path / "b.wav")
    tracks = album_of(tmp_path, "p", "q").tracks
    text = write_toc(Program((inside, outside), tracks), [600 * S] * 2, Path("music/a.toc")).text
    assert 'FILE "x/a.wav" 0' in text
    assert f'FILE "{tmp_path / "b.wav"}" 0' in text


def notes(program: Program) -> list[str]:
    written = write_toc(program, [600 * S] * len(program.sources), program.sources[0].path.parent / "a.toc")
    return [note.text for note in written.notes]


def test_what_a_toc_file_cannot_say_is_told(songs: Path) -> None:
    program = album_of(songs, "a.wav")
    assert not notes(program)
    (track,) = program.tracks
    assert notes(replace(program, tracks=(replace(track, copy_alternates=True),))) == [
        "a TOC file cannot express SCMS, of track 1: it is written without"
    ]
    assert notes(replace(program, packs=bytes(18))) == [
        "a TOC file holds texts, not packs: CD-Text is packed again from them"
    ]
    russian = Texts(86, {PackType.TITLE: {1: "Кот"}})
    assert notes(replace(program, texts=(russian,))) == [
        'TITLE of track 1, "Кот", has letters that cdrdao cannot burn in Russian; redbook reads them'
    ]
    kept = Texts(9, {PackType.TITLE: {0: "x"}}, copyright=3)
    (note,) = notes(replace(program, texts=(kept,)))
    assert note.startswith("cdrdao does not burn the mark that protects the texts in English")
    genre_of_a_track = Texts(9, {PackType.GENRE: {1: "Rock"}})
    assert notes(replace(program, texts=(genre_of_a_track,))) == [
        "GENRE belongs to the disc only; it is left out for tracks"
    ]
    assert notes(album_of(songs, "a.flac")) == [
        "redbook reads a.flac from this sheet; cdrdao 1.2.4 reads WAVE and raw audio only, and burns noise "
        "from other files"
    ]


def test_a_file_that_would_be_taken_for_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "song").write_bytes(b"\xff\xfb\x90\x00")  # an MP3 without a name that says so
    with pytest.raises(SheetError, match=r"song: a TOC file takes it for raw audio, by its name; rename it"):
        notes(album_of(tmp_path, "song"))
    raw = Program((Source("x.wav", tmp_path / "x.wav", "little"),), album_of(tmp_path, "x").tracks)
    with pytest.raises(SheetError, match=r"x\.wav: a TOC file takes it for a sound file"):
        notes(raw)


@pytest.mark.tools("cdrdao")
def test_names_of_every_kind_are_found_by_cdrdao(tmp_path: Path) -> None:
    for name in (
        'a "b" c.wav',
        "ä ö.wav",
        "back\\slash ü.wav",
        "-",
        "new\nline.wav",
        "日本.wav",
        "\udce4.wav",
    ):
        path = write_wav(tmp_path / (name if name != "-" else "-.wav"), noise(300 * S))
        program = Program((Source(name, path),), album_of(tmp_path, "x").tracks)
        (tmp_path / "a.toc").write_text(
            write_toc(program, [300 * S], tmp_path / "a.toc").text, encoding="utf-8"
        )
        assert by_cdrdao(tmp_path / "a.toc") == as_cdrdao_shows(laid(program))
        assert read_toc(tmp_path / "a.toc", "a.toc", length_of).sources[0].path == path
