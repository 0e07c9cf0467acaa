"""Commands as bytes: expected CDBs from MMC-5 and SPC-4, replies as real programs read them."""

from __future__ import annotations

from typing import Any

import pytest

from redbook.disc import Msf, Toc, TocTrack
from redbook.mmc import (
    capacity,
    control,
    cue_sheet,
    disc_info,
    disc_structure,
    events,
    identify,
    mode_pages,
    performance,
    playback,
    read,
    write,
)
from redbook.mmc.command import Command
from redbook.mmc.decode import ALL_COMMANDS, UnknownOpcode, decode
from redbook.mmc.disc_info import Atip, DiscInformation, DiscStatus, SessionStatus
from redbook.mmc.mode_pages import Capabilities, ModeData, MultiSession, WriteParameters, WriteSpeed
from redbook.mmc.playback import SubChannelFormat
from redbook.mmc.read import C2, Selection, SubChannel

SECTOR = bytes(2352)
MCN, ISRC = SubChannelFormat.MCN, SubChannelFormat.ISRC

CDBS: list[tuple[Command[Any], str]] = [
    (control.TestUnitReady(), "00 00 00 00 00 00"),
    (control.RequestSense(), "03 00 00 00 12 00"),
    (control.StartStopUnit(start=True), "1b 00 00 00 01 00"),
    (control.StartStopUnit(start=False, load_eject=True), "1b 00 00 00 02 00"),
    (control.StartStopUnit(start=True, load_eject=True, immediate=True), "1b 01 00 00 03 00"),
    (control.StartStopUnit(start=False, load_eject=True, power_condition=3), "1b 00 00 00 32 00"),
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
    (write.ReadBufferCapacity(in_blocks=True), "5c 01 00 00 00 00 00 00 0c 00"),
    (write.Write12(0, SECTOR * 27), "aa 00 00 00 00 00 00 00 00 1b 00 00"),
    (write.Write10(-11077, bytes(96 * 600), 96), "2a 00 ff ff d4 bb 00 02 58 00"),
    (read.ReadCd(752, 27), "be 04 00 00 02 f0 00 00 1b 10 00 00"),
    # cdparanoia, cd-paranoia, and cdrdao with Q, C2 and raw sub-channel
    (read.ReadCd(0, 1, 0, Selection(0xF8)), "be 00 00 00 00 00 00 00 01 f8 00 00"),
    (read.ReadCd(0, 1, 1, Selection(0x78)), "be 04 00 00 00 00 00 00 01 78 00 00"),
    (
        read.ReadCd(1, 2, 0, Selection(0xF8, C2.POINTERS, SubChannel.Q)),
        "be 00 00 00 00 01 00 00 02 fa 02 00",
    ),
    (read.ReadCdMsf(Msf(0, 2, 0), Msf(0, 2, 27)), "b9 04 00 00 02 00 00 02 1b 10 00 00"),
    (read.Read10(17, 1), "28 00 00 00 00 11 00 00 01 00"),
    (read.Read12(17, 1), "a8 00 00 00 00 11 00 00 00 01 00 00"),
    (read.ReadHeader(16), "44 00 00 00 00 10 00 00 08 00"),
    (mode_pages.ModeSense6(0x2A, allocation_length=0x80), "1a 08 2a 00 80 00"),
    (mode_pages.ModeSelect6(WriteParameters().to_page()), "15 10 00 00 38 00"),
    (identify.InquireVitalProductData(0x83, 64), "12 01 83 00 40 00"),
    (events.GetEventStatusNotification(), "4a 01 00 00 10 00 00 00 08 00"),
    (performance.GetPerformance(most=23), "ac 00 00 00 00 00 00 00 00 17 03 00"),
    (
        performance.GetPerformance(performance.PerformanceType.PERFORMANCE, 1, 0x14),
        "ac 14 00 00 00 00 00 00 00 01 00 00",
    ),
    (performance.SetStreaming(bytes(28)), "b6 00 00 00 00 00 00 00 00 00 1c 00"),
    (capacity.ReadCapacity(), "25 00 00 00 00 00 00 00 00 00"),
    (capacity.ReadFormatCapacities(), "23 00 00 00 00 00 00 00 0c 00"),
    (disc_info.ReadCdText(4), "43 00 05 00 00 00 00 00 04 00"),
    (disc_structure.ReadDiscStructure(0, allocation_length=8), "ad 00 00 00 00 00 00 00 00 08 00 00"),
    (cue_sheet.SendCueSheet(bytes(40)), "5d 00 00 00 00 00 00 00 28 00"),
    (playback.PlayAudio10(752, 1), "45 00 00 00 02 f0 00 00 01 00"),
    (playback.PlayAudio12(752, 1), "a5 00 00 00 02 f0 00 00 00 01 00 00"),
    (playback.PlayAudioMsf(Msf(0, 2, 0), Msf(3, 4, 5)), "47 00 00 00 02 00 03 04 05 00"),
    (playback.PlayAudioMsf(None, Msf(3, 4, 5)), "47 00 00 ff ff ff 03 04 05 00"),
    (playback.PauseResume(True), "4b 00 00 00 00 00 00 00 01 00"),
    (playback.StopPlayScan(), "4e 00 00 00 00 00 00 00 00 00"),
    (playback.Seek10(752), "2b 00 00 00 02 f0 00 00 00 00"),
    (playback.ReadSubChannel(MCN), "42 00 40 02 00 00 00 00 18 00"),
    (playback.ReadSubChannel(ISRC, 5), "42 00 40 03 00 00 05 00 18 00"),
    (playback.MechanismStatus(), "bd 00 00 00 00 00 00 00 00 08 00 00"),
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
    for count, data in (("00 1b", SECTOR), ("00 1b", b""), ("00 00", SECTOR)):
        with pytest.raises(ValueError, match="sectors announced"):
            write.Write10.from_cdb(bytes.fromhex(f"2a 00 00 00 00 00 00 {count} 00"), data)


def test_a_cue_sheet_is_the_one_of_two_gapless_tracks() -> None:
    """Two audio tracks of 20000 and 15000 sectors; the host sends the pregap."""
    expected = (
        "01 00 00 01 00 00 00 00  01 01 00 00 00 00 00 00  01 01 01 00 00 00 02 00"
        "01 02 01 00 00 04 1c 32  01 aa 01 01 00 07 30 32"
    )
    entries = (
        cue_sheet.CueEntry(0, 1, data_form=1),
        cue_sheet.CueEntry(0, 1, 1, 0),
        cue_sheet.CueEntry(0, 1, 1, 1, time=Msf.from_lba(0)),
        cue_sheet.CueEntry(0, 1, 2, 1, time=Msf.from_lba(20000)),
        cue_sheet.CueEntry(0, 1, 0xAA, 1, 1, time=Msf.from_lba(35000)),
    )
    sheet = cue_sheet.SendCueSheet.of(entries)
    assert sheet.sheet == bytes.fromhex(expected)
    assert sheet.entries == entries


def test_mcn_and_isrc_take_two_entries_each() -> None:
    first, second = cue_sheet.code_entries(cue_sheet.MCN, "4006381333931")
    assert first.to_bytes() == b"\x02" + b"4006381"
    assert second.to_bytes() == b"\x02" + b"333931\0"
    first, second = cue_sheet.code_entries(cue_sheet.ISRC, "DEABC2500001", track=2, control=2)
    assert first.to_bytes() == b"\x23\x02" + b"DEABC2"
    assert second.to_bytes() == b"\x23\x02" + b"500001"


def test_write_speeds_are_read_from_a_recorded_answer() -> None:
    """GET PERFORMANCE type 3 by the layout of MMC-5 table 160: 8x exact CLV, 16x CAV, on 359848."""
    data = bytes.fromhex(
        "00 00 00 24 00 00 00 00"
        "02 00 00 00 00 05 7d a8 00 00 21 13 00 00 05 83"
        "08 00 00 00 00 05 7d a8 00 00 21 13 00 00 0b 06"
    )
    reply = performance.GetPerformance(most=2).parse_reply(data)
    assert [(s.times, s.write_kb, s.exact, s.pure_cav) for s in reply.write_speeds] == [
        (8, 1411, True, False),
        (16, 2822, False, True),
    ]
    assert (reply.total, reply.write_speeds[0].end_lba, reply.write_speeds[0].read_kb) == (2, 359848, 8467)
    assert reply.to_bytes() == data


def test_a_position_is_where_the_laser_is() -> None:
    """READ SUB-CHANNEL format 1, MMC-3 table 226: track 2, index 1, absolute 752, relative 5."""
    data = bytes.fromhex("00 15 00 0c 01 12 02 01 00 00 02 f0 00 00 00 05")
    command = playback.ReadSubChannel()
    reply = command.parse_reply(data)
    where = playback.Position(1, 2, 2, 1, 752, 5)
    assert reply == playback.SubChannelData(playback.AudioStatus.NONE, where)
    assert command.build_reply(reply) == data
    as_time = playback.ReadSubChannel(msf=True)
    assert as_time.build_reply(reply)[8:].hex(" ") == "00 00 0c 02 00 00 00 05"
    assert as_time.parse_reply(as_time.build_reply(reply)) == reply


def test_a_media_event_is_read_as_linux_reads_it() -> None:
    """Length at least 4, no NEA bit, class 4; new medium, present."""
    reply = events.GetEventStatusNotification().parse_reply(bytes.fromhex("00 06 04 52 02 02 00 00"))
    assert reply.media_event is events.MediaEvent.NEW_MEDIA
    assert reply.media_status == events.MediaStatus.PRESENT
    assert reply.to_bytes().hex(" ") == "00 06 04 52 02 02 00 00"
    nothing = events.EventStatus(events.EventClass.NONE, 0x52)
    assert nothing.to_bytes().hex(" ") == "00 02 80 52"


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
