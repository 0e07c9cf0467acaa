"""Every number of a model and of a fault has its range: what no drive can be is refused, with its name."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from redbook.clock import ManualClock
from redbook.errors import Sense
from redbook.mmc import sense
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.disc_info import ReadAtip, ReadDiscInformation, ReadTrackInformation
from redbook.mmc.identify import GetConfiguration, InquireVitalProductData, Inquiry
from redbook.mmc.mode_pages import ModeSense10, PageControl
from redbook.mmc.performance import GetPerformance
from redbook.mmc.read import ReadCd
from redbook.mmc.write import CloseFunction, CloseTrackSession, ReadBufferCapacity, SynchronizeCache, Write10
from redbook.transport.base import Status
from redbook.virtual.faults import (
    BadSpot,
    Fault,
    Garbled,
    Lost,
    Shortened,
    Vanished,
    parse,
)
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from tests.support.drives import ready, write_track

BASE: dict[str, Any] = {"source": "a manual", "vendor": "V", "product": "P", "revision": "1"}

NUMBERS = sorted(
    f.name for f in dataclasses.fields(Model) if type(f.default) in (int, float) and f.default is not False
)
NASTY: list[Any] = [
    math.inf, -math.inf, math.nan, -1, 0, 1, 0.5, 255, 256, 0xFFFF, 0x10000, 64 << 20, 65 << 20,
    (64 << 20) - 1, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 32, 1 << 64, 10**400, 1e300, 1e-300,
    True, "1", [], [1],
]  # fmt: skip


def ask_everything(model: Model) -> None:
    """Each question to a drive, with and without a disc, slow and fast; each answer can be told."""
    for kind in (None, "cd-r", "cd-rw"):
        for speed in (None, 8.0):
            medium = Medium.new(kind) if kind else None
            recorder = VirtualRecorder(medium, model=model, speed=speed, clock=ManualClock())
            for command in questions():
                reply = recorder.execute(command.to_cdb(), command.data_out, 65536)
                assert reply.status in (Status.GOOD, Status.CHECK_CONDITION)
            recorder.close()


def questions() -> Iterator[Any]:
    yield Inquiry()
    for page in (0x00, 0x80, 0x83):
        yield InquireVitalProductData(page)
    yield GetConfiguration()
    for control in PageControl:
        yield ModeSense10(0x3F, control)
    for data_type in (0x10, 0x14):
        yield GetPerformance(0, data_type)
    yield GetPerformance(3, 0)
    yield SetCdSpeed()
    yield from (ReadDiscInformation(), ReadTrackInformation(), ReadAtip(), ReadBufferCapacity())
    for number in range(4):
        yield Write10(number * 27, bytes(27 * 2352))
    yield SynchronizeCache()
    yield CloseTrackSession(CloseFunction.SESSION)
    yield ReadBufferCapacity()


def test_every_number_of_a_model_is_tried() -> None:
    assert set(NUMBERS) >= {"buffer_bytes", "close_at_1x_seconds", "read_speed", "interface", "spc_version"}


@pytest.mark.parametrize("value", NASTY, ids=lambda value: f"{value!r:.20}")
@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_refused_by_name_or_all_answers_can_be_told(name: str, value: Any) -> None:
    try:
        model = Model.from_table("x", {**BASE, name: value})
    except ValueError as error:
        assert name in str(error) or "spc_version" in str(error)
        assert len(str(error)) < 700
        return
    ask_everything(model)


@pytest.mark.parametrize(
    "table",
    [
        {"buffer_bytes": 64 << 20},  # of 65535 KiB at most: page 2Ah, MMC-3 5.5.10
        {"buffer_bytes": 2351},
        {"close_at_1x_seconds": math.inf},
        {"close_at_1x_seconds": math.nan},
        {"close_at_1x_seconds": 0},
        {"close_at_1x_seconds": 1e9},
        {"read_speed": 372},
        {"curves": {"8": {"cav": math.inf}}},
        {"curves": {"8": {"cav": 1e-300}}},
        {"curves": {"8": {"cav": 8, "limit": math.inf}}},
        {"curves": {"8": {"cav": 8, "limit": math.nan}}},
        {"curves": {"8": {"zones": [[0, math.inf]]}}},
        {"curves": {"8": {"zones": [[0, 1e9]]}}},
        {"curves": {"8": {"zones": [[0, 1e-9]]}}},
        {"curves": {"9" * 5000: {"cav": 8}}},
        {"curves": {"0": {"cav": 8}}},
        {"cd_r_speeds": [10**400]},
        {"standards": [1 << 16]},
        {"page_05h": {"packet_size": 1 << 32}},
        {"page_05h": {"audio_pause": -1}},
    ],
    ids=lambda table: f"{table}"[:40],
)
def test_what_no_drive_can_be(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(table)).rstrip("s")[:9]):
        Model.from_table("x", {**BASE, **table})


@pytest.mark.parametrize(
    "table",
    [
        {"buffer_bytes": 0xFFFF * 1024},
        {"buffer_bytes": 2352},
        {"close_at_1x_seconds": 3600},
        {"read_speed": 371, "cd_r_speeds": [371, 1], "cd_rw_speeds": {"7": [371]}, "cav_speeds": [371]},
        {"curves": {"52": {"cav": 371, "limit": 0.1}}, "largest_cue_sheet_bytes": 0xFFFFFF},
    ],
    ids=lambda table: f"{table}"[:40],
)
def test_the_extremes_can_be_told(table: dict[str, Any]) -> None:
    ask_everything(Model.from_table("x", {**BASE, **table}))


def test_a_model_made_in_python_has_the_same_ranges() -> None:
    with pytest.raises(ValueError, match="buffer_bytes"):
        dataclasses.replace(Model.load("redbook"), buffer_bytes=65 << 20)


def test_a_model_s_file_is_a_file_and_no_larger_than_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.toml")
    with pytest.raises(ValueError, match="not a regular file"):
        Model.load(str(tmp_path / "fifo.toml"))
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ValueError, match="more than"):
        Model.load(str(tmp_path / "large.toml"))
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    with pytest.raises(ValueError, match="makes no sense"):
        Model.load(str(tmp_path / "deep.toml"))
    with pytest.raises(ValueError, match="no recorder model"):
        Model.load("/dev/")


@pytest.mark.parametrize("speed", [0, -1, math.inf, math.nan, 1e-9, 1e9])
def test_a_recorder_s_speed_is_one(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        VirtualRecorder(speed=speed)


@pytest.mark.parametrize("serial", ["é", "a\n", "x" * 65])
def test_a_serial_number_fits_into_its_replies(serial: str) -> None:
    with pytest.raises(ValueError, match="serial"):
        VirtualRecorder(serial=serial)
    VirtualRecorder(serial="x" * 64).execute(GetConfiguration().to_cdb(), b"", 65536)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Fault(Sense(4), nth=0),
        lambda: Fault(Sense(4), times=0),
        lambda: Fault(Sense(4), nth=1.5),  # type: ignore[arg-type]
        lambda: Fault(Sense(4), lba=450_000),
        lambda: Fault(Sense(16)),
        lambda: Fault(Sense(4, 256)),
        lambda: Fault(Sense(4, 0, -1)),
        lambda: Fault(Sense(2, 4, 7, progress=math.nan)),
        lambda: Fault(Sense(5, 0x24, field_offset=65536)),
        lambda: Shortened(-1),
        lambda: Lost(0),
        lambda: Garbled(offset=-1),
        lambda: Vanished(-1),
        lambda: BadSpot(5, 4),
        lambda: BadSpot(-151, 4),
        lambda: BadSpot(0, 450_000),
    ],
)
def test_a_fault_that_cannot_be(make: Any) -> None:
    with pytest.raises(ValueError, match=r"it must be a"):
        make()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gone:99999999999", "commands = 99999999999"),
        ("short:4294967296", "data_bytes = 4294967296"),
        ("lost:0", "data_bytes = 0"),
        ("3/0C/00@lba:450000", "lba = 450000"),
        ("3/0C/00@lba:-151", "lba = -151"),
        ("timeout@blank:0", "counted from 1"),
        ("timeout@blank:9999999999", "nth = 9999999999"),
        ("timeoutx9999999999", "times = 9999999999"),
        ("c2@lba:0-450000", "last_lba = 450000"),
        ("moved:2646001", "samples = 2646001"),
        ("moved:-2646001", "samples = -2646001"),
        ("lost:" + "9" * 5000, "is not a fault"),
        ("3/0C/00@lba:" + "9" * 150, "it must be a whole number"),
    ],
)
def test_a_number_in_a_fault_s_text_has_its_range(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        parse(text)
    assert text[:30].lower() in str(caught.value).lower()
    assert len(str(caught.value)) < 1200


@pytest.mark.parametrize("text", ["short:0", "short:4294967295", "lost:1", "lost:4294967295"])
def test_a_fault_may_have_as_many_bytes_as_a_length_of_32_bits_says(text: str) -> None:
    fault = parse(text)
    assert isinstance(fault, Fault)
    assert isinstance(fault.outcome, Shortened | Lost)
    assert fault.outcome.data_bytes == int(text.partition(":")[2])


@pytest.mark.parametrize("text", ["moved:2646000", "moved:-2646000"])
def test_audio_may_be_moved_by_a_minute(text: str) -> None:
    recorder = VirtualRecorder(Medium.new())
    write_track(ready(recorder), 300)
    recorder.faults.append(parse(text))  # type: ignore[arg-type]
    assert recorder.execute(ReadCd(0, 27).to_cdb(), b"", 27 * 2352).data == bytes(27 * 2352)


@pytest.mark.parametrize("outcome", [Sense(15, 255, 255, information=-1), Sense(2, 4, 7, progress=1.0)])
def test_every_sense_that_a_fault_may_have_can_be_told(outcome: Sense) -> None:
    recorder = VirtualRecorder(Medium.new(), faults=[Fault(outcome)])
    assert sense.parse(recorder.execute(bytes(6)).sense).key == outcome.key
