"""What a sheet leaves open, and how it is decided: each rule stands in docs/sheets.md."""

from __future__ import annotations

import pytest

from redbook.disc.cd_text import PackType
from redbook.errors import SheetError
from tests.support.sheets import Desk, S, marks, notes, refused, runs, text

ONE = 'FILE "one.wav" WAVE\n'
"""2000 sectors long."""


def two_tracks(pregap: str, before: str = "") -> str:
    return f"""{before}{ONE}TRACK 01 AUDIO
{pregap}
INDEX 01 00:00:00
TRACK 02 AUDIO
INDEX 01 00:10:00
"""


@pytest.fixture
def one(desk: Desk) -> Desk:
    desk.put("one.wav")
    return desk


# The identifiers below were computed by hand from the published formulas, tracks 2:00 and 12:00 (or 4:00 and
# 14:00, or 5:00 and 15:00), lead-out 2000 sectors behind the first: freedb 05001A02, 09001A02, 0B001A02.
# AccurateRip: sum of starts and lead-out; sum of max(start, 1) * number, lead-out counted as the next one.
PLAIN = ("05001A02", f"{0 + 750 + 2000:08x}-{1 + 2 * 750 + 3 * 2000:08x}-05001a02")
TWO_SECONDS = ("09001A02", f"{150 + 900 + 2150:08x}-{150 + 2 * 900 + 3 * 2150:08x}-09001a02")
THREE_SECONDS = ("0B001A02", f"{225 + 975 + 2225:08x}-{225 + 2 * 975 + 3 * 2225:08x}-0b001a02")


class TestPregapOfTheFirstTrack:
    def test_two_seconds_are_those_of_every_disc(self, one: Desk) -> None:
        program = one.read(two_tracks("PREGAP 00:02:00"))
        assert marks(one.arranged(program)) == [(-150, 0, ()), (None, 750, ())]
        (note,) = program.notes
        assert note.line == 3
        assert "PREGAP 00:02:00" in note.text
        assert "2 s that every disc has" in note.text

    @pytest.mark.parametrize(("written", "sectors"), [("00:00:32", 32), ("00:01:74", 149), ("00:02:01", 151)])
    def test_anything_else_is_silence_beside_them(self, one: Desk, written: str, sectors: int) -> None:
        program = one.read(two_tracks(f"PREGAP {written}"))
        made = one.arranged(program)
        assert marks(made) == [(-150, sectors, ()), (None, 750 + sectors, ())]
        assert runs(made) == [("s", 0, sectors * S), ("0", 0, 2000 * S)]
        assert not program.notes

    @pytest.mark.parametrize("word", ["DISCID", "ACCURATERIPID"])
    @pytest.mark.parametrize(("identifiers", "start"), [(PLAIN, 0), (TWO_SECONDS, 150)])
    def test_an_identifier_that_fits_one_reading_decides(
        self, one: Desk, word: str, identifiers: tuple[str, str], start: int
    ) -> None:
        identifier = identifiers[word == "ACCURATERIPID"]
        program = one.read(two_tracks("PREGAP 00:02:00", f"REM {word} {identifier}\n"))
        assert one.arranged(program).layout.tracks[0].start_lba == start
        assert identifier.lower() in notes(program)
        assert f"REM {word}" in notes(program)

    def test_an_identifier_decides_also_against_the_rule(self, one: Desk) -> None:
        """Some programs read three seconds as one beside the two of every disc."""
        one_second = two_tracks("PREGAP 00:03:00", f"REM DISCID {'07001A02'}\n")
        assert one.arrange(one_second).layout.tracks[0].start_lba == 75
        three = two_tracks("PREGAP 00:03:00", f"REM DISCID {THREE_SECONDS[0]}\n")
        assert one.arrange(three).layout.tracks[0].start_lba == 225

    def test_an_identifier_of_another_disc_decides_nothing_and_is_told(self, one: Desk) -> None:
        program = one.read(two_tracks("PREGAP 00:02:00", "REM DISCID 12345678\n"))
        assert one.arranged(program).layout.tracks[0].start_lba == 0
        assert "REM DISCID 12345678 is not that of this disc, which is 05001a02" in notes(program)

    def test_of_two_identifiers_that_differ_the_exact_one_decides(self, one: Desk) -> None:
        before = f"REM DISCID {PLAIN[0]}\nREM ACCURATERIPID {TWO_SECONDS[1]}\n"
        program = one.read(two_tracks("PREGAP 00:02:00", before))
        assert one.arranged(program).layout.tracks[0].start_lba == 150

    def test_an_identifier_that_fits_both_readings_decides_nothing(self, one: Desk) -> None:
        """A small part of a second: freedb's counts whole ones."""
        program = one.read(two_tracks("PREGAP 00:00:10", f"REM DISCID {PLAIN[0]}\n"))
        assert one.arranged(program).layout.tracks[0].start_lba == 10
        assert not program.notes

    def test_without_the_length_of_a_file_the_rule_holds_and_it_is_told(self, desk: Desk) -> None:
        desk.put("one.wav", None)
        program = desk.read(two_tracks("PREGAP 00:02:00", f"REM DISCID {TWO_SECONDS[0]}\n"))
        assert [segment.index for segment in program.tracks[0].segments] == [1]
        assert "REM DISCID could not be used" in notes(program)

    def test_two_seconds_on_another_track_are_silence(self, one: Desk) -> None:
        made = one.arrange(two_tracks("").replace("TRACK 02 AUDIO", "TRACK 02 AUDIO\nPREGAP 00:02:00"))
        assert marks(made) == [(-150, 0, ()), (750, 900, ())]
        assert runs(made) == [("0", 0, 750 * S), ("s", 0, 150 * S), ("0", 750 * S, 1250 * S)]


class TestPregapAndIndexes:
    def test_before_index_00_it_lengthens_the_pregap(self, one: Desk) -> None:
        sheet = two_tracks("").replace(
            "INDEX 01 00:10:00", "PREGAP 00:01:00\nINDEX 00 00:10:00\nINDEX 01 00:11:00"
        )
        assert marks(one.arrange(sheet))[1] == (750, 750 + 75 + 75, ())

    def test_behind_index_00_it_goes_before_index_01(self, one: Desk) -> None:
        sheet = two_tracks("").replace(
            "INDEX 01 00:10:00", "INDEX 00 00:10:00\nPREGAP 00:01:00\nINDEX 01 00:11:00"
        )
        program = one.read(sheet)
        made = one.arranged(program)
        assert marks(made)[1] == (750, 900, ())
        assert runs(made)[1:] == [("s", 0, 75 * S), ("0", 825 * S, 1175 * S)]
        assert "PREGAP" in notes(program)

    def test_behind_index_01_it_is_refused(self, one: Desk) -> None:
        with refused("track 2", "PREGAP", line=7):
            one.read(two_tracks("") + "PREGAP 00:01:00\n")

    def test_two_are_refused(self, one: Desk) -> None:
        with refused("second PREGAP", line=4):
            one.read(two_tracks("PREGAP 00:00:10\nPREGAP 00:00:10"))


class TestWhatLiesBeforeTheFirstIndex:
    def test_of_a_file_is_the_track_s_pregap(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        desk.put("t2.wav", 600)
        program = desk.read(
            'FILE "t1.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
            'FILE "t2.wav" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:01:00\n'
        )
        assert marks(desk.arranged(program)) == [(-150, 0, ()), (900, 975, ())]
        assert [note.line for note in program.notes] == [6]
        assert "00:01:00" in notes(program)

    def test_of_the_disc_is_the_first_pregap(self, one: Desk) -> None:
        sheet = ONE + "TRACK 01 AUDIO\nINDEX 00 00:01:00\nINDEX 01 00:03:00\n"
        program = one.read(sheet)
        made = one.arranged(program)
        assert marks(made) == [(-150, 225, ())]
        assert runs(made) == [("0", 0, 2000 * S)]
        assert "00:01:00" in notes(program)

    def test_with_silence_the_silence_goes_before_the_index(self, one: Desk) -> None:
        program = one.read(ONE + "TRACK 01 AUDIO\nPREGAP 00:00:10\nINDEX 01 00:03:00\n")
        made = one.arranged(program)
        assert marks(made) == [(-150, 235, ())]
        assert runs(made) == [("0", 0, 225 * S), ("s", 0, 10 * S), ("0", 225 * S, 1775 * S)]

    def test_an_index_00_says_that_it_belongs_to_the_track_before(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        desk.put("t2.wav", 600)
        program = desk.read(
            'FILE "t1.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
            'FILE "t2.wav" WAVE\nTRACK 02 AUDIO\nINDEX 00 00:01:00\nINDEX 01 00:02:00\n'
        )
        made = desk.arranged(program)
        assert marks(made) == [(-150, 0, ()), (975, 1050, ())]
        assert runs(made) == [("0", 0, 900 * S), ("1", 0, 600 * S)]
        assert "00:01:00" in notes(program)

    def test_a_file_without_an_index_is_played(self, desk: Desk) -> None:
        for name, sectors in (("a.wav", 400), ("b.wav", 500), ("c.wav", 600)):
            desk.put(name, sectors)
        program = desk.read(
            'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nFILE "b.wav" WAVE\n'
            'FILE "c.wav" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00\nFILE "b.wav" WAVE\n'
        )
        made = desk.arranged(program)
        assert marks(made) == [(-150, 0, ()), (None, 900, ())]
        assert made.layout.lead_out_lba == 400 + 500 + 600 + 500
        assert [note.line for note in program.notes] == [4, 8]
        assert "b.wav" in notes(program)


class TestIndexes:
    def test_index_00_alone_is_the_start(self, one: Desk) -> None:
        program = one.read(ONE + "TRACK 01 AUDIO\nINDEX 00 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:10:00\n")
        assert marks(one.arranged(program)) == [(-150, 0, ()), (None, 750, ())]
        assert notes(program).count("INDEX 01") == 2

    def test_index_00_and_the_next_file_s_index_01_is_a_hidden_track(self, desk: Desk) -> None:
        desk.put("hidden.wav", 400)
        desk.put("song.wav", 900)
        made = desk.arrange(
            'FILE "hidden.wav" WAVE\nTRACK 01 AUDIO\nINDEX 00 00:00:00\n'
            'FILE "song.wav" WAVE\nINDEX 01 00:00:00\n'
        )
        assert marks(made) == [(-150, 400, ())]
        assert made.layout.lead_out_lba == 1300

    def test_none_at_all_is_the_file_s_start_if_the_track_is_alone_in_it(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        desk.put("t2.wav", 600)
        program = desk.read('FILE "t1.wav" WAVE\nTRACK 01 AUDIO\nFILE "t2.wav" WAVE\nTRACK 02 AUDIO\n')
        assert marks(desk.arranged(program)) == [(-150, 0, ()), (None, 900, ())]
        assert [note.line for note in program.notes] == [2, 4]

    def test_none_at_all_is_refused_if_others_are_in_the_file(self, one: Desk) -> None:
        with refused("track 2", "no INDEX", line=4):
            one.read(ONE + "TRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\n")

    def test_index_02_without_01_is_refused(self, one: Desk) -> None:
        with refused("no INDEX 01", line=2):
            one.read(ONE + "TRACK 01 AUDIO\nINDEX 00 00:00:00\nINDEX 02 00:04:00\n")

    def test_holes_close_up(self, one: Desk) -> None:
        program = one.read(ONE + "TRACK 01 AUDIO\nINDEX 01 00:00:00\nINDEX 03 00:04:00\nINDEX 07 00:05:00\n")
        assert marks(one.arranged(program)) == [(-150, 0, (300, 375))]
        assert [note.line for note in program.notes] == [4, 5]

    @pytest.mark.parametrize("again", ["INDEX 01 00:09:00", "INDEX 00 00:09:00"])
    def test_the_same_or_an_earlier_one_again_is_refused(self, one: Desk, again: str) -> None:
        with refused("INDEX", line=4):
            one.read(ONE + "TRACK 01 AUDIO\nINDEX 01 00:00:00\n" + again)

    def test_two_at_one_place_are_no_pregap(self, one: Desk) -> None:
        program = one.read(
            two_tracks("").replace("INDEX 01 00:10:00", "INDEX 00 00:10:00\nINDEX 01 00:10:00")
        )
        assert marks(one.arranged(program)) == [(-150, 0, ()), (None, 750, ())]
        assert "no pregap" in notes(program)

    def test_an_index_00_at_the_very_end_of_a_file_is_no_pregap(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        desk.put("t2.wav", 600)
        program = desk.read(
            'FILE "t1.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:12:00\n'
            'FILE "t2.wav" WAVE\nINDEX 01 00:00:00\n'
        )
        assert marks(desk.arranged(program)) == [(-150, 0, ()), (None, 900, ())]
        assert "no pregap" in notes(program)

    def test_that_go_back_inside_a_track_are_refused(self, one: Desk) -> None:
        with refused("track 2", "INDEX 01 00:10:00", "INDEX 00 00:11:00", "times must go up", line=7):
            one.read(two_tracks("").replace("INDEX 01 00:10:00", "INDEX 00 00:11:00\nINDEX 01 00:10:00"))

    def test_that_go_back_from_track_to_track_are_refused(self, one: Desk) -> None:
        with refused("track 2", "INDEX 01 00:10:00", "INDEX 02 00:11:00 of track 1", "go up", line=7):
            one.read(two_tracks("").replace("TRACK 02", "INDEX 02 00:11:00\nTRACK 02"))

    def test_a_track_without_audio_is_refused(self, one: Desk) -> None:
        with refused("track 2", "00:10:00", "nothing between", line=7):
            one.read(two_tracks("").replace("TRACK 02", "INDEX 02 00:10:00\nTRACK 02"))

    def test_an_index_where_its_file_ends_is_refused(self, one: Desk) -> None:
        with refused("track 2", "00:26:50", line=6):
            one.read(two_tracks("").replace("00:10:00", "00:26:50"))

    def test_before_any_file_or_track_is_refused(self, one: Desk) -> None:
        with refused("before any FILE", line=2):
            one.read("TRACK 01 AUDIO\nINDEX 01 00:00:00\n" + ONE)
        with refused("before the first TRACK", line=2):
            one.read(ONE + "INDEX 01 00:00:00\nTRACK 01 AUDIO\n")


class TestTimes:
    @pytest.mark.parametrize(
        ("written", "words"),
        [
            ("00:10:75", ("00:10:75", "74")),
            ("00:00:255", ("00:00:255", "74")),
            ("00:60:00", ("00:60:00", "59")),
            ("10:00", ("10:00", "minutes:seconds:frames")),
            ("1000:00:00", ("1000:00:00", "minutes:seconds:frames")),
            ("-1:00:00", ("-1:00:00", "minutes:seconds:frames")),
            ("0:1O:00", ("0:1O:00", "minutes:seconds:frames")),
            ("", ("nothing", "minutes:seconds:frames")),
            ("٠٠:١٠:٠٠", ("minutes:seconds:frames",)),
        ],
    )
    def test_that_cannot_be_are_refused(self, one: Desk, written: str, words: tuple[str, ...]) -> None:
        with refused(*words, line=6):
            one.read(two_tracks("").replace("00:10:00", written))

    def test_hundredths_get_a_proposal(self, one: Desk) -> None:
        with refused("write 00:10:60", line=6):
            one.read(two_tracks("").replace("00:10:00", "00:10:80"))

    @pytest.mark.parametrize("written", ["0:10:0", "00:10.00", "000:10:00", '"00:10:00"', "00:10:00 ; here"])
    def test_that_are_written_otherwise_are_read(self, one: Desk, written: str) -> None:
        program = one.read(two_tracks("").replace("00:10:00", written))
        assert marks(one.arranged(program))[1] == (None, 750, ())
        assert not program.notes

    def test_beyond_the_end_name_the_file_s_length(self, one: Desk) -> None:
        with refused("00:26:51", "one.wav", "00:26:50", line=6):
            one.read(two_tracks("").replace("00:10:00", "00:26:51"))

    def test_beyond_99_59_74_are_refused_also_if_the_file_goes_on(self, desk: Desk) -> None:
        desk.put("one.wav", 130 * 60 * 75)
        with refused("127:34:00", "99:59:74", line=4):
            desk.read(two_tracks("").replace("00:10:00", "127:34:00"))

    def test_beyond_the_end_of_a_file_of_unknown_length_are_left_to_the_arrangement(self, desk: Desk) -> None:
        desk.put("one.wav", None)
        program = desk.read(two_tracks("").replace("00:10:00", "00:40:00"))
        assert program.tracks[1].segments[0].line == 6


class TestTrackNumbers:
    def test_with_holes_are_made_new(self, one: Desk) -> None:
        program = one.read(two_tracks("").replace("TRACK 02", "TRACK 07"))
        assert [track.number for track in one.arranged(program).layout.tracks] == [1, 2]
        (note,) = program.notes
        assert (note.line, note.text) == (5, "track 7 of the sheet becomes 2")

    def test_texts_move_with_them(self, one: Desk) -> None:
        program = one.read(
            ONE
            + 'TRACK 04 AUDIO\nTITLE "four"\nINDEX 01 00:00:00\n'
            + "TRACK 05 AUDIO\nTITLE five\nINDEX 01 00:10:00"
        )
        assert [text(program, PackType.TITLE, number) for number in (1, 2, 4)] == ["four", "five", ""]

    @pytest.mark.parametrize("number", ["01", "00"])
    def test_that_do_not_go_up_are_refused(self, one: Desk, number: str) -> None:
        with refused(f"track {int(number)}", "track 1", line=5):
            one.read(two_tracks("").replace("TRACK 02", f"TRACK {number}"))

    def test_with_three_digits_are_read(self, one: Desk) -> None:
        assert not one.read(two_tracks("").replace("TRACK 02", "TRACK 002")).notes

    @pytest.mark.parametrize("line", ["TRACK 100 AUDIO", "TRACK x AUDIO", "TRACK", "TRACK 02"])
    def test_that_are_none_are_refused(self, one: Desk, line: str) -> None:
        with refused(line=5):
            one.read(two_tracks("").replace("TRACK 02 AUDIO", line))


class TestData:
    MIXED = (
        'FILE "data.iso" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n'
        'FILE "t1.wav" WAVE\nTRACK 02 AUDIO\nPREGAP 00:02:00\nINDEX 01 00:00:00\n'
    )

    def test_before_audio_is_left_out_if_asked_for(self, desk: Desk) -> None:
        """The file with the data need not be there."""
        desk.put("t1.wav", 900)
        program = desk.read(self.MIXED, audio_only=True)
        made = desk.arranged(program)
        assert marks(made) == [(-150, 0, ())]
        assert made.layout.lead_out_lba == 900
        assert "track 1 is data" in notes(program)

    def test_in_one_file_with_audio_is_left_out_to_the_sample(self, desk: Desk) -> None:
        desk.put("disc.bin", 5000, b"")
        desk.folder.joinpath("disc.bin").write_bytes(bytes(2352))
        made = desk.arrange(
            'FILE "disc.bin" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n'
            "TRACK 02 AUDIO\nINDEX 00 00:20:00\nINDEX 01 00:22:00\nTRACK 03 AUDIO\nINDEX 01 00:40:00\n",
            audio_only=True,
        )
        assert marks(made) == [(-150, 150, ()), (None, 1500, ())]
        assert runs(made) == [("0", 1500 * S, 3500 * S)]

    def test_behind_audio_ends_the_disc(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        made = desk.arrange(
            'REM SESSION 01\nFILE "t1.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
            'REM SESSION 02\nFILE "data.iso" BINARY\nTRACK 02 MODE1/2352\n'
            "INDEX 00 00:00:00\nINDEX 01 00:02:00\n",
            audio_only=True,
        )
        assert marks(made) == [(-150, 0, ())]
        assert runs(made) == [("0", 0, 900 * S)]

    def test_no_part_of_a_file_with_data_is_audio(self, desk: Desk) -> None:
        desk.put("t1.wav", 900)
        made = desk.arrange(
            'FILE "t1.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n'
            'FILE "data.bin" BINARY\nTRACK 02 MODE1/2352\nINDEX 01 00:02:00\n',
            audio_only=True,
        )
        assert runs(made) == [("0", 0, 900 * S)]

    def test_between_audio_is_refused(self, desk: Desk) -> None:
        sheet = 'FILE "a" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n' + self.MIXED.replace("02", "03").replace(
            "TRACK 01", "TRACK 02"
        )
        with refused("track 2", "between audio", line=5):
            desk.read(sheet, audio_only=True)

    def test_of_another_sector_size_in_one_file_is_refused(self, desk: Desk) -> None:
        with refused("track 1", "MODE1/2048", line=2):
            desk.read(
                'FILE "d.bin" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\n'
                "TRACK 02 AUDIO\nINDEX 01 00:20:00\n",
                audio_only=True,
            )

    def test_alone_is_refused(self, desk: Desk) -> None:
        with refused("data", line=2):
            desk.read('FILE "d.bin" BINARY\nTRACK 01 CDG\nINDEX 01 00:00:00\n', audio_only=True)

    def test_all_data_tracks_are_named(self, desk: Desk) -> None:
        with refused("track 1 (MODE1/2352)", "track 3 (CDG)", "--audio-only", line=2):
            desk.read(self.MIXED + "TRACK 03 CDG\nINDEX 01 00:04:00\n")

    @pytest.mark.parametrize("audio_only", [False, True])
    def test_audio_in_a_second_session_is_refused(self, one: Desk, audio_only: bool) -> None:
        with refused("track 2", "session 2", line=6):
            one.read(two_tracks("").replace("TRACK 02", "REM SESSION 02\nTRACK 02"), audio_only=audio_only)


class TestCodes:
    @pytest.mark.parametrize(
        ("written", "isrc"),
        [
            ("DEABC2500001", "DEABC2500001"),
            ("de-abc-25-00001", "DEABC2500001"),
            ('"USSM19604431"', "USSM19604431"),
            ("GBAYE 68 00010", "GBAYE6800010"),
        ],
    )
    def test_isrc(self, one: Desk, written: str, isrc: str) -> None:
        program = one.read(two_tracks(f"ISRC {written}"))
        assert program.tracks[0].isrc == isrc
        assert not program.notes

    @pytest.mark.parametrize("written", ["DEABC250000", "FU:189800011", "12ABC2500001", "DEABC25O0001"])
    def test_what_is_no_isrc_is_told_and_not_burned(self, one: Desk, written: str) -> None:
        program = one.read(two_tracks(f"ISRC {written}"))
        assert program.tracks[0].isrc == ""
        assert [note.line for note in program.notes] == [3]
        assert written in notes(program)

    def test_the_same_isrc_twice_is_told(self, one: Desk) -> None:
        program = one.read(two_tracks("ISRC DEABC2500001") + "ISRC DE-ABC-25-00001\n")
        assert "tracks 1 and 2 have the same ISRC" in notes(program)

    @pytest.mark.parametrize(
        ("written", "mcn", "told"),
        [
            ("4006381333931", "4006381333931", False),  # a real EAN-13
            ("036000291452", "0036000291452", True),  # a real UPC-A
            ("4006381333930", "", True),
            ("0000000000000", "", False),
            ("000000000000", "", False),
            ('""', "", False),
            ("12345", "", True),
            ("40063813339AB", "", True),
        ],
    )
    def test_catalog(self, one: Desk, written: str, mcn: str, told: bool) -> None:
        program = one.read(two_tracks("", f"CATALOG {written}\n"))
        assert program.mcn == mcn
        assert [note.line for note in program.notes] == ([1] if told else [])

    def test_a_wrong_check_digit_is_burned_if_asked_for(self, one: Desk) -> None:
        program = one.read(two_tracks("", "CATALOG 4006381333930\n"), keep_mcn=True)
        assert program.mcn == "4006381333930"
        assert "4006381333931" in notes(program)

    def test_flags_add_up_and_unknown_ones_are_told(self, one: Desk) -> None:
        program = one.read(two_tracks("FLAGS PRE\nFLAGS dcp, XYZ"))
        track = program.tracks[0]
        assert (track.pre_emphasis, track.copy_permitted, track.four_channels, track.copy_alternates) == (
            True, True, False, False
        )  # fmt: skip
        assert "XYZ" in notes(program)

    def test_data_flag_on_audio_is_refused(self, one: Desk) -> None:
        with refused("DATA", "track 1", line=3):
            one.read(two_tracks("FLAGS DATA"))


class TestTexts:
    def test_long_ones_are_cut_and_control_characters_blanks(self, one: Desk) -> None:
        program = one.read(two_tracks(f'TITLE "{"x" * 161}"', 'PERFORMER "a\x07b\tc"\n'))
        assert text(program, PackType.TITLE, 1) == "x" * 160
        assert text(program, PackType.PERFORMER) == "a b c"
        assert [note.line for note in program.notes] == [1, 4]

    def test_fields_of_every_kind(self, one: Desk) -> None:
        words = ("TITLE", "PERFORMER", "SONGWRITER", "COMPOSER", "ARRANGER", "MESSAGE")
        before = "".join(f"{word} of the disc\n" for word in words)
        before += "GENRE Folk\nDISC_ID XY 1\nREM ARRANGER late\n"
        program = one.read(two_tracks("REM COMPOSER C\nREM ARRANGER A\nMESSAGE M", before))
        for word in words:  # of an arranger the command goes before the remark
            assert text(program, PackType[word]) == "of the disc"
        assert text(program, PackType.GENRE) == "Folk"
        assert text(program, PackType.DISC_ID) == "XY 1"
        assert [text(program, PackType[word], 1) for word in words[3:]] == ["C", "A", "M"]
        assert program.texts[0].language_code == 9

    def test_what_only_a_disc_has_is_told_on_a_track(self, one: Desk) -> None:
        program = one.read(two_tracks("GENRE Folk"))
        assert not program.texts
        assert "GENRE" in notes(program)

    def test_a_second_title_takes_the_place_of_the_first_and_is_told(self, one: Desk) -> None:
        program = one.read(two_tracks("TITLE a\nTITLE a\nTITLE b"))
        assert text(program, PackType.TITLE, 1) == "b"
        assert [note.line for note in program.notes] == [5]


class TestStrict:
    @pytest.mark.parametrize(
        "sheet",
        [
            two_tracks("PREGAP 00:02:00"),
            two_tracks("ISRC x"),
            two_tracks("", "COMPILATION 0\n"),
            two_tracks("").replace("TRACK 02", "TRACK 03"),
            two_tracks("").replace("one.wav", "ONE.wav"),
            two_tracks("", "TITLE caf\xe9\n").encode("cp1252"),
        ],
    )
    def test_what_would_be_a_note_is_an_error(self, one: Desk, sheet: str | bytes) -> None:
        assert one.read(sheet).notes
        with pytest.raises(SheetError, match="--strict"):
            one.read(sheet, strict=True)

    def test_remarks_are_no_errors(self, one: Desk) -> None:
        program = one.read(two_tracks("", 'REM COMMENT "ExactAudioCopy v1.6"\nREM DATE 2003\n'), strict=True)
        assert "REM COMMENT, REM DATE" in notes(program)
