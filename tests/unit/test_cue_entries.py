"""A session as a cue sheet says it: byte for byte as in a worked example from four programs."""

from __future__ import annotations

from dataclasses import replace

from redbook.disc import Msf
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.mmc.cue_sheet import CueForm, SendCueSheet, entries_of

LAYOUT = SessionLayout(
    (
        LaidTrack(1, 400, 825, 550, indexes=(850,), control=2, isrc="DEABC2500001"),
        LaidTrack(2, 1300, 700, 75, control=1),
        LaidTrack(3, 2000, 1000, control=2, isrc="DEABC2500003"),
    ),
    3000,
    mcn="4006381333931",
    cd_text=bytes(18),
)
SHEET = """
02 34 30 30 36 33 38 31   02 33 33 33 39 33 31 00   01 00 00 41 00 00 00 00
23 01 44 45 41 42 43 32   23 01 35 30 30 30 30 31
21 01 00 00 00 00 00 00   21 01 01 00 00 00 07 19   21 01 02 00 00 00 0D 19
11 02 00 00 00 00 12 19   11 02 01 00 00 00 13 19
23 03 44 45 41 42 43 32   23 03 35 30 30 30 30 33   21 03 01 00 00 00 1C 32
21 AA 01 01 00 00 2A 00
"""


def sheet(layout: SessionLayout, form: CueForm | None = None) -> bytes:
    return SendCueSheet.of(entries_of(layout, form)).sheet


def test_the_worked_example() -> None:
    assert sheet(LAYOUT) == bytes.fromhex(SHEET)


def test_two_gapless_tracks() -> None:
    """The smallest one that programs send: the host sends the first pause, the drive the lead-in."""
    tracks = LaidTrack(1, 0, 20000, 150), LaidTrack(2, 20000, 15000)
    assert sheet(SessionLayout(tracks, 35000)) == bytes.fromhex(
        "0100000100000000 0101000000000000 0101010000000200 01020100 00041C32 01AA010100073032"
    )


def test_the_forms_that_some_drives_want() -> None:
    plain = bytes.fromhex(SHEET)
    assert sheet(LAYOUT, CueForm(lead_in=Msf(97, 26, 66))) == plain.replace(
        bytes.fromhex("0100004100000000"), bytes.fromhex("01000041 00 611A42")
    )
    without = plain.replace(bytes.fromhex("2301"), bytes.fromhex("0301"))
    assert sheet(LAYOUT, CueForm(isrc_has_control=False)) == without.replace(
        bytes.fromhex("2303"), bytes.fromhex("0303")
    )
    begins = bytes.fromhex("21030100 00001C32")
    assert sheet(LAYOUT, CueForm(pregaps=True)) == plain.replace(
        begins, bytes.fromhex("21030000 00001C31") + begins
    )


def test_a_copy_of_a_protected_original_is_marked() -> None:
    track = replace(LAYOUT.tracks[1], copy_alternates=True)
    marked = entries_of(replace(LAYOUT, tracks=(LAYOUT.tracks[0], track, LAYOUT.tracks[2])))
    assert [e.to_bytes()[4] for e in marked if e.adr == 1] == [0, 0, 0, 0, 0x80, 0x80, 0, 0]
