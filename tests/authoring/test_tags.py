"""Texts and codes from tags, and who is followed where several say something."""

from __future__ import annotations

from pathlib import Path

from redbook.audio.format import Tags
from redbook.audio.source import Source
from redbook.authoring.program import Note, Piece, Program, ProgramTrack, Segment
from redbook.authoring.tags import Labels, merge, of_program, of_tags, onto_program, tags_by_track
from redbook.disc.cd_text import PackType, Texts, parse

TITLE, PERFORMER = PackType.TITLE, PackType.PERFORMER
MCN = "4006381333931"
VECTORS = Path(__file__).parents[1] / "vectors" / "cd-text"


def album(**others: str) -> list[Tags | None]:
    """Two tracks of one."""
    return [
        Tags(title="One", artist="Band", album="Album", **others),
        Tags(title="Two", artist="Guest", album="Album", **others),
    ]


def said(labels: Labels) -> list[str]:
    return [note.text for note in labels.notes]


class TestTags:
    def test_an_album(self) -> None:
        labels = of_tags(
            [
                Tags(
                    "One",
                    "Band",
                    "Album",
                    1,
                    1,
                    "Band",
                    "C1",
                    "L",
                    "",
                    "DE-ABC-25-00001",
                    "4006381333931",
                    "Rock",
                ),
                Tags("Two", "Band", "Album", 1, 2, "Band", "C2", "L", "A", "", "4006381333931", "Rock"),
            ]
        )
        (texts,) = labels.texts
        assert texts.by_type == {
            TITLE: {0: "Album", 1: "One", 2: "Two"},
            PERFORMER: {0: "Band", 1: "Band", 2: "Band"},
            PackType.SONGWRITER: {0: "L", 1: "L", 2: "L"},
            PackType.COMPOSER: {1: "C1", 2: "C2"},
            PackType.ARRANGER: {2: "A"},
            PackType.GENRE: {0: "Rock"},
        }
        assert (labels.mcn, labels.isrcs, labels.notes) == ("4006381333931", {1: "DEABC2500001"}, ())

    def test_the_album_s_artist_is_the_disc_s_performer(self) -> None:
        assert of_tags(album(album_artist="Various")).texts[0].text(PERFORMER) == "Various"

    def test_tracks_of_different_artists_without_one_of_the_album(self) -> None:
        labels = of_tags(album())
        assert labels.texts[0].by_type[PERFORMER] == {1: "Band", 2: "Guest"}
        assert said(labels) == ["the tags name no album artist; some players then show no performers"]

    def test_files_of_several_albums(self) -> None:
        labels = of_tags([Tags("One", "X", "A"), Tags("Two", "X", "B"), Tags("Three", "X")])
        assert labels.texts[0].by_type[TITLE] == {1: "One", 2: "Two", 3: "Three"}
        assert said(labels) == ["the files are of different albums (A, B): the disc gets no title from tags"]

    def test_a_file_without_an_album(self) -> None:
        labels = of_tags([Tags("One", "X", "A"), Tags("Two", "X")])
        assert TITLE in labels.texts[0].by_type
        assert labels.texts[0].text(TITLE) == ""
        assert said(labels) == ["the tags of track 2 name no album: the disc gets no title from tags"]

    def test_no_tags_at_all(self) -> None:
        assert of_tags([Tags(), None]) == Labels("the tags")

    def test_genres_that_differ_are_nobody_s(self) -> None:
        tags = [Tags("One", "X", "A", genre="Rock"), Tags("Two", "X", "A", genre="Pop")]
        assert PackType.GENRE not in of_tags(tags).texts[0].by_type

    def test_codes_that_are_none(self) -> None:
        labels = of_tags([Tags(isrc="Some studio"), Tags(isrc="000000000000"), Tags(isrc="x; usabc2500001")])
        assert labels.isrcs == {3: "USABC2500001"}
        assert said(labels) == ["track 1: Some studio in its tags is not an ISRC; no ISRC is burned"]

    def test_an_isrc_twice(self) -> None:
        labels = of_tags([Tags(isrc="DEABC2500001"), Tags(isrc="DEABC2500001")])
        assert labels.isrcs == {1: "DEABC2500001", 2: "DEABC2500001"}
        assert said(labels) == [
            "track 2: its tags have the ISRC of another track, DEABC2500001; it is burned"
        ]

    def test_barcodes(self) -> None:
        assert of_tags(album(barcode="036000291452")).mcn == "0036000291452"
        wrong = of_tags(album(barcode="4006381333932"))
        assert (wrong.mcn, "wrong check digit (1 would be right)" in said(wrong)[-1]) == ("", True)
        two = of_tags([Tags(barcode="4006381333931"), Tags()])
        assert (two.mcn, said(two)) == (
            "",
            ["the tags do not agree on one barcode: the disc gets no catalogue number from them"],
        )


def program(*tracks: tuple[tuple[int, int | None], ...], sources: int) -> Program:
    """tracks: of each its segments, as index and source"""
    return Program(
        tuple(Source(f"{n}.wav", Path(f"{n}.wav")) for n in range(sources)),
        tuple(
            ProgramTrack(tuple(Segment(index, (Piece(source),)) for index, source in segments))
            for segments in tracks
        ),
    )


class TestWhose:
    TAGS = (
        Tags("One", "X", "Album", composer="C", isrc="DEABC2500001"),
        Tags("Two", "Y", "Album", album_artist="Z"),
    )

    def test_a_file_for_each_track_also_where_a_pregap_lies_in_the_one_before(self) -> None:
        one = program(((1, 0),), ((0, 0), (1, 1)), sources=2)
        assert tags_by_track(one, self.TAGS) == list(self.TAGS)

    def test_a_file_for_the_whole_disc_says_something_of_the_album_only(self) -> None:
        tags = tags_by_track(program(((1, 0),), ((0, 0), (1, 0)), sources=1), self.TAGS[:1])
        labels = of_tags(tags)
        assert labels.texts[0].by_type == {TITLE: {0: "Album"}, PERFORMER: {0: "X"}}
        assert not labels.isrcs

    def test_silence_and_several_files(self) -> None:
        tags = tags_by_track(program(((1, None),), ((1, 0), (2, 1)), sources=2), self.TAGS)
        assert tags == [None, Tags(album="Album", album_artist="X")]


class TestMerge:
    CLI = Labels("the command line", (Texts(0, {TITLE: {0: "Mine"}}),), mcn="4006381333931")
    SHEET = Labels(
        "the sheet",
        (Texts(0x09, {TITLE: {0: "Sheet", 1: "One"}, PERFORMER: {0: "Band"}}),),
        mcn="0036000291452",
        isrcs={1: "DEABC2500001"},
    )
    TAGS = Labels(
        "the tags",
        (Texts(0, {TITLE: {0: "Tags", 1: "One", 2: "Two"}, PERFORMER: {0: "Other"}}),),
        isrcs={1: "DEABC2500009", 2: "DEABC2500002"},
        notes=(Note("of tags"),),
    )

    def test_text_by_text(self) -> None:
        found = merge(self.CLI, self.SHEET, self.TAGS)
        (texts,) = found.texts
        assert texts.by_type == {TITLE: {0: "Mine", 1: "One", 2: "Two"}, PERFORMER: {0: "Band"}}
        assert (found.mcn, found.isrcs) == ("4006381333931", {1: "DEABC2500001", 2: "DEABC2500002"})
        assert said(found) == [
            "of tags",
            "catalogue number: 4006381333931 in the command line, but 0036000291452 in the sheet; "
            "the first is burned",
            "ISRC of track 1: DEABC2500001 in the sheet, but DEABC2500009 in the tags; the first is burned",
            "title of the disc: Mine in the command line, Sheet in the sheet; the first is burned",
            "title of the disc: Mine in the command line, Tags in the tags; the first is burned",
            "performer of the disc: Band in the sheet, Other in the tags; the first is burned",
        ]

    def test_nothing_is_changed_in_what_was_given(self) -> None:
        merge(self.CLI, self.SHEET, self.TAGS)
        assert self.CLI.texts[0].by_type == {TITLE: {0: "Mine"}}

    def test_packs_stay_as_they_are_and_whole(self) -> None:
        raw = (VECTORS / "raw.cdt").read_bytes()
        packs = Labels("the file of packs", tuple(parse(raw)), raw)
        message = Labels("another sheet", (Texts(0x09, {PackType.MESSAGE: {1: "Hello"}}),))
        found = merge(Labels("the command line"), packs, self.SHEET, message, self.TAGS)
        assert found.packs == raw
        assert found.texts == tuple(parse(raw))
        assert found.mcn == "0036000291452"
        assert said(found)[-1] == (
            "code (UPC/EAN or ISRC) of the disc: the file of packs has 4006381333931 in CD-Text, the "
            "sub-channel gets 0036000291452"
        )

    def test_packs_are_made_anew_where_somebody_goes_before_them(self) -> None:
        raw = (VECTORS / "raw.cdt").read_bytes()
        found = merge(self.CLI, Labels("the file of packs", tuple(parse(raw)), raw), self.SHEET)
        assert not found.packs
        assert found.texts[0].by_type[TITLE] == {0: "Mine", 1: "Song of Joy", 2: "Humpty", 3: "Mee"}
        assert (found.texts[0].genre_code, found.texts[0].text(PackType.GENRE)) == (5, "Feline")
        assert said(found)[0] == "CD-Text is made again: some of it is not from the file of packs"

    def test_languages_stay_apart(self) -> None:
        sheet = Labels("the sheet", (Texts(0x08, {TITLE: {1: "Eins"}}), Texts(0x09, {TITLE: {1: "One"}})))
        tags = Labels("the tags", (Texts(0, {TITLE: {2: "Zwei"}}),))
        found = merge(sheet, tags)
        assert [texts.by_type[TITLE] for texts in found.texts] == [{1: "Eins", 2: "Zwei"}, {1: "One"}]

    def test_codes_in_cd_text_are_those_of_the_sub_channel(self) -> None:
        sheet = Labels("the sheet", (Texts(0x09, {PackType.CODE: {0: "0036000291452"}}),))
        (texts,) = merge(Labels("the command line", mcn="4006381333931"), sheet).texts
        assert texts.text(PackType.CODE) == "4006381333931"

    def test_a_genre_is_one_source_s(self) -> None:
        sheet = Labels("the sheet", (Texts(0x09, {}, genre_code=23),))
        same = Labels("the tags", (Texts(0, {PackType.GENRE: {0: "Rock"}}),))
        other = Labels("the tags", (Texts(0, {PackType.GENRE: {0: "Polka"}}),))
        assert said(merge(sheet, same)) == []
        assert said(merge(sheet, other)) == [
            "genre of the disc: Rock in the sheet, Polka in the tags; the first is burned"
        ]
        assert merge(sheet, other).texts[0].genre == "Rock"
        assert merge(other, sheet).texts[0].genre == "Polka"

    def test_many_differences_are_counted(self) -> None:
        one = Labels("the sheet", (Texts(0x09, {TITLE: {n: f"a{n}" for n in range(9)}}),))
        other = Labels("the tags", (Texts(0, {TITLE: {n: f"b{n}" for n in range(9)}}),))
        notes = said(merge(one, other))
        assert len(notes) == 6
        assert notes[-1] == "4 more texts differ in the sheet and in the tags; the first are burned"

    def test_onto_a_program(self) -> None:
        one = program(((1, 0),), ((1, 1),), sources=2)
        given = onto_program(one, merge(self.SHEET, self.TAGS))
        assert [track.isrc for track in given.tracks] == ["DEABC2500001", "DEABC2500002"]
        assert of_program(given).mcn == "0036000291452"
        assert given.texts[0].text(TITLE, 2) == "Two"
        assert given.notes[0] == Note("of tags")
