"""What is said of a disc that was read back, in words that a person acts upon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from redbook.disc import Toc, TocTrack
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.engine.care import Care
from redbook.engine.chunks import chunk_sectors
from redbook.engine.compare import count_differences, first_difference
from redbook.engine.conclude import conclude
from redbook.engine.cue_sheet_forms import CUE_SHEET_FORMS, all_refused, forms_for, taken_in_words
from redbook.engine.disc_offset import DiscOffset, Span
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.read_audio import ReadHabits
from redbook.engine.track_reading import TrackReading
from redbook.engine.verification import Check, Difference, Hidden, Verdict, Verification
from redbook.engine.verify import ReadBack
from redbook.errors import Sense, SenseError
from redbook.mmc import sense
from tests.support.sound import noise

TOC = Toc((TocTrack(1, 0), TocTrack(2, 552)), 904)
TOC_CHECK = Check("table of contents", Verdict.SAME)


def reading(number: int, head: int = 0, tail: int = 0) -> TrackReading:
    span = Span(number, 0, Fingerprint.none(), 0, 0)
    return TrackReading(span, same=True, head_hidden=head, tail_hidden=tail)


def said(
    readings: Sequence[TrackReading] | None = None,
    differences: Sequence[Difference] = (),
    settled: Sequence[int] = (),
    **found: Any,
) -> Verification:
    tracks = (LaidTrack(1, 0, 400), LaidTrack(2, 552, 350))
    if readings is None:
        readings = [reading(1), reading(2)]
    read_back = ReadBack((), ("noted",), TOC, TOC_CHECK, tracks, tuple(readings), **found)
    return conclude(read_back, differences, settled)


def audio(verification: Verification) -> tuple[Verdict, str]:
    (check,) = (check for check in verification.checks if check.promise == "audio")
    return check.verdict, check.text


class TestTheAudio:
    @pytest.mark.parametrize(
        ("offset", "words", "told"),
        [
            (DiscOffset(0, known=True), "in the right place, to the sample", 0),
            (DiscOffset(1, known=True), "moved by +1 sample (the drive's offset)", 1),
            (DiscOffset(-1, known=True), "moved by -1 sample (the drive's offset)", -1),
            (DiscOffset(667, known=True), "moved by +667 samples (the drive's offset)", 667),
            (
                DiscOffset(-30, inexact=True),
                "compared about -30 samples out of place: the drive reads inexactly",
                None,
            ),
            (DiscOffset(0), "compared in the right place: the drive's offset could not be determined", None),
            (DiscOffset(6), "compared +6 samples out of place: the drive's offset could not", None),
        ],
    )
    def test_is_the_same_and_where_it_lies_is_said(
        self, offset: DiscOffset, words: str, told: int | None
    ) -> None:
        found = said(offset=offset)
        assert audio(found)[0] is Verdict.SAME
        assert audio(found)[1].startswith(words)
        assert found.offset_samples == told
        assert found.notes == ("noted",)
        assert found.checks[0] == TOC_CHECK

    def test_lies_at_its_place_where_nothing_was_found_out(self) -> None:
        assert audio(said())[1].startswith("compared in the right place: ")

    def test_of_other_tracks_than_were_expected_is_not_compared(self) -> None:
        assert audio(said([])) == (
            Verdict.NOT_COMPARED,
            "the tracks on the disc are not those that were expected",
        )

    def test_that_differs_is_said_track_by_track(self) -> None:
        differences = [Difference(1, 3, 3, 1764, 5), Difference(2, 0, 552, 0, 1)]
        verdict, text = audio(said(differences=differences))
        assert verdict is Verdict.DIFFERENT
        assert text == f"{differences[0]}; {differences[1]}"

    def test_that_was_not_reached_is_said_with_the_reason(self) -> None:
        found = said([reading(1)], broken_off="the drive is gone")
        words = "the audio of track 2 was not compared: the drive is gone"
        assert audio(found) == (Verdict.NOT_COMPARED, words)
        assert found.notes == ("noted", words)

    def test_of_which_none_was_reached_is_not_called_that_of_other_tracks(self) -> None:
        found = said([], broken_off="the drive is gone")
        assert audio(found)[1] == "the audio of tracks 1 and 2 was not compared: the drive is gone"

    def test_that_differs_and_was_not_reached_is_said_with_both(self) -> None:
        difference = Difference(1, 3, 3, 1764, 5)
        found = said([reading(1)], [difference], broken_off="the drive is gone")
        assert audio(found) == (
            Verdict.DIFFERENT,
            f"{difference}; the audio of track 2 was not compared: the drive is gone",
        )


class TestWhatWasNotCompared:
    def test_is_data(self) -> None:
        (check,) = (check for check in said(data=(3,)).checks if check.promise == "data")
        assert check == Check("data", Verdict.NOT_COMPARED, "track 3 on the disc; only audio is compared")
        assert not [check for check in said().checks if check.promise in ("data", "edges")]

    @pytest.mark.parametrize(
        ("hidden", "words"),
        [
            ([(0, 1)], "1 sample could not be compared (1 at the end of track 1)"),
            ([(30, 0)], "30 samples could not be compared (30 at the start of track 1)"),
            (
                [(30, 6), (0, 0), (0, 2)],
                "38 samples could not be compared (30 at the start of track 1, 6 at the end of track 1, "
                "2 at the end of track 3)",
            ),
            (
                [(1, 1), (1, 1)],
                "4 samples could not be compared (1 at the start of track 1, 1 at the end of track 1, "
                "1 at the start of track 2, 1 at the end of track 2)",
            ),
            (
                [(1, 1), (1, 1), (1, 1)],
                "6 samples could not be compared (1 at the start of track 1, 1 at the end of track 1, "
                "1 at the start of track 2, 1 at the end of track 2 and at 2 more places)",
            ),
        ],
    )
    def test_is_what_an_offset_hides_and_the_first_four_places_are_named(
        self, hidden: list[tuple[int, int]], words: str
    ) -> None:
        readings = [reading(number, *ends) for number, ends in enumerate(hidden, 1)]
        found = said(readings, offset=DiscOffset(30, known=True))
        (check,) = (check for check in found.checks if check.promise == "edges")
        assert check.verdict is Verdict.NOT_COMPARED
        assert check.text == (
            f"{words}: the drive's offset of +30 samples moves them to where it cannot read"
        )
        places = [
            (n, w, s) for n, e in enumerate(hidden, 1) for w, s in zip(("start", "end"), e, strict=True)
        ]
        assert found.hidden == tuple(Hidden(*place) for place in places if place[2])


class TestNotes:
    def notes(self, settled: Sequence[int] = (), **care: Any) -> list[str]:
        how = Care([], ReadHabits(), 24, **care)
        return list(said(settled=settled, care=how).notes[1:])

    def test_there_are_none_where_all_came_right_at_once(self) -> None:
        assert self.notes() == []

    @pytest.mark.parametrize(
        ("care", "words"),
        [
            (
                {"places_again": 1, "sectors_again": 3},
                "1 place (3 sectors) were right only when they were read again",
            ),
            (
                {"places_again": 2, "sectors_again": 9},
                "2 places (9 sectors) were right only when they were read again",
            ),
            ({"inexact": 1}, "the drive reads inexactly: 1 stretch came from varying positions"),
            ({"inexact": 2}, "the drive reads inexactly: 2 stretches came from varying positions"),
            ({"one_by_one": True}, "samples missing between them would not show"),
        ],
    )
    def test_say_what_reading_took(self, care: dict[str, Any], words: str) -> None:
        (note,) = self.notes(**care)
        assert words in note

    @pytest.mark.parametrize(
        ("settled", "words"),
        [
            ([2], "track 2 were right only"),
            ([1, 3], "tracks 1, 3 were right only when they were read once more"),
        ],
    )
    def test_say_which_tracks_were_right_only_when_read_once_more(
        self, settled: list[int], words: str
    ) -> None:
        (note,) = self.notes(settled)
        assert note.startswith(words)


class TestWhereTwoStretchesDiffer:
    @pytest.mark.parametrize("sample", [0, 1, 2, 3, 293, 294, 586, 587])
    @pytest.mark.parametrize("byte", [0, 1, 2, 3])
    def test_the_first_sample_is_found_and_each_is_counted_once(self, byte: int, sample: int) -> None:
        sent = noise(588, 1)
        came = bytearray(sent)
        came[sample * 4 + byte] ^= 0x80
        assert first_difference(sent, bytes(came)) == sample
        assert count_differences(sent, bytes(came)) == 1
        came[sample * 4 : sample * 4 + 4] = bytes(b ^ 0xFF for b in sent[sample * 4 : sample * 4 + 4])
        came[2351] ^= 1
        assert first_difference(sent, bytes(came)) == sample
        assert count_differences(sent, bytes(came)) == (2 if sample < 587 else 1)

    def test_nothing_differs_in_what_is_the_same(self) -> None:
        sent = noise(588, 1)
        assert first_difference(sent, sent) is None
        assert count_differences(sent, sent) == 0
        assert first_difference(b"", b"") is None

    @pytest.mark.parametrize("length", [0, 4, 8, 2348])
    def test_what_ends_early_differs_from_there_on(self, length: int) -> None:
        sent = noise(588, 1)
        assert first_difference(sent, sent[:length]) == length // 4


@pytest.mark.parametrize(
    ("most_bytes", "sectors"),
    [(None, 27), (65536, 27), (63504, 27), (63503, 26), (32768, 13), (4703, 1), (2352, 1), (512, 1)],
)
def test_one_command_carries_as_many_sectors_as_fit_and_one_at_least(
    most_bytes: int | None, sectors: int
) -> None:
    """27 sectors are 63504 bytes: what every transport is known to carry."""
    assert chunk_sectors(most_bytes) == sectors


PLAIN = SessionLayout((LaidTrack(1, 0, 400),), 400)
WITH_ISRC = SessionLayout((LaidTrack(1, 0, 400), LaidTrack(2, 400, 400, isrc="DEABC2500001")), 800)
WITH_MCN = SessionLayout((LaidTrack(1, 0, 400),), 400, mcn="4006381333931")
WITH_TEXT = SessionLayout((LaidTrack(1, 0, 400),), 400, cd_text=bytes(18))
BY_NAME = {form.name: form for form in CUE_SHEET_FORMS}


def refusals(*names: str) -> list[tuple[Any, SenseError]]:
    found = []
    for asc, name in enumerate(names, 0x24):
        error = sense.to_error("SEND CUE SHEET", Sense(5, asc, 0))
        assert isinstance(error, SenseError)
        found.append((BY_NAME[name], error))
    return found


class TestFormsOfACueSheet:
    @pytest.mark.parametrize(
        ("layout", "first", "names"),
        [
            (PLAIN, "", ["plain", "pregaps of one sector"]),
            (WITH_ISRC, "", ["plain", "ISRC without control", "pregaps of one sector"]),
            (WITH_TEXT, "", ["plain", "true lead-in", "pregaps of one sector"]),
            (WITH_ISRC, "ISRC without control", ["ISRC without control", "plain", "pregaps of one sector"]),
            (WITH_TEXT, "true lead-in", ["true lead-in", "plain", "pregaps of one sector"]),
            (PLAIN, "true lead-in", ["plain", "pregaps of one sector"]),
            (PLAIN, "pregaps of one sector", ["plain", "pregaps of one sector"]),
        ],
    )
    def test_are_those_that_differ_for_the_session_and_what_changes_the_disc_comes_last(
        self, layout: SessionLayout, first: str, names: list[str]
    ) -> None:
        assert [form.name for form in forms_for(layout, first)] == names

    def test_are_told_by_how_many_were_refused_and_which_was_taken(self) -> None:
        one = taken_in_words(BY_NAME["true lead-in"], refusals("plain"))
        assert "in 1 form (5/24/00) and took it in another one: true lead-in" in one
        assert "index 0" not in one
        two = taken_in_words(BY_NAME["pregaps of one sector"], refusals("plain", "ISRC without control"))
        assert "in 2 forms (5/24/00)" in two
        assert "no sample is moved" in two

    @pytest.mark.parametrize(
        ("layout", "overburn", "cures"),
        [
            (PLAIN, False, ["track-at-once"]),
            (WITH_TEXT, False, ["without CD-Text", "track-at-once"]),
            (WITH_ISRC, False, ["without ISRC", "track-at-once"]),
            (WITH_MCN, False, ["without ISRC", "track-at-once"]),
            (PLAIN, True, ["with less audio"]),
            (WITH_TEXT, True, ["with less audio", "without CD-Text"]),
        ],
    )
    def test_that_are_all_refused_leave_what_may_help(
        self, layout: SessionLayout, overburn: bool, cures: list[str]
    ) -> None:
        error = all_refused(layout, refusals("plain", "pregaps of one sector"), overburn)
        text = str(error)
        assert "plain (5/24/00), pregaps of one sector (5/25/00); the disc is untouched" in text
        every = ["with less audio", "without CD-Text", "without ISRC", "track-at-once"]
        assert [cure for cure in every if cure in text] == cures
        assert str(error.sense) == "5/25/00"

    def test_that_are_all_refused_are_not_put_down_to_overburning_where_there_is_none(self) -> None:
        assert "with less audio" not in str(all_refused(PLAIN, refusals("plain")))
