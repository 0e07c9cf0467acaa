"""Commands as bytes: expected CDBs from MMC-5 and SPC-4, replies as real programs read them."""

from __future__ import annotations

from typing import Any

import pytest

from redbook.disc import Msf, Toc, TocTrack
from redbook.mmc import control, disc_info, disc_structure, identify, mode_pages, read, write
from redbook.mmc.command import Command
from redbook.mmc.decode import ALL_COMMANDS, UnknownOpcode, decode
from redbook.mmc.disc_info import Atip, DiscInformation, DiscStatus, SessionStatus
from redbook.mmc.mode_pages import Capabilities, ModeData, MultiSession, WriteParameters, WriteSpeed

SECTOR = bytes(2352)

CDBS: list[tuple[Command[Any], str]] = [
    (control.TestUnitReady(), "00 00 00 00 00 00"),
    (control.RequestSense(), "03 00 00 00 12 00"),
    (control.StartStopUnit(start=True), "1b 00 00 00 01 00"),
    (control.StartStopUnit(start=False, load_eject=True), "1b 00 00 00 02 00"),
    (control.StartStopUnit(start=True, load_eject=True, immediate=True), "1b 01 00 00 03 00"),
    (control.PreventAllowMediumRemoval(True), "1e 00 00 00 01 00"),
    (control.SendOpcInformation(), "54 01 00 00 00 00 00 00 00 00"),
    (control.SetCdSpeed(0xFFFF, 1416), "bb 00 ff ff 05 88 00 00 00 00 00 00"),
    (identify.Inquiry(), "12 00 00 00 24 00"),
    (identify.GetConfiguration(allocation_length=8), "46 00 00 00 00 00 00 00 08 00"),
    (
        identify.GetConfiguration(identify.FeatureRequest.ONE, 0x2D, 16),
        "46 02 00 2d 00 00 00 00 10 00",
    ),
    (mode_pages.ModeSense10(0x2A, allocation_length=0xFE), "5a 08 2a 00 00 00 00 00 fe 00"),
    (
        mode_pages.ModeSense10(0x05, mode_pages.PageControl.CHANGEABLE, 60),
        "5a 08 45 00 00 00 00 00 3c 00",
    ),
    (mode_pages.ModeSelect10(WriteParameters().to_page()), "55 10 00 00 00 00 00 00 3c 00"),
    (disc_info.ReadDiscInformation(), "51 00 00 00 00 00 00 00 22 00"),
    (disc_info.ReadTrackInformation(), "52 01 00 00 00 ff 00 00 24 00"),
    (disc_info.ReadTrackInformation(-150, disc_info.TrackAddress.LBA), "52 00 ff ff ff 6a 00 00 24 00"),
    (disc_info.ReadToc(), "43 00 00 00 00 00 00 03 24 00"),
    (disc_info.ReadToc(msf=True, first_track=0xAA), "43 02 00 00 00 00 aa 03 24 00"),
    (disc_info.ReadSessionInformation(), "43 00 01 00 00 00 00 00 0c 00"),
    (disc_info.ReadFullToc(session=1, allocation_length=256), "43 02 02 00 00 00 01 01 00 00"),
    (disc_info.ReadPma(allocation_length=256), "43 02 03 00 00 00 00 01 00 00"),
    (disc_info.ReadAtip(), "43 02 04 00 00 00 00 00 1c 00"),
    (write.Write10(-150, SECTOR * 27), "2a 00 ff ff ff 6a 00 00 1b 00"),
    (write.SynchronizeCache(), "35 00 00 00 00 00 00 00 00 00"),
    (write.SynchronizeCache(immediate=True), "35 02 00 00 00 00 00 00 00 00"),
    (write.CloseTrackSession(write.CloseFunction.SESSION), "5b 00 02 00 00 00 00 00 00 00"),
    (write.CloseTrackSession(write.CloseFunction.TRACK, 3, True), "5b 01 01 00 00 03 00 00 00 00"),
    (write.Blank(write.BlankType.MINIMAL), "a1 01 00 00 00 00 00 00 00 00 00 00"),
    (write.Blank(write.BlankType.ALL, immediate=True), "a1 10 00 00 00 00 00 00 00 00 00 00"),
    (write.ReadBufferCapacity(), "5c 00 00 00 00 00 00 00 0c 00"),
    (read.ReadCd(752, 27), "be 04 00 00 02 f0 00 00 1b 10 00 00"),
]


@pytest.mark.parametrize(("command", "text"), CDBS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_command_is_these_bytes(command: Command[Any], text: str) -> None:
    assert command.to_cdb().hex(" ") == text


@pytest.mark.parametrize(("command", "text"), CDBS, ids=lambda v: v if isinstance(v, str) else "")
def test_these_bytes_are_the_command(command: Command[Any], text: str) -> None:
    assert decode(bytes.fromhex(text), command.data_out) == command


def test_every_command_is_tested_above() -> None:
    assert {type(command) for command, _ in CDBS} == set(ALL_COMMANDS)


def test_an_unknown_opcode_is_no_command() -> None:
    with pytest.raises(UnknownOpcode):
        decode(bytes.fromhex("d8 00 00 00 00 00 00 00 00 00 00 00"))


def test_the_legacy_place_of_the_toc_format_counts() -> None:
    """Linux asks for the session information this way (SFF-8020)."""
    assert isinstance(
        decode(bytes.fromhex("43 00 00 00 00 00 00 00 0c 40")), disc_info.ReadSessionInformation
    )


def test_write_refuses_data_that_do_not_fit_its_count() -> None:
    with pytest.raises(ValueError, match="27 sectors announced"):
        write.Write10.from_cdb(bytes.fromhex("2a 00 00 00 00 00 00 00 1b 00"), SECTOR)


# What wodim sends to write audio track-at-once: BUFE, TAO, 2352 bytes, pause of 150 sectors.
WODIM_PAGE = "05 32 41 00 00 00 00 00 00 00 00 00 00 00 00 96" + " 00" * 36


def test_write_parameters_are_those_that_wodim_sends() -> None:
    assert WriteParameters().to_page().hex(" ") == WODIM_PAGE


def test_write_parameters_are_read_from_a_page() -> None:
    page = bytearray.fromhex(WODIM_PAGE)
    page[2] |= 0x30
    page[3] = 0xC2
    page[16:30] = b"\x80" + b"4006381333931"
    page[32:45] = b"\x80" + b"DEABC2500001"
    assert WriteParameters.from_page(bytes(page)) == WriteParameters(
        test_write=True,
        link_size_valid=True,
        multi_session=MultiSession.NEXT_ALLOWED,
        track_mode=2,
        mcn="4006381333931",
        isrc="DEABC2500001",
    )


def test_a_block_descriptor_before_the_page_is_skipped() -> None:
    """QEMU's drive and old SCSI drives return one."""
    page = WriteParameters().to_page()
    data = bytes.fromhex("00 00 00 00 00 00 00 08") + bytes(8) + page
    assert ModeData.from_bytes(data).page(5) == page


def test_a_short_capabilities_page_has_no_speed_list() -> None:
    """MMC-1: 20 bytes follow; the current write speed is at 20."""
    page = bytearray(22)
    page[0:2] = b"\x2a\x14"
    page[3] = 0x03
    page[12:14] = (2000).to_bytes(2, "big")
    page[20:22] = (706).to_bytes(2, "big")
    parsed = Capabilities.from_page(bytes(page))
    assert (parsed.writes_cd_r, parsed.buffer_kib, parsed.write_kb, [s.kb for s in parsed.write_speeds]) == (
        True,
        2000,
        706,
        [],
    )


def test_capabilities_survive_the_page() -> None:
    page = Capabilities(buffer_kib=2048, max_read_kb=8467, read_kb=8467, write_kb=2822, max_write_kb=8467,
                        write_speeds=(WriteSpeed(8467), WriteSpeed(2822), WriteSpeed(706)))  # fmt: skip
    assert Capabilities.from_page(page.to_page()) == page


def test_disc_information_of_a_blank_disc() -> None:
    """A blank 80-minute CD-R; bytes as MMC-5 table 365 orders them."""
    raw = bytes.fromhex(
        "00 20 00 01 01 01 01 00 ff 00 00 00 00 00 00 0000 61 22 17 00 4f 3b 4a 00 00 00 00 00 00 00 00 00 00"
    )
    parsed = DiscInformation.from_bytes(raw)
    assert parsed.status is DiscStatus.BLANK
    assert parsed.last_session_status is SessionStatus.EMPTY
    assert parsed.last_session_lead_in == Msf(97, 34, 23)
    assert parsed.last_lead_out == Msf(79, 59, 74)
    assert parsed.to_bytes() == raw


def test_disc_information_of_a_complete_disc_says_no_times() -> None:
    info = DiscInformation(DiscStatus.COMPLETE, SessionStatus.COMPLETE, False, 1, 1, 1, 12, disc_type=0)
    raw = info.to_bytes()
    assert raw[2] == 0x0E
    assert raw[16:24].hex() == "00ffffff00ffffff"
    assert DiscInformation.from_bytes(raw) == info


def test_toc_in_both_address_forms() -> None:
    toc = Toc((TocTrack(1, 0), TocTrack(2, 752)), 1204)
    lba = disc_info.ReadToc().build_reply(toc)
    assert lba.hex(" ") == (
        "00 1a 01 02 00 10 01 00 00 00 00 00 00 10 02 00 00 00 02 f0 00 10 aa 00 00 00 04 b4"
    )
    msf = disc_info.ReadToc(msf=True).build_reply(toc)
    assert msf[12:20].hex(" ") == "00 10 02 00 00 00 0c 02"
    assert disc_info.ReadToc().parse_reply(lba) == toc
    assert disc_info.ReadToc(msf=True).parse_reply(msf) == toc


def test_a_toc_without_lead_out_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="lead-out"):
        disc_info.ReadToc().parse_reply(bytes.fromhex("00 0a 01 01 00 10 01 00 00 00 00 00"))


# A TDK CD-R: lead-in 97:15:05, last lead-out 79:59:73 (digits as cdrecord prints them).
ATIP = "00 1a 00 00 c0 00 a0 00 61 0f 05 00 4f 3b 49 00 00 00 00 00 00 00 00 00 00 00 00 00"


def test_atip_is_read() -> None:
    atip = Atip.from_bytes(bytes.fromhex(ATIP))
    assert atip.lead_in_start == Msf(97, 15, 5)
    assert atip.last_lead_out == Msf(79, 59, 73)
    assert not atip.rewritable


@pytest.mark.parametrize(
    ("lead_in", "lead_out", "expected"),
    [
        ("00 00 00", "00 00 00", (None, None)),  # Yamaha, for pressed discs
        ("4f 3b 49", "00 02 00", (None, None)),  # LITE-ON LTR-48125S on a pressed disc: start behind end
    ],
)
def test_atip_that_makes_no_sense_is_unknown(
    lead_in: str, lead_out: str, expected: tuple[None, None]
) -> None:
    raw = bytearray.fromhex(ATIP)
    raw[8:11], raw[12:15] = bytes.fromhex(lead_in), bytes.fromhex(lead_out)
    atip = Atip.from_bytes(bytes(raw))
    assert (atip.lead_in_start, atip.last_lead_out) == expected


def test_atip_in_bcd_is_understood() -> None:
    """One Ricoh firmware."""
    raw = bytearray.fromhex(ATIP)
    raw[8:11], raw[12:15] = bytes.fromhex("97 15 05"), bytes.fromhex("79 59 73")
    atip = Atip.from_bytes(bytes(raw))
    assert atip.lead_in_start == Msf(97, 15, 5)
    assert atip.last_lead_out == Msf(79, 59, 73)


def test_a_reply_cut_short_is_refused() -> None:
    for command in (disc_info.ReadTrackInformation(), disc_info.ReadDiscInformation(), identify.Inquiry()):
        with pytest.raises(ValueError, match="at least"):
            command.parse_reply(b"\0\0")


def test_features_are_found_by_code() -> None:
    raw = bytes.fromhex("00 00 00 14 00 00 00 09 00 2d 09 04 46 00 00 01 01 08 03 04 41 42 43 44")
    configuration = identify.Configuration.from_bytes(raw)
    assert configuration.current_profile == identify.Profile.CD_R
    tao = configuration.feature(identify.FeatureCode.CD_TRACK_AT_ONCE)
    assert tao is not None
    assert (tao.current, tao.version, tao.data) == (True, 2, bytes.fromhex("46000001"))
    assert configuration.to_bytes() == raw


def test_disc_structures_are_asked_for_and_sent() -> None:
    """MMC-5 6.23 and 6.36."""
    command = disc_structure.ReadDiscStructure(0x0E, 5, 1, 2, 0x100)
    assert command.to_cdb().hex(" ") == "ad 00 00 00 00 05 01 0e 01 00 80 00"
    assert disc_structure.ReadDiscStructure.from_cdb(command.to_cdb(), b"") == command
    assert command.parse_reply(bytes.fromhex("0006 0000 01020304 ffff")) == bytes.fromhex("01020304")
    with pytest.raises(ValueError, match="at least 4"):
        command.parse_reply(b"\0\2")
    sent = disc_structure.SendDiscStructure(3, b"abcd")
    assert sent.to_cdb().hex(" ") == "bf 00 00 00 00 00 00 03 00 08 00 00"
    assert sent.data_out == bytes.fromhex("0006 0000") + b"abcd"
    assert disc_structure.SendDiscStructure.from_cdb(sent.to_cdb(), sent.data_out) == sent
    with pytest.raises(ValueError, match="8 bytes announced"):
        disc_structure.SendDiscStructure.from_cdb(sent.to_cdb(), b"")


def test_speed_and_mode_select_have_their_bits() -> None:
    assert control.SetCdSpeed(0xFFFF, 1416, True).to_cdb().hex(" ") == "bb 01 ff ff 05 88" + " 00" * 6
    assert control.SetCdSpeed.from_cdb(bytes.fromhex("bb 01 ff ff 05 88") + bytes(6), b"").pure_cav
    page = WriteParameters().to_page()
    assert mode_pages.ModeSelect10(page, save=True).to_cdb()[1] == 0x11
    data = bytes(8) + page
    assert mode_pages.ModeSelect10.from_cdb(bytes.fromhex("55 11 00 00 00 00 00 00 3c 00"), data).save
