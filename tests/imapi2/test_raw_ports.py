"""Disc-at-once as public programs do it, ported line by line in the order of their calls.

They differ in what they leave at its default, in when the image is made, and in what they clear at the end.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook.imapi2 as imapi2
from redbook.imapi2 import com_error, constants, pythoncom, win32com
from redbook.imapi2.comtypes import client as cc
from redbook.virtual.medium import Medium
from tests.imapi2.test_raw_image import DISCS, RAW, created
from tests.support.drives import as_sent
from tests.support.imapi import Rig, track

PCM = [track(400, 1), track(310, 2), track(350, 3)]
GAPLESS, WITH_GAPS = [0, 400, 710], [0, 550, 1010]
Dispatch = win32com.client.Dispatch


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig(unique_id="recorder") as rig:
        yield rig


def check(rig: Rig, starts: list[int]) -> None:
    assert [start for _, start, _ in rig.tracks] == starts
    for start, pcm in zip(starts, PCM, strict=True):
        assert as_sent(rig.drive, start, len(pcm) // 2352) == pcm
    assert rig.is_free()


def streams() -> list[io.BytesIO]:
    return [io.BytesIO(pcm) for pcm in PCM]


@pytest.mark.parametrize("kind", ["IS_RAW", "PQ_ONLY"])
def test_microsoft_s_sample(kind: str, rig: Rig) -> None:
    """imapi2sample: image before PrepareMedia, the same type on both, release also after a failure."""
    sector_type = getattr(constants, f"IMAPI_FORMAT2_RAW_CD_SUBCODE_{kind}")
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    raw = Dispatch("IMAPI2.MsftDiscFormat2RawCD")
    raw.put_Recorder(recorder)
    raw.put_ClientName("Imapi2Sample")
    assert raw.IsRecorderSupported(recorder)
    assert raw.IsCurrentMediaSupported(recorder)
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    creator.put_ResultingImageType(sector_type)
    indexes = [creator.AddTrack(constants.IMAPI_CD_SECTOR_AUDIO, stream) for stream in streams()]
    assert indexes == [1, 2, 3]
    result = creator.CreateResultImage()
    raw.PrepareMedia()
    try:
        raw.put_RequestedSectorType(sector_type)
        raw.WriteMedia(result)
    finally:
        raw.ReleaseMedia()
    check(rig, GAPLESS)


@pytest.mark.parametrize("gapless", [True, False])
def test_portburn(gapless: bool, rig: Rig) -> None:
    """Audacity's: prepares first, sets no sector type on either, clears recorder and name at the end."""

    class Sink:
        def __init__(self) -> None:
            self.fractions: list[float] = []

        def OnUpdate(self, source: Any, progress: Any) -> None:
            if progress.CurrentAction == constants.IMAPI_FORMAT2_RAW_CD_WRITE_ACTION_WRITING:
                done = progress.LastWrittenLba - progress.StartLba
                self.fractions.append(done / progress.SectorCount)

    raw: Any = imapi2.DispatchWithEvents("IMAPI2.MsftDiscFormat2RawCD", Sink)
    raw.ClientName = "PortBurn"
    raw.Recorder = rig.recorder
    raw.PrepareMedia()
    raw.BufferUnderrunFreeDisabled = False
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    creator.DisableGaplessAudio = not gapless
    for stream in streams():
        creator.AddTrack(constants.IMAPI_CD_SECTOR_AUDIO, stream)
    raw.WriteMedia(creator.CreateResultImage())
    raw.ReleaseMedia()
    with contextlib.suppress(com_error):
        raw.Recorder = None
    with contextlib.suppress(com_error):
        raw.ClientName = None
    assert raw.fractions[0] == 0
    assert raw.fractions[-1] > 0.999
    check(rig, GAPLESS if gapless else WITH_GAPS)


def test_sharpcdda(rig: Rig) -> None:
    """C#: the creator's type stays, the writer is told IS_RAW; a used CD-RW is erased first."""
    rig.drive.insert(Medium.new("cd-rw", 74))
    rig.prepared().AddAudioTrack(track(300))
    rig.writer.ReleaseMedia()
    recorder = cc.CreateObject("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(cc.CreateObject("IMAPI2.MsftDiscMaster2")[0])
    raw = cc.CreateObject("IMAPI2.MsftDiscFormat2RawCD")
    raw.Recorder = recorder
    raw.ClientName = "SharpCdda"
    creator = cc.CreateObject("IMAPI2.MsftRawCDImageCreator")
    for stream in streams():
        creator.AddTrack(0, stream)
    image = creator.CreateResultImage()
    assert raw.CurrentPhysicalMediaType == constants.IMAPI_MEDIA_TYPE_CDRW
    if not raw.MediaPhysicallyBlank:
        eraser = cc.CreateObject("IMAPI2.MsftDiscFormat2Erase")
        eraser.Recorder = recorder
        eraser.ClientName = "SharpCdda"
        eraser.EraseMedia()
    raw.PrepareMedia()
    recorder.AcquireExclusiveAccess(True, "SharpCdda")
    raw.RequestedSectorType = constants.IMAPI_FORMAT2_RAW_CD_SUBCODE_IS_RAW
    raw.WriteMedia(image)
    raw.ReleaseMedia()
    recorder.ReleaseExclusiveAccess()
    check(rig, GAPLESS)


def test_the_beat(rig: Rig) -> None:
    """Asks the creator where everything will lie, and finds the track by comparing addresses."""
    raw = Dispatch("IMAPI2.MsftDiscFormat2RawCD")
    raw.ClientName = "theBeat"
    raw.Recorder = rig.recorder
    said: list[str] = []
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    for stream in streams():
        creator.AddTrack(constants.IMAPI_CD_SECTOR_AUDIO, stream)
    starts = [creator.TrackInfo(n).StartingLba for n in range(1, creator.NumberOfExistingTracks + 1)]
    end = creator.StartOfLeadout

    class Sink:
        def OnUpdate(self, source: Any, progress: Any) -> None:
            lba = progress.LastWrittenLba
            track_ = sum(start <= lba for start in starts)
            said.append("finishing" if lba >= end else f"track {track_}")

    imapi2.WithEvents(raw, Sink)
    raw.PrepareMedia()
    raw.BufferUnderrunFreeDisabled = True
    raw.WriteMedia(creator.CreateResultImage())
    raw.ReleaseMedia()
    assert (said[0], said[-1]) == ("track 0", "finishing")
    check(rig, GAPLESS)


def test_psysonic(rig: Rig) -> None:
    """Rust: speed first, the sector type chosen from what is there, codes; image inside the session."""
    raw = Dispatch("IMAPI2.MsftDiscFormat2RawCD")
    raw.Recorder = rig.recorder
    raw.ClientName = "psysonic"
    raw.SetWriteSpeed(16 * 75, False)
    rig.recorder.AcquireExclusiveAccess(True, "psysonic")
    with pytest.raises(com_error) as early:
        raw.SupportedSectorTypes  # noqa: B018 - as the program found on hardware
    assert early.value.name == "E_IMAPI_DF2RAW_MEDIA_IS_NOT_PREPARED"
    raw.PrepareMedia()
    there = set(raw.SupportedSectorTypes)
    chosen = next(kind for kind in (2, 3, 1) if kind in there)
    raw.RequestedSectorType = chosen
    creator = Dispatch("IMAPI2.MsftRawCDImageCreator")
    creator.DisableGaplessAudio = False
    creator.ResultingImageType = chosen
    isrcs = ["DEABC2500001", "DE-ABC-25-00002", ""]
    for stream, isrc in zip(streams(), isrcs, strict=True):
        info = creator.TrackInfo(creator.AddTrack(pythoncom.VARIANT(pythoncom.VT_I4, 0), stream))
        if isrc:
            info.ISRC = isrc
    creator.MediaCatalogNumber = "4006381333931"
    assert creator.StartOfLeadout <= raw.LastPossibleStartOfLeadout
    image = creator.CreateResultImage()
    lbas: list[int] = []
    imapi2.WithEvents(raw, lambda source, progress: lbas.append(max(0, progress.LastWrittenLba)))
    raw.WriteMedia(image)
    raw.ReleaseMedia()
    rig.recorder.ReleaseExclusiveAccess()
    assert lbas == sorted(lbas)
    assert rig.drive.disc is not None
    (session,) = rig.drive.disc.state.sessions
    assert session.mcn == "4006381333931"
    assert [track.isrc for track in session.tracks] == ["DEABC2500001", "DEABC2500002", ""]
    check(rig, GAPLESS)


# What the burned disc is to another program, and what the image costs


@pytest.mark.tools("cdrdao")
def test_cdrdao_reads_the_disc(tmp_path: Path) -> None:
    disc = DISCS["codes, flags and indexes"]()
    rig = Rig(medium=Medium.new_at(tmp_path / "my.disc"))
    with rig:
        rig.prepared_raw(RAW).WriteMedia(created(disc, RAW).CreateResultImage())
        rig.raw.ReleaseMedia()
        rig.drive.close()
    done = subprocess.run(
        [shutil.which("cdrdao") or "cdrdao", "show-toc", "disc.toc"],
        cwd=tmp_path / "my.disc",
        capture_output=True,
        env=os.environ | {"LC_ALL": "C"},
    )
    text = (done.stdout + done.stderr).decode("latin-1")
    assert done.returncode == 0, text

    assert [int(n) for n in re.findall(r"START +[\d:]+\( *(\d+)\)", text)] == disc.starts
    assert f"CATALOG NUMBER: {disc.mcn}" in text
    codes = ["".join(parts) for parts in re.findall(r"ISRC (\w\w) (\w{3}) (\d\d) (\d{5})", text)]
    assert codes == [song.isrc for song in disc.songs]


class Zeros:
    """80 minutes of silence as an IStream."""

    SIZE = 359_849 * 2352

    def Read(self, count: int) -> bytes:
        return bytes(count)

    def Seek(self, at: int, origin: int) -> int:
        return at

    def Stat(self, flag: int) -> tuple[None, int, int]:
        return (None, 2, self.SIZE)


def test_an_image_of_80_minutes_is_neither_in_memory_nor_a_file(tmp_path: Path) -> None:
    creator = imapi2.MsftRawCDImageCreator()
    creator.AddTrack(0, Zeros())
    tracemalloc.start()
    try:
        image = creator.CreateResultImage()
        assert image.Stat(1).cbSize == 389_249 * 2448
        for place in range(0, 389_249, 40_000):
            image.Seek(place * 2448)
            for _ in range(4):
                assert len(image.Read(1 << 20)) == min(1 << 20, (389_249 - place) * 2448)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000
    assert list(tmp_path.iterdir()) == []
