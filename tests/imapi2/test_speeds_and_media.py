"""Speeds in sectors per second, and what kind of disc is in the drive."""

from __future__ import annotations

from typing import Any

import pytest

from redbook.errors import Sense
from redbook.imapi2 import HResult, com_error
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE as MEDIA
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.identify import Configuration, Feature, FeatureCode, GetConfiguration
from redbook.mmc.mode_pages import Capabilities, ModeData, ModeSense10, WriteSpeed
from redbook.transport.base import Reply, Status
from redbook.virtual.faults import Fault
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.burns import Recording
from tests.support.imapi import Rig, track

ADJUSTED = {
    (False, False): HResult.S_OK,
    (True, False): HResult.S_IMAPI_SPEEDADJUSTED,
    (False, True): HResult.S_IMAPI_ROTATIONADJUSTED,
    (True, True): HResult.S_IMAPI_BOTHADJUSTED,
}

# The drive: 4 8 16 24 32 40 48 52x CLV, 24 and 40x also CAV
CHOICES = [  # wanted, CAV wanted, speed taken, CAV taken
    (-1, False, 3900, False),
    (-1, True, 3000, True),
    (1800, False, 1800, False),
    (1800, True, 1800, True),
    (3000, True, 3000, True),
    (1799, False, 1800, False),
    (1, False, 300, False),
    (8, False, 300, False),  # "8x" given as a bare number: the slowest, and it says so
    (1_000_000, False, 3900, False),
    (450, False, 300, False),  # in the middle: the lower one
    (451, False, 600, False),
    (600, True, 1800, True),
    (2400, True, 1800, True),
    (2500, True, 3000, True),
]


@pytest.mark.parametrize(("wanted", "cav_wanted", "taken", "cav_taken"), CHOICES)
def test_the_closest_speed_is_taken_and_the_code_says_what_was_adjusted(
    wanted: int, cav_wanted: bool, taken: int, cav_taken: bool
) -> None:
    with Rig(cav_speeds=(24, 40)) as rig:
        code = rig.ready().SetWriteSpeed(wanted, cav_wanted)
        assert code is ADJUSTED[wanted not in (-1, taken), cav_wanted != cav_taken]
        assert (rig.writer.RequestedWriteSpeed, rig.writer.RequestedRotationTypeIsPureCAV) == (
            wanted,
            cav_wanted,
        )
        assert (rig.writer.CurrentWriteSpeed, rig.writer.CurrentRotationTypeIsPureCAV) == (taken, cav_taken)


@pytest.mark.parametrize("wanted", [-1, 1800, 1700])
def test_a_drive_without_cav_turns_as_it_can(wanted: int) -> None:
    with Rig() as rig:
        code = rig.ready().SetWriteSpeed(wanted, True)
        assert code is ADJUSTED[wanted == 1700, True]


def test_descriptors_list_both_rotations() -> None:
    with Rig(medium=Medium.new("cd-rw", 74), cav_speeds=(4,)) as rig:
        found = rig.ready().SupportedWriteSpeedDescriptors
        assert [(d.MediaType, d.WriteSpeed, d.RotationTypeIsPureCAV) for d in found] == [
            (MEDIA.IMAPI_MEDIA_TYPE_CDRW, 300, False),
            (MEDIA.IMAPI_MEDIA_TYPE_CDRW, 300, True),
            (MEDIA.IMAPI_MEDIA_TYPE_CDRW, 150, False),
        ]
        assert rig.writer.SupportedWriteSpeeds == (300, 150)


def test_a_speed_asked_for_before_is_asked_for_again_when_the_medium_is_prepared() -> None:
    with Rig() as rig:
        rig.ready().SetWriteSpeed(1200, False)
        rig.drive.insert(Medium.new())
        as_fast_as_it_can = bytes.fromhex("bb 00 ffff ffff 00 00 00 00 00 00")  # by another program
        rig.recorder.SendCommandNoData(as_fast_as_it_can, 12, 10)
        rig.recorder.SendCommandNoData(as_fast_as_it_can, 12, 10)  # the first tells of the new disc
        assert rig.writer.CurrentWriteSpeed == 3900
        rig.writer.PrepareMedia()
        assert rig.writer.CurrentWriteSpeed == 1200
        assert rig.writer.SetWriteSpeed(2400, False) == HResult.S_OK
        rig.writer.AddAudioTrack(track(300))
        assert rig.writer.CurrentWriteSpeed == 2400
        rig.writer.ReleaseMedia()


def test_a_drive_that_takes_no_speed() -> None:
    with Rig() as rig:
        rig.ready()
        rig.drive.faults.append(Fault(Sense(5, 0x24, 0x00), SetCdSpeed, times=None))
        with pytest.raises(com_error) as error:
            rig.writer.SetWriteSpeed(600, False)
        assert error.value.name == "E_IMAPI_UNEXPECTED_RESPONSE_FROM_DEVICE"
        assert rig.writer.RequestedWriteSpeed == 600
        rig.writer.PrepareMedia()  # a burn does not fail for that


def test_without_a_disc_the_speed_is_kept_for_the_next_one() -> None:
    with Rig(medium=None) as rig:
        assert rig.ready().SetWriteSpeed(600, False) == HResult.S_OK
        rig.drive.insert(Medium.new())
        rig.writer.PrepareMedia()
        assert rig.writer.CurrentWriteSpeed == 600


def page_2a(**fields: Any) -> Fault:
    page = Capabilities(buffer_kib=2048, **fields).to_page()
    return Fault(Reply(Status.GOOD, ModeData(page).to_bytes()), ModeSense10, times=None)


def test_a_drive_that_lists_no_speeds_has_its_fastest_and_the_current_one() -> None:
    with Rig() as rig:
        rig.ready()
        rig.drive.faults.append(page_2a(max_write_kb=1411, write_kb=706))
        assert rig.writer.SupportedWriteSpeeds == (600, 300)
        assert rig.writer.CurrentWriteSpeed == 300


def test_drives_count_176_or_177_units_for_1x() -> None:
    with Rig() as rig:
        rig.ready()
        speeds = tuple(WriteSpeed(kb) for kb in (52 * 176, 48 * 177, 24 * 176, 4 * 177))
        rig.drive.faults.append(page_2a(write_speeds=speeds, write_kb=52 * 176))
        assert rig.writer.SupportedWriteSpeeds == (3900, 3600, 1800, 300)


# The disc


def configuration(profile: int) -> Fault:
    tao = Feature(FeatureCode.CD_TRACK_AT_ONCE, bytes.fromhex("46000001"), True)
    return Fault(Reply(Status.GOOD, Configuration(profile, (tao,)).to_bytes()), GetConfiguration, times=None)


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        (0x0008, MEDIA.IMAPI_MEDIA_TYPE_CDROM),
        (0x0009, MEDIA.IMAPI_MEDIA_TYPE_CDR),
        (0x000A, MEDIA.IMAPI_MEDIA_TYPE_CDRW),
        (0x0041, MEDIA.IMAPI_MEDIA_TYPE_BDR),
        (0x1234, MEDIA.IMAPI_MEDIA_TYPE_UNKNOWN),
    ],
)
def test_the_kind_of_disc_is_the_drive_s_profile(profile: int, kind: MEDIA) -> None:
    with Rig() as rig:
        rig.ready()
        rig.drive.faults.append(configuration(profile))
        assert rig.writer.CurrentPhysicalMediaType == kind
        supported = kind in (MEDIA.IMAPI_MEDIA_TYPE_CDR, MEDIA.IMAPI_MEDIA_TYPE_CDRW)
        assert rig.writer.IsCurrentMediaSupported(rig.recorder) is supported
        if not supported:
            with pytest.raises(com_error) as error:
                rig.writer.PrepareMedia()
            assert error.value.name == "E_IMAPI_DF2TAO_MEDIA_IS_NOT_SUPPORTED"
            assert rig.is_free()


def test_a_drive_without_profiles_says_whether_the_disc_can_be_erased() -> None:
    for medium, kind in (("cd-r", MEDIA.IMAPI_MEDIA_TYPE_CDR), ("cd-rw", MEDIA.IMAPI_MEDIA_TYPE_CDRW)):
        with Rig(medium=Medium.new(medium)) as rig:
            rig.ready()
            rig.drive.faults.append(Fault(Sense(5, 0x20, 0x00), GetConfiguration, times=None))
            assert rig.writer.CurrentPhysicalMediaType == kind
            assert rig.writer.IsRecorderSupported(rig.recorder)
            rig.writer.PrepareMedia()
            rig.writer.AddAudioTrack(track(300))
            rig.writer.ReleaseMedia()


def test_a_disc_that_the_drive_cannot_read_is_neither_blank_nor_not() -> None:
    with Rig() as rig:
        rig.ready()
        reply = Configuration(9, (Feature(FeatureCode.CD_READ, bytes(4), current=False),)).to_bytes()
        rig.drive.faults.append(Fault(Reply(Status.GOOD, reply), GetConfiguration, times=None))
        with pytest.raises(com_error) as error:
            _ = rig.writer.MediaPhysicallyBlank
        assert error.value.name == "E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT"


def test_a_feature_that_is_there_but_not_with_this_disc() -> None:
    rw = FeatureCode.CD_RW_MEDIA_WRITE
    with Rig() as rig:
        assert len(rig.recorder.GetFeaturePage(rw, False)) == 8
        with pytest.raises(com_error) as error:
            rig.recorder.GetFeaturePage(rw, True)
        assert error.value.name == "E_IMAPI_RECORDER_FEATURE_IS_NOT_CURRENT"
        with pytest.raises(com_error) as error:
            rig.recorder.GetFeaturePage(0x0040, False)
        assert error.value.name == "E_IMAPI_RECORDER_NO_SUCH_FEATURE"


# Erasing


def used_cd_rw() -> Medium:
    medium = Medium.new("cd-rw", 74)
    with Rig(medium=medium) as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
    return medium


@pytest.mark.parametrize("full", [False, True])
def test_erasing_tells_elapsed_and_estimated_seconds(full: bool) -> None:
    with Rig(medium=used_cd_rw(), speed=4) as rig:
        rig.clock.sleep(10)
        told: list[tuple[int, int]] = []
        rig.eraser._advise(lambda eraser, elapsed, total: told.append((elapsed, total)))
        rig.ready_eraser().FullErase = full
        began = rig.clock.now()
        rig.eraser.EraseMedia()
        seconds = rig.clock.now() - began
        assert rig.medium is not None
        assert not rig.medium.state.sessions
    elapsed = [at for at, _ in told]
    assert elapsed[0] == 0
    assert elapsed == sorted(elapsed)
    assert 3 <= len(told) <= seconds / 0.5 + 3  # fewer where the listener is slower than the clock
    assert all(total >= at for at, total in told)
    assert told[-1][1] == pytest.approx(seconds, rel=0.05)


def test_ctrl_c_does_not_stop_an_erase_half_way() -> None:
    import os
    import signal

    with Rig(medium=used_cd_rw()) as rig:
        rig.eraser._advise(lambda *told: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            rig.ready_eraser().EraseMedia()
        assert rig.medium is not None
        assert not rig.medium.state.sessions
        assert rig.is_free()


def test_the_eraser_cannot_be_called_while_it_works() -> None:
    codes = []

    def again(*told: object) -> None:
        try:
            rig.eraser.EraseMedia()
        except com_error as error:
            codes.append(error.name)

    with Rig(medium=used_cd_rw()) as rig:
        rig.eraser._advise(again)
        rig.ready_eraser().EraseMedia()
    assert codes == ["E_IMAPI_ERASE_RECORDER_IN_USE"]


def test_a_blank_cd_rw_can_be_erased_again() -> None:
    with Rig(medium=Medium.new("cd-rw")) as rig:
        assert rig.ready_eraser().EraseMedia() == HResult.S_OK
        assert rig.is_free()


def test_a_writer_that_was_told_no_speed_asks_for_the_fastest_as_imapi2_does() -> None:
    """Not for the one that is recommended for audio, which the other faces take."""
    log = Recording(VirtualRecorder(Medium.new()))
    with Rig(transport=log) as rig:
        rig.prepared()
    assert {cdb[4:6] for cdb in log.cdbs if cdb[0] == 0xBB} == {b"\xff\xff"}
