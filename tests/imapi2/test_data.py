"""Names and numbers are those of the Windows SDK."""

from __future__ import annotations

import pytest

from redbook.imapi2 import HResult, constants
from redbook.imapi2.typelib.enumerations import ENUMERATIONS, NUMBERS
from redbook.imapi2.typelib.interfaces import CLASSES, INTERFACES, members_of

SAMPLES = {  # imapi2error.h, winerror.h
    "E_IMAPI_REQUEST_CANCELLED": 0xC0AA0002,
    "S_IMAPI_SPEEDADJUSTED": 0x00AA0004,
    "E_IMAPI_BURN_VERIFICATION_FAILED": 0xC0AA0007,
    "S_IMAPI_COMMAND_HAS_SENSE_DATA": 0x00AA0200,
    "E_IMAPI_RECORDER_MEDIA_NO_MEDIA": 0xC0AA0202,
    "E_IMAPI_RECORDER_LOCKED": 0xC0AA0210,
    "E_IMAPI_RECORDER_INVALID_RESPONSE_FROM_DEVICE": 0xC0AA02FF,
    "E_IMAPI_LOSS_OF_STREAMING": 0xC0AA0300,
    "E_IMAPI_DF2TAO_WRITE_IN_PROGRESS": 0xC0AA0500,
    "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED": 0xC0AA050D,
    "E_IMAPI_DF2TAO_CLIENT_NAME_IS_NOT_VALID": 0xC0AA050F,
    "E_IMAPI_ERASE_RECORDER_IN_USE": 0x80AA0900,
    "E_IMAPI_ERASE_MEDIA_IS_NOT_SUPPORTED": 0xC0AA0909,
    "HRESULT_FROM_WIN32_ERROR_DEV_NOT_EXIST": 0x80070037,
    "HRESULT_FROM_WIN32_ERROR_INVALID_HANDLE": 0x80070006,
    "E_ACCESSDENIED": 0x80070005,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_codes_have_the_values_of_the_header(name: str) -> None:
    assert HResult[name].unsigned == SAMPLES[name]
    assert HResult[name] == SAMPLES[name] - (1 << 32 if SAMPLES[name] >> 31 else 0)


def test_there_are_84_errors_and_6_successes_of_imapi2() -> None:
    own = [code for code in HResult if code.unsigned >> 16 & 0xFFF == 0xAA]
    assert (len([c for c in own if c.failed]), len([c for c in own if not c.failed])) == (84, 6)


@pytest.mark.parametrize("code", list(HResult), ids=lambda c: c.name)
def test_every_code_says_in_a_line_what_it_means_and_every_error_what_to_do(code: HResult) -> None:
    assert code.meaning
    assert "\n" not in code.meaning + code.advice
    assert bool(code.advice) == code.failed


def test_add_audio_track_documents_27_codes() -> None:
    member = members_of("MsftDiscFormat2TrackAtOnce")["AddAudioTrack"][1]
    assert len({HResult[name] for name in member.get_codes}) == 27


@pytest.mark.parametrize("name", INTERFACES)
def test_dispids_are_unique_within_an_interface(name: str) -> None:
    ids = [m.dispid for m in INTERFACES[name].members if m.dispid is not None]
    assert len(ids) == len(set(ids))


def test_dispids_of_the_writer_are_those_of_the_idl() -> None:
    found = {name: m.dispid for name, (_, m) in members_of("MsftDiscFormat2TrackAtOnce").items()}
    assert found["PrepareMedia"] == 0x200
    assert found["AddAudioTrack"] == 0x201
    assert found["ClientName"] == 0x10E
    assert found["SupportedWriteSpeedDescriptors"] == 0x114
    assert found["BurnVerificationLevel"] == 0x400
    assert found["MediaPhysicallyBlank"] == 0x700


def test_every_enumeration_member_and_number_is_a_constant() -> None:
    for kind in ENUMERATIONS:
        for name, value in kind.__members__.items():
            assert getattr(constants, name) == value
    for name, number in NUMBERS.items():
        assert getattr(constants, name) == number
    assert constants.IMAPI_MEDIA_TYPE_CDRW == 3
    assert constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_VERIFYING == 4
    assert constants.IMAPI_SECTORS_PER_SECOND_AT_1X_CD == 75
    assert constants.E_IMAPI_REQUEST_CANCELLED == -1062600702


def test_constants_are_constant() -> None:
    with pytest.raises(AttributeError, match="IMAPI_NO_SUCH"):
        _ = constants.IMAPI_NO_SUCH
    with pytest.raises(AttributeError):
        constants.IMAPI_SECTOR_SIZE = 2352


def test_classes_have_the_clsids_of_the_idl() -> None:
    assert CLASSES["MsftDiscFormat2TrackAtOnce"].clsid == "27354129-7F64-5B0F-8F00-5D77AFBE261E"
    assert CLASSES["MsftDiscMaster2"].clsid == "2735412E-7F64-5B0F-8F00-5D77AFBE261E"
