"""MsftDiscFormat2Data: what it says of discs in every state, and that it changes none.

Expected values: the texts on IMAPI_FORMAT2_DATA_MEDIA_STATE and on the members in Microsoft's API reference.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from redbook.errors import Sense
from redbook.imapi2 import Dispatch, MsftDiscFormat2Data, com_error, constants
from redbook.imapi2.writer.state import State
from redbook.mmc.disc_info import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    ReadTrackInformation,
    SessionStatus,
)
from redbook.transport.base import Reply, Status
from redbook.virtual.medium import Medium
from tests.imapi2.test_codes import answer, with_profile
from tests.imapi2.test_states import inside_a_call
from tests.support.imapi import Rig, track
from tests.test_documentation import ROOT, python_blocks

BLANK, APPENDABLE = 0x0002, 0x0004
DAMAGED, ERASE_REQUIRED, NON_EMPTY_SESSION = 0x0400, 0x0800, 0x1000
FINALIZED, UNSUPPORTED_MEDIA = 0x4000, 0x8000
READ_ONLY_MEDIA = 0x4000
ROOM = ("TotalSectorsOnMedia", "FreeSectorsOnMedia", "NextWritableAddress")
SESSIONS = ("StartAddressOfPreviousSession", "LastWrittenAddressOfPreviousSession")


def burn(rig: Rig, *, leave_open: bool = False, tracks: int = 1) -> None:
    rig.ready().DoNotFinalizeMedia = leave_open
    rig.writer.PrepareMedia()
    for _ in range(tracks):
        rig.writer.AddAudioTrack(track(300))
    rig.writer.ReleaseMedia()


def leave_session_open(rig: Rig) -> None:
    rig.prepared().AddAudioTrack(track(300))
    rig.writer.__exit__(None, None, None)


def says(status: DiscStatus, session: SessionStatus) -> Callable[[Rig], object]:
    information = DiscInformation(status, session, False, 1, 1, 1, 1)
    return answer(Reply(Status.GOOD, information.to_bytes()), ReadDiscInformation)


def pressed(rig: Rig) -> None:
    says(DiscStatus.COMPLETE, SessionStatus.COMPLETE)(rig)
    with_profile(0x0008)(rig)


def pressed_dvd(rig: Rig) -> None:
    says(DiscStatus.COMPLETE, SessionStatus.COMPLETE)(rig)
    with_profile(0x0010)(rig)


STATES: dict[str, tuple[str, Callable[[Rig], object], int]] = {
    "blank CD-R": ("cd-r", lambda rig: None, BLANK),
    "blank CD-RW": ("cd-rw", lambda rig: None, BLANK),
    "CD-R open for a session": ("cd-r", lambda rig: burn(rig, leave_open=True), APPENDABLE),
    "CD-RW open for a session": ("cd-rw", lambda rig: burn(rig, leave_open=True), APPENDABLE),
    "session not closed": ("cd-r", leave_session_open, NON_EMPTY_SESSION),
    "closed CD-R": ("cd-r", burn, FINALIZED),
    "closed CD-RW": ("cd-rw", burn, FINALIZED | ERASE_REQUIRED),
    "pressed CD": ("cd-r", pressed, FINALIZED | UNSUPPORTED_MEDIA),
    "pressed DVD": ("cd-r", pressed_dvd, FINALIZED | UNSUPPORTED_MEDIA),
    "DVD-R": ("cd-r", with_profile(0x0011), UNSUPPORTED_MEDIA),
}


@contextmanager
def in_(name: str) -> Iterator[tuple[Rig, int]]:
    medium, bring_about, state = STATES[name]
    with Rig(Medium.new(medium)) as rig:
        bring_about(rig)
        rig.asked()
        yield rig, state


@pytest.mark.parametrize("name", STATES)
def test_the_state_of_a_disc_and_what_follows_from_it(name: str) -> None:
    with in_(name) as (rig, state):
        usable = state in (BLANK, APPENDABLE)
        assert rig.data.CurrentMediaStatus == state
        assert rig.data.IsCurrentMediaSupported(rig.recorder) is usable
        assert bool(state & constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_UNSUPPORTED_MASK) is not usable
        assert rig.data.WriteProtectStatus == (READ_ONLY_MEDIA if "pressed" in name else 0)
        for member in (*ROOM, *SESSIONS):
            if usable:
                assert isinstance(getattr(rig.data, member), int)
            else:
                with pytest.raises(com_error) as error:
                    getattr(rig.data, member)
                assert error.value.name == "E_IMAPI_DF2DATA_INVALID_MEDIA_STATE"


def test_an_error_says_what_the_disc_is() -> None:
    with in_("closed CD-RW") as (rig, _), pytest.raises(com_error, match=r"ERASE_REQUIRED \+ FINALIZED"):
        _ = rig.data.FreeSectorsOnMedia


def test_a_disc_that_takes_no_further_track_is_damaged() -> None:
    with Rig() as rig:
        burn(rig, leave_open=True)
        says(DiscStatus.APPENDABLE, SessionStatus.EMPTY)(rig)
        answer(Sense(5, 0x24, 0x00), ReadTrackInformation)(rig)
        assert rig.asked().CurrentMediaStatus == DAMAGED


def test_a_drive_that_contradicts_itself_is_not_believed() -> None:
    with Rig() as rig:
        burn(rig)
        assert rig.medium is not None
        rig.drive.insert(rig.medium)  # a typical drive reads the table of contents only then
        says(DiscStatus.BLANK, SessionStatus.EMPTY)(rig)
        with pytest.raises(com_error) as error:
            _ = rig.asked().CurrentMediaStatus
        assert error.value.name == "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE"


def test_the_previous_session_is_the_last_one_of_several() -> None:
    with Rig() as rig:
        burn(rig, leave_open=True, tracks=2)
        # 300 + 2 run-out + 150 pause, then 300 more
        assert rig.asked().StartAddressOfPreviousSession == 0
        assert rig.data.LastWrittenAddressOfPreviousSession == 452 + 299
        following = rig.data.NextWritableAddress
        assert following == 752 + 2 + 6750 + 4500 + 150
        assert rig.data.FreeSectorsOnMedia == rig.data.TotalSectorsOnMedia - following - 2


def test_counts_agree_with_those_of_the_writer_in_a_session() -> None:
    with Rig() as rig:
        free = rig.asked().FreeSectorsOnMedia
        assert rig.prepared().FreeSectorsOnMedia == free
        assert rig.data.CurrentMediaStatus == BLANK


def test_asking_changes_nothing() -> None:
    with Rig() as rig:
        data = rig.asked()
        for name in (*ROOM, *SESSIONS, "CurrentMediaStatus", "WriteProtectStatus", "MediaPhysicallyBlank"):
            getattr(data, name)
        with pytest.raises(com_error):
            data.Write(io.BytesIO(bytes(2048)))
        assert rig.is_free()
        assert rig.medium is not None
        assert not rig.medium.state.tracks
        rig.prepared().AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        assert rig.tracks == [(1, 0, 300)]


def test_write_says_that_redbook_burns_audio_and_with_what() -> None:
    with Rig() as rig:
        for data in (rig.data, rig.asked()):
            for stream in (None, b"", io.BytesIO(bytes(2048)), object()):
                with pytest.raises(com_error, match=r"burns audio.*MsftDiscFormat2TrackAtOnce") as error:
                    data.Write(stream)
                assert "nothing was written" in str(error.value)
        rig.drive.unplug()
        with pytest.raises(com_error) as error:
            rig.data.Write(bytes(2048))
        assert error.value.name == "E_NOTIMPL"  # the drive is not asked


def test_while_a_track_is_written_the_drive_is_left_alone() -> None:
    with Rig() as rig:
        rig.prepared().AddAudioTrack(track(300))
        rig.asked()
        with inside_a_call(rig, State.WRITING):
            for name in (*ROOM, "CurrentMediaStatus", "SupportedWriteSpeeds"):
                with pytest.raises(com_error) as error:
                    getattr(rig.data, name)
                assert error.value.name == "E_IMAPI_RECORDER_MEDIA_BUSY"


WITHOUT = (*ROOM, *SESSIONS, "CurrentMediaStatus", "WriteProtectStatus", "MediaPhysicallyBlank")


@pytest.mark.parametrize("name", WITHOUT)
def test_without_a_recorder_or_a_disc(name: str) -> None:
    with pytest.raises(com_error) as error:
        getattr(MsftDiscFormat2Data(), name)
    assert error.value.name == "E_IMAPI_RECORDER_REQUIRED"
    with Rig(None) as rig:
        data = rig.asked()
        for ask in (lambda: getattr(data, name), lambda: data.IsCurrentMediaSupported(rig.recorder)):
            with pytest.raises(com_error) as error:
                ask()
            assert error.value.name == "E_IMAPI_RECORDER_MEDIA_NO_MEDIA"


PROPERTIES: dict[str, list[object]] = {
    "ForceMediaToBeClosed": ["yes", None, []],
    "ForceOverwrite": ["yes", None],
    "BufferUnderrunFreeDisabled": ["yes", None],
    "PostgapAlreadyInImage": ["yes", None],
    "DisableConsumerDvdCompatibilityMode": ["yes", None],
    "BurnVerificationLevel": ["QUICK", None, 1.5, True, 3, -1],
    "ClientName": [5, "", b"bytes", "x" * 64],
    "Recorder": [5, "D:", object()],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in PROPERTIES.items() for v in values])
def test_a_wrong_type_or_range_is_refused_and_changes_nothing(name: str, value: object) -> None:
    with Rig() as rig:
        data: Any = rig.asked()
        before = getattr(data, name)
        with pytest.raises(com_error):
            setattr(data, name, value)
        assert getattr(data, name) == before


def test_every_level_of_verification_can_be_set() -> None:
    data = Dispatch("IMAPI2.MsftDiscFormat2Data")
    assert data.BurnVerificationLevel == 0
    for level in (1, 2, 0):  # FULL as well, other than for tracks
        data.BurnVerificationLevel = level
        assert data.BurnVerificationLevel == level


def test_the_example_of_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    with Rig() as rig:
        exec(python_blocks(ROOT / "docs/imapi2.md")[1], {"Dispatch": Dispatch, "recorder": rig.recorder})
    assert capsys.readouterr().out == f"{(79 * 60 + 59) - 2} seconds of audio fit\n"
