"""Sense data and the one error class of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redbook import errors
from redbook.errors import Sense
from redbook.mmc import sense

# Bytes as SPC-4 4.5 lays them out; the second and third are from user logs of real drives.
FIXED = {
    "70 00 02 00 00 00 00 0a 00 00 00 00 04 01 00 00 00 00": Sense(2, 0x04, 0x01),
    "f0 00 03 00 00 12 34 0a 00 00 00 00 0c 00 00 00 00 00": Sense(3, 0x0C, 0x00, 0x1234),
    "f1 00 05 00 00 00 01 0a 00 00 00 00 21 02 00 00 00 00": Sense(5, 0x21, 0x02, 1, True),
    "70 00 02 00 00 00 00 0a 00 00 00 00 04 07 00 80 80 00": Sense(2, 0x04, 0x07, progress=0.5),
    "70 00 05 00 00 00 00 0a 00 00 00 00 26 00 00 80 00 03": Sense(5, 0x26, 0x00, field_offset=3),
    "f0 00 05 ff ff ff 6a 0a 00 00 00 00 21 02 00 00 00 00": Sense(5, 0x21, 0x02, -150),
}
DESCRIPTOR = {
    "72 0b 00 00 00 00 00 00": Sense(0xB, 0, 0),  # libata after a time-out
    "72 03 11 05 00 00 00 0c 00 0a 80 00 00 00 00 00 00 00 01 00": Sense(3, 0x11, 0x05, 256),
    "72 02 04 07 00 00 00 08 02 06 00 00 80 40 00 00": Sense(2, 0x04, 0x07, progress=0.25),
    "73 05 21 02 00 00 00 00": Sense(5, 0x21, 0x02, deferred=True),
}


def without_raw(parsed: Sense) -> Sense:
    return Sense(
        parsed.key,
        parsed.asc,
        parsed.ascq,
        parsed.information,
        parsed.deferred,
        parsed.progress,
        parsed.field_offset,
    )


@pytest.mark.parametrize("text", [*FIXED, *DESCRIPTOR])
def test_both_formats_are_read(text: str) -> None:
    raw = bytes.fromhex(text)
    assert without_raw(sense.parse(raw)) == (FIXED | DESCRIPTOR)[text]
    assert sense.parse(raw).raw == raw


@pytest.mark.parametrize("text", FIXED)
def test_the_fixed_format_is_built_byte_for_byte(text: str) -> None:
    assert sense.build(FIXED[text]).hex(" ") == text


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        parsed = sense.parse(raw)
    except ValueError:
        return
    assert isinstance(sense.to_error("X", parsed), errors.SenseError)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2/04/00", errors.Unexplained),
        ("2/04/01", errors.BecomingReady),
        ("2/04/02", errors.NeedsStart),
        ("2/04/03", errors.ManualIntervention),
        ("2/04/04", errors.FormatInProgress),
        ("2/04/07", errors.OperationInProgress),
        ("2/04/08", errors.LongWriteInProgress),
        ("2/06/00", errors.UpsideDown),
        ("3/06/00", errors.UpsideDown),
        ("2/30/00", errors.IncompatibleMedium),
        ("2/3A/01", errors.NoMedium),
        ("2/3A/02", errors.TrayOpen),
        ("2/99/99", errors.NotReady),
        ("3/0C/00", errors.WriteError),
        ("3/0C/09", errors.LossOfStreaming),
        ("3/11/05", errors.ReadError),
        ("3/72/01", errors.FixationError),
        ("3/73/03", errors.PowerCalibrationError),
        ("4/44/00", errors.HardwareError),
        ("5/20/00", errors.UnknownCommand),
        ("5/21/00", errors.AddressOutOfRange),
        ("5/21/02", errors.InvalidWriteAddress),
        ("5/24/00", errors.InvalidField),
        ("5/26/01", errors.InvalidParameter),
        ("5/27/00", errors.WriteProtected),
        ("7/27/00", errors.WriteProtected),
        ("5/2C/00", errors.CommandSequenceError),
        ("5/30/06", errors.CannotErase),
        ("5/30/05", errors.IncompatibleMedium),
        ("5/53/02", errors.RemovalPrevented),
        ("5/63/00", errors.EndOfUserArea),
        ("5/64/00", errors.IllegalModeForTrack),
        ("5/72/03", errors.SessionIncomplete),
        ("6/28/00", errors.MediumChanged),
        ("6/29/01", errors.DeviceReset),
        ("8/00/00", errors.BlankCheck),
        ("B/00/00", errors.CommandAborted),
        ("E/12/34", errors.SenseError),
    ],
)
def test_each_reason_has_one_class(text: str, kind: type[errors.SenseError]) -> None:
    key, asc, ascq = (int(part, 16) for part in text.split("/"))
    error = sense.to_error("WRITE", Sense(key, asc, ascq))
    assert type(error) is kind
    assert error.command == "WRITE"
    assert text in str(error)


def test_the_message_says_what_was_asked_what_came_back_and_what_to_try() -> None:
    text = str(sense.to_error("WRITE", Sense(3, 0x0C, 0, 1234)))
    assert text.startswith("WRITE was refused at sector 1234: write error (3/0C/00)")
    assert "--" not in text  # which options there are, the command knows


@pytest.mark.parametrize("key", [key for key in range(16) if key not in (sense.NO_SENSE, sense.RECOVERED)])
@pytest.mark.parametrize("command", ["CLOSE TRACK SESSION", "INQUIRY", "READ DISC INFORMATION"])
def test_every_refusal_names_something_to_try(command: str, key: int) -> None:
    """Known or not: what was asked, the bytes that came back, and a cure behind a semicolon."""
    for asc in range(256):
        for ascq in (0, 1, 2, 3, 4, 5, 6, 8, 9, 0x0A, 0x16, 0xFF):
            text = str(sense.to_error(command, Sense(key, asc, ascq)))
            what, _, cure = text.partition("; ")
            assert what.startswith(f"{command} was refused")
            assert f"({key:X}/{asc:02X}/{ascq:02X})" in what or "is the disc upside down" in cure
            assert cure, text
