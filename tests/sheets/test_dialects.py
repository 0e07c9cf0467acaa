"""Sheets as each program writes them: their habits, on albums of our own."""

from __future__ import annotations

import pytest

from redbook.authoring.program import Program
from redbook.disc.cd_text import PackType
from tests.support.sheets import Desk, S, marks, notes, refused, runs, text


@pytest.fixture
def album(desk: Desk) -> Desk:
    """Three songs of 900, 600 and 500 sectors, and all of them in one file."""
    for name, sectors in (("t1", 900), ("t2", 600), ("t3", 500), ("all", 2000)):
        desk.put(f"{name}.wav", sectors)
    return desk


def rows(desk: Desk, sheet: str | bytes, **options: bool) -> tuple[object, ...]:
    made = desk.arrange(sheet, **options)
    return (*marks(made), made.layout.lead_out_lba)


def said(program: Program) -> list[str]:
    """Notes, but for the one on remarks."""
    return [note.text for note in program.notes if not note.text.startswith("remarks are not burned")]


EAC_HEAD = """REM GENRE Rock
REM DATE 1991
REM DISCID 19001A03
REM COMMENT "ExactAudioCopy v1.6"
CATALOG 0000000000000
PERFORMER "Artist"
TITLE "Album"
"""


class TestExactAudioCopy:
    def test_single_file(self, album: Desk) -> None:
        sheet = (
            EAC_HEAD
            + """FILE "Artist - Album\\all.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    PERFORMER "Artist"
    ISRC 000000000000
    INDEX 00 00:00:00
    INDEX 01 00:00:32
  TRACK 02 AUDIO
    TITLE "Two"
    FLAGS DCP
    INDEX 00 00:11:20
    INDEX 01 00:12:00
"""
        )
        assert rows(album, sheet) == ((-150, 32, ()), (845, 900, ()), 2000)
        program = album.read(sheet)
        assert (program.mcn, program.tracks[0].isrc, program.tracks[1].copy_permitted) == ("", "", True)
        assert text(program, PackType.GENRE) == "Rock"
        assert text(program, PackType.PERFORMER, 1) == "Artist"

    def test_gaps_left_out(self, album: Desk) -> None:
        sheet = (
            EAC_HEAD
            + """FILE "Artist - Album\\t1.wav" WAVE
  TRACK 01 AUDIO
    PREGAP 00:00:32
    INDEX 01 00:00:00
FILE "Artist - Album\\t2.wav" WAVE
  TRACK 02 AUDIO
    PREGAP 00:01:25
    INDEX 01 00:00:00
"""
        )
        assert rows(album, sheet) == ((-150, 32, ()), (932, 1032, ()), 1632)
        assert runs(album.arrange(sheet)) == [
            ("s", 0, 32 * S), ("0", 0, 900 * S), ("s", 0, 100 * S), ("1", 0, 600 * S)
        ]  # fmt: skip

    def test_gaps_before_their_tracks(self, album: Desk) -> None:
        sheet = (
            EAC_HEAD
            + """FILE "t1.wav" WAVE
  TRACK 01 AUDIO
    INDEX 00 00:00:00
    INDEX 01 00:00:32
FILE "t2.wav" WAVE
  TRACK 02 AUDIO
    INDEX 00 00:00:00
    INDEX 01 00:02:00
"""
        )
        assert rows(album, sheet) == ((-150, 32, ()), (900, 1050, ()), 1500)

    def test_gaps_behind_the_track_before(self, album: Desk) -> None:
        sheet = (
            EAC_HEAD
            + """FILE "t1.wav" WAVE
  TRACK 01 AUDIO
    PREGAP 00:00:33
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Two"
    INDEX 00 00:10:00
FILE "t2.wav" WAVE
    INDEX 01 00:00:00
  TRACK 03 AUDIO
    INDEX 00 00:07:00
FILE "t3.wav" WAVE
    INDEX 01 00:00:00
"""
        )
        assert rows(album, sheet) == ((-150, 33, ()), (783, 933, ()), (1458, 1533, ()), 2033)
        assert text(album.read(sheet), PackType.TITLE, 2) == "Two"


class TestCueTools:
    def test_hidden_track_in_a_file_of_its_own(self, album: Desk) -> None:
        album.put("00.wav", 400)
        sheet = """REM ACCURATERIPID 00000000-00000000-00000000
FILE "00.wav" WAVE
  TRACK 01 AUDIO
    INDEX 00 00:00:00
FILE "t1.wav" WAVE
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    INDEX 00 00:11:00
FILE "t2.wav" WAVE
    INDEX 01 00:00:00
"""
        assert rows(album, sheet) == ((-150, 400, ()), (1225, 1300, ()), 1900)
        assert "REM ACCURATERIPID" in notes(album.read(sheet))

    def test_some_tracks_plain_and_some_not(self, album: Desk) -> None:
        sheet = """FILE "t1.wav" WAVE
  TRACK 01 AUDIO
    INDEX 01 00:00:00
FILE "t2.wav" WAVE
  TRACK 02 AUDIO
    INDEX 01 00:00:00
  TRACK 03 AUDIO
    INDEX 00 00:07:00
FILE "t3.wav" WAVE
    INDEX 01 00:00:00
"""
        assert rows(album, sheet) == ((-150, 0, ()), (None, 900, ()), (1425, 1500, ()), 2000)

    def test_flac_under_the_type_wave_and_apostrophes(self, album: Desk) -> None:
        album.put("x.flac", 900, b"fLaC")
        sheet = 'TITLE "The \'Best\' of"\nFILE "x.flac" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
        assert rows(album, sheet) == ((-150, 0, ()), 900)
        assert text(album.read(sheet), PackType.TITLE) == "The 'Best' of"
        assert not said(album.read(sheet))


def test_whipper_leaves_data_tracks_out_and_keeps_the_numbers(album: Desk) -> None:
    sheet = """REM DISCID 10001A02
REM COMMENT "whipper 0.10.0"
FILE "t1.wav" WAVE
  TRACK 02 AUDIO
    PREGAP 00:00:32
    FLAGS PRE
    INDEX 01 00:00:00
  TRACK 03 AUDIO
    INDEX 00 00:11:00
FILE "t2.wav" WAVE
    INDEX 01 00:00:00
"""
    assert rows(album, sheet) == ((-150, 32, ()), (857, 932, ()), 1532)
    program = album.read(sheet)
    assert [track.pre_emphasis for track in program.tracks] == [True, False]
    assert "track 2 of the sheet becomes 1" in notes(program)


def test_xld_has_two_lines_of_flags_and_composers_in_songwriter(album: Desk) -> None:
    sheet = (
        b"\xef\xbb\xbf"
        + b"""FILE "t1.wav" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    SONGWRITER "Composer"
    FLAGS PRE
    FLAGS DCP
    INDEX 01 00:00:00
"""
    )
    program = album.read(sheet)
    assert program.tracks[0].control == 0b0011
    assert text(program, PackType.SONGWRITER, 1) == "Composer"
    assert not program.notes


def test_replay_gain_is_a_remark(album: Desk) -> None:
    """foobar2000 and DeaDBeeF."""
    sheet = """REM REPLAYGAIN_ALBUM_GAIN -7.89 dB
REM REPLAYGAIN_ALBUM_PEAK 0.988525
FILE "t1.wav" WAVE
  TRACK 01 AUDIO
    REM REPLAYGAIN_TRACK_GAIN -7.25 dB
    INDEX 01 00:00:00
"""
    program = album.read(sheet)
    assert said(program) == []
    assert "REM REPLAYGAIN_ALBUM_GAIN, REM REPLAYGAIN_ALBUM_PEAK, REM REPLAYGAIN_TRACK_GAIN" in notes(program)


class TestMetaflac:
    SHEET = """CATALOG 4006381333931
FILE "all.wav" FLAC
  TRACK 01 AUDIO
    INDEX 00 00:00:00
    INDEX 01 00:04:00
  TRACK 02 AUDIO
    INDEX 01 00:12:00
    INDEX 02 00:14:10
REM FLAC__lead-in 88200
REM FLAC__lead-out 170 1176000
"""

    def test_the_lead_out_is_where_the_file_ends(self, album: Desk) -> None:
        assert rows(album, self.SHEET) == ((-150, 300, ()), (None, 900, (1060,)), 2000)
        assert not album.read(self.SHEET).notes

    def test_a_lead_out_elsewhere_is_told(self, album: Desk) -> None:
        program = album.read(self.SHEET.replace("1176000", "1000000"))
        assert album.arranged(program).layout.lead_out_lba == 2000
        assert [note.line for note in program.notes] == [10]
        assert "1000000" in notes(program)


def test_abcde_names_a_file_that_never_was(album: Desk) -> None:
    """mkcue: dummy.wav; the sheet has the album's name."""
    album.put("sheet.flac", 2000, b"fLaC")
    sheet = 'FILE "dummy.wav" WAVE\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n'
    assert rows(album, sheet) == ((-150, 0, ()), 2000)
    assert "sheet.flac" in notes(album.read(sheet))


def test_k3b_writes_the_type_flac(album: Desk) -> None:
    album.put("k.flac", 900, b"fLaC")
    program = album.read('FILE "k.flac" FLAC\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    assert not program.notes


class TestImages:
    def test_audio_of_an_image_is_raw(self, album: Desk) -> None:
        """ImgBurn, IsoBuster, Redump: one file for each track."""
        for name, sectors in (("d (Track 1).bin", 900), ("d (Track 2).bin", 600)):
            album.put(name, sectors, bytes(2352))
        sheet = """REM SESSION 01
FILE "d (Track 1).bin" BINARY
  TRACK 01 AUDIO
    INDEX 01 00:00:00
FILE "d (Track 2).bin" BINARY
  TRACK 02 AUDIO
    INDEX 00 00:00:00
    INDEX 01 00:02:00
REM LEAD-OUT 00:20:00
"""
        assert rows(album, sheet) == ((-150, 0, ()), (900, 1050, ()), 1500)
        assert [source.raw for source in album.read(sheet).sources] == ["little", "little"]

    def test_data_first_and_a_pregap_behind_it(self, album: Desk) -> None:
        sheet = """FILE "data.bin" BINARY
  TRACK 01 MODE2/2352
    INDEX 01 00:00:00
FILE "t1.wav" WAVE
  TRACK 02 AUDIO
    PREGAP 00:02:00
    INDEX 01 00:00:00
FILE "t2.wav" WAVE
  TRACK 03 AUDIO
    INDEX 01 00:00:00
"""
        with refused("track 1", "MODE2/2352", "data", line=2):
            album.read(sheet)
        assert rows(album, sheet, audio_only=True) == ((-150, 0, ()), (None, 900, ()), 1500)


def test_fre_ac_has_a_mark_doubled_apostrophes_and_slashes(album: Desk) -> None:
    sheet = b"\xef\xbb\xbf" + (
        b'TITLE "12\'\' mix"\r\nPERFORMER "first line // second"\r\n'
        b'FILE "all.wav" WAVE\r\n  TRACK 01 AUDIO\r\n    INDEX 01 00:00:00\r\n'
    )
    program = album.read(sheet)
    assert text(program, PackType.TITLE) == "12'' mix"
    assert text(program, PackType.PERFORMER) == "first line // second"
    assert not program.notes


def test_winamp_and_medieval_cue_splitter_have_comments_and_late_remarks(album: Desk) -> None:
    sheet = """; made by a tool
FILE "all.wav" WAVE
  TRACK 01 AUDIO
    INDEX 01 00:00:00
    REM made by another
    TITLE "late"
"""
    program = album.read(sheet)
    assert text(program, PackType.TITLE, 1) == "late"
    assert said(program) == []


def test_audacity_writes_hundredths_as_frames(album: Desk) -> None:
    sheet = 'FILE "all.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 000:08:99\n'
    with refused("000:08:99", "74", "00:08:74", line=5):
        album.read(sheet)


def test_disc_image_creator_counts_frames_to_255(album: Desk) -> None:
    with refused("00:00:255", "74", line=3):
        album.read('FILE "all.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:255\n')


@pytest.mark.parametrize("remark", ["REM CDRTOOLS", "REM COMMENT ExactAudioCopy", ""])
def test_files_between_indexes_need_no_magic_word(album: Desk, remark: str) -> None:
    """cdrtools reads them behind these remarks only."""
    sheet = f"""{remark}
FILE "t1.wav" WAVE
TRACK 01 AUDIO
INDEX 01 00:00:00
TRACK 02 AUDIO
INDEX 00 00:10:00
FILE "t2.wav" WAVE
INDEX 01 00:00:00
"""
    assert rows(album, sheet) == ((-150, 0, ()), (750, 900, ()), 1500)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "   ", "\t", "\xa0", "\u3000"])
def test_ends_of_lines_and_blanks(album: Desk, end: str, indent: str) -> None:
    lines = (
        'FILE "all.wav" WAVE',
        "TRACK 01 AUDIO",
        "INDEX 01 00:00:00",
        "TRACK 02 AUDIO",
        "INDEX 01 00:12:00",
    )
    sheet = end.join(indent + line + indent for line in lines)
    assert rows(album, sheet) == ((-150, 0, ()), (None, 900, ()), 2000)


@pytest.mark.parametrize(
    "line",
    [
        *("FILE all.wav WAVE", "file all.wav wave", "FILE all.wav", "FILE  all.wav\tWAVE"),
        *('FILE "all.wav"', 'FILE "all.wav"WAVE', 'FILE "all.wav" XYZ', 'FILE "all.wav'),
    ],
)
def test_file_lines(album: Desk, line: str) -> None:
    assert rows(album, f"{line}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n") == ((-150, 0, ()), 2000)


def test_a_file_line_without_a_name_is_refused(album: Desk) -> None:
    for line in ("FILE", 'FILE "" WAVE', 'FILE "'):
        with refused("FILE", line=1):
            album.read(f"{line}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n")


def test_names_with_blanks_need_no_quotation_marks(desk: Desk) -> None:
    desk.put("my long song.wav", 900)
    assert rows(desk, "FILE my long song.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n") == (
        (-150, 0, ()),
        900,
    )


def test_a_postgap_belongs_to_its_track_wherever_it_stands_in_it(album: Desk) -> None:
    for place in ("POSTGAP 00:01:00\nINDEX 01 00:00:00", "INDEX 01 00:00:00\nPOSTGAP 00:01:00"):
        sheet = f'FILE "all.wav" WAVE\nTRACK 01 AUDIO\n{place}\n'
        sheet += "TRACK 02 AUDIO\nINDEX 00 00:11:00\nINDEX 01 00:12:00\n"
        assert rows(album, sheet) == ((-150, 0, ()), (900, 975, ()), 2075)
        assert runs(album.arrange(sheet)) == [("0", 0, 825 * S), ("s", 0, 75 * S), ("0", 825 * S, 1175 * S)]


def test_a_source_that_is_used_twice_is_one_source(album: Desk) -> None:
    sheet = "".join(f'FILE "t2.wav" WAVE\nTRACK {n:02d} AUDIO\nINDEX 01 00:00:00\n' for n in (1, 2, 3))
    program = album.read(sheet)
    assert len(program.sources) == 1
    assert marks(album.arranged(program))[2] == (None, 1200, ())


def test_what_reaches_to_a_file_s_end_is_open_and_what_follows_is_joined(album: Desk) -> None:
    sheet = "".join(
        f'FILE "t{n}.wav" WAVE\nTRACK {n:02d} AUDIO\nINDEX 01 00:00:00\nINDEX 02 00:05:00\n' for n in (1, 2)
    )
    program = album.read(sheet)
    assert [[piece.samples for piece in track.pieces] for track in program.tracks] == [[375 * S, None]] * 2
    assert all(track.joined for track in program.tracks)
    assert [segment.line for track in program.tracks for segment in track.segments] == [3, 4, 7, 8]
