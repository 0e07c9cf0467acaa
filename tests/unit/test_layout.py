"""The layout of a session: its rules, and what differs between two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redbook.disc.layout import Deviation, Item, LaidTrack, Rule, RulesBroken, SessionLayout

GOOD = SessionLayout(
    (
        LaidTrack(1, 400, 825, 550, indexes=(850,), isrc="DEABC2500001"),
        LaidTrack(2, 1300, 700, 75, control=1),
        LaidTrack(3, 2000, 1000, 0, isrc="DEABC2500003"),
    ),
    3000,
    mcn="4006381333931",
)
"""The disc of the worked example in which a hidden track, an index 2, pre-emphasis and a join meet."""


def test_a_sound_session_breaks_no_rule_and_has_no_gap() -> None:
    GOOD.check(3000)
    assert GOOD.is_continuous
    assert GOOD.first_lba == -150


BROKEN = {
    Rule.TRACKS: replace(GOOD, tracks=()),
    Rule.NUMBERS: replace(GOOD, tracks=(*GOOD.tracks[:2], replace(GOOD.tracks[2], number=4))),
    Rule.FIRST_PREGAP: replace(GOOD, tracks=(replace(GOOD.tracks[0], pregap_sectors=149), *GOOD.tracks[1:])),
    Rule.ORDER: replace(
        GOOD, tracks=(GOOD.tracks[0], replace(GOOD.tracks[1], pregap_sectors=76), GOOD.tracks[2])
    ),
    Rule.SHORT_TRACK: replace(GOOD, tracks=(*GOOD.tracks[:2], replace(GOOD.tracks[2], sectors=299))),
    Rule.INDEXES: replace(GOOD, tracks=(replace(GOOD.tracks[0], indexes=(850, 850)), *GOOD.tracks[1:])),
    Rule.ISRC: replace(GOOD, tracks=(replace(GOOD.tracks[0], isrc="DEABC250000"), *GOOD.tracks[1:])),
    Rule.MCN: replace(GOOD, mcn="123"),
    Rule.CD_TEXT: replace(GOOD, cd_text=bytes(19)),
    Rule.LEAD_OUT: replace(GOOD, lead_out_lba=2999),
    Rule.CAPACITY: replace(GOOD, lead_out_lba=3001),
    Rule.ADDRESSES: replace(GOOD, lead_out_lba=449_850),
}


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_is_told_when_it_is_broken(rule: Rule) -> None:
    with pytest.raises(RulesBroken) as error:
        BROKEN[rule].check(3000)
    assert [breach.rule for breach in error.value.breaches] == [rule]


def test_cd_text_has_2048_packs_at_most() -> None:
    replace(GOOD, cd_text=bytes(18 * 2048)).check()
    with pytest.raises(RulesBroken, match="36882 bytes of CD-Text"):
        replace(GOOD, cd_text=bytes(18 * 2049)).check()


def test_a_pregap_cannot_end_before_it_begins() -> None:
    backwards = SessionLayout((LaidTrack(1, 0, 400, 150), LaidTrack(2, 392, 400, -8)), 792)
    assert [breach.rule for breach in backwards.breaches()] == [Rule.ORDER]


def test_an_index_may_not_lie_at_the_start_or_the_end() -> None:
    for lba in (400, 1225, 399):
        tracks = (replace(GOOD.tracks[0], indexes=(lba,)), *GOOD.tracks[1:])
        assert [b.rule for b in replace(GOOD, tracks=tracks).breaches()] == [Rule.INDEXES]


def test_a_table_of_contents_has_starts_and_no_alternating_copy_bit() -> None:
    track = replace(GOOD.tracks[1], control=3, copy_alternates=True)
    toc = replace(GOOD, tracks=(GOOD.tracks[0], track, GOOD.tracks[2])).toc()
    assert [(t.number, t.start_lba, t.control) for t in toc.tracks] == [
        (1, 400, 0),
        (2, 1300, 1),
        (3, 2000, 0),
    ]
    assert toc.lead_out_lba == 3000


def test_the_owner_of_a_sector_and_its_index() -> None:
    assert [GOOD.track_at(lba).number for lba in (-150, 399, 1224, 1225, 2999, 3000)] == [1, 1, 1, 2, 3, 3]
    assert [GOOD.tracks[0].index_at(lba) for lba in (-150, 399, 400, 849, 850)] == [0, 0, 1, 1, 2]


def test_every_difference_is_told_once() -> None:
    assert GOOD.differences(GOOD) == []
    found = replace(
        GOOD,
        tracks=(
            replace(GOOD.tracks[0], indexes=()),
            replace(GOOD.tracks[1], start_lba=1301, control=0, pregap_sectors=76),
            replace(GOOD.tracks[2], isrc=""),
        ),
        mcn="",
        lead_out_lba=3001,
        cd_text=bytes(18),
    )
    assert GOOD.differences(found) == [
        Deviation(Item.MCN, 0, "4006381333931", "none"),
        Deviation(Item.CD_TEXT, 0, "0 packs", "1 packs"),
        Deviation(Item.INDEXES, 1, "850", "none"),
        Deviation(Item.STARTS, 2, "1300", "1301"),
        Deviation(Item.CONTROL, 2, "1", "0"),
        Deviation(Item.PREGAPS, 2, "75", "76"),
        Deviation(Item.ISRC, 3, "DEABC2500003", "none"),
        Deviation(Item.LEAD_OUT, 0, "3000", "3001"),
    ]
    untold = frozenset({(Item.ISRC, 3), (Item.CD_TEXT, 0)})
    assert [d.item for d in GOOD.differences(found, untold)] == [
        Item.MCN, Item.INDEXES, Item.STARTS, Item.CONTROL, Item.PREGAPS, Item.LEAD_OUT
    ]  # fmt: skip


def test_a_missing_track_is_told_as_such() -> None:
    (missing,) = GOOD.differences(replace(GOOD, tracks=GOOD.tracks[:2]))
    assert str(missing) == "tracks: 1 to 2 instead of 1 to 3"
