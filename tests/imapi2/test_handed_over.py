"""What programs from Windows hand over, ask for and divide by."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pytest

from redbook.imapi2 import Dispatch, MsftDiscRecorder2, WithEvents, attach, com_error, detach
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support.imapi import NAME, Rig, track

AU = struct.pack(">4sIIIII", b".snd", 24, 0xFFFFFFFF, 3, 44100, 2)
HEADS = {
    "WAV": b"RIFF\xff\xff\xff\xffWAVEfmt ",
    "a WAV of more than 4 GB": b"RF64\xff\xff\xff\xffWAVEds64",
    "AIFF": b"FORM\x00\x01\x00\x00AIFFCOMM",
    "AIFC": b"FORM\x00\x01\x00\x00AIFCFVER",
    "FLAC": b"fLaC\x00\x00\x00\x22\x10\x00\x10\x00\x00\x00\x00\x00",
    "Ogg": b"OggS\x00\x02" + bytes(8) + b"\x01\x02",
    "MP3": b"ID3\x04\x00\x00\x00\x00\x01\x7f" + bytes(6),
    "MP4": b"\x00\x00\x00\x20ftypM4A \x00\x00\x00\x00",
}
SOUND = {
    "silence": bytes(16),
    "RIFF of another kind": b"RIFF\xff\xff\xff\xffAVI LIST",
    "RIFF alone": b"RIFF" + bytes(12),
    "FORM of another kind": b"FORM\x00\x01\x00\x008SVXVHDR",
    "ID3 with a length that cannot be": b"ID3\x04\x00\x00\x80\x00\x01\x7f" + bytes(6),
    "AU, whose mark is too short to be sure": AU[:16],
    "WAVE one byte late": b"\x00RIFF\xff\xff\xff\xffWAVEfmt",
}


class OneByteAtATime(io.BytesIO):
    """At the beginning and at the end; in between a sector."""

    def readinto(self, buffer: Any) -> int:
        left = len(self.getbuffer()) - self.tell()
        inside = self.tell() > 1000 and left > 4000
        return super().readinto(memoryview(buffer)[: 2352 if inside else 1])


class WithIStream:
    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def Read(self, size: int) -> bytes:
        return self._file.read(size)

    def Seek(self, move: int, origin: int) -> int:
        return self._file.seek(move, origin)

    def Stat(self, flag: int) -> int:
        return len(self._file.getvalue())


@pytest.mark.parametrize("kind", [bytes, io.BytesIO, OneByteAtATime, WithIStream])
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_sound_file_as_it_is_is_refused_and_the_disc_stays_blank(head: bytes, kind: type) -> None:
    with Rig() as rig:
        rig.prepared()
        with pytest.raises(com_error, match=r"with its header.*AudioStream") as error:
            rig.writer.AddAudioTrack(kind(head + bytes(300 * 2352 - 16)))  # whole sectors
        assert error.value.name == "E_IMAPI_DF2TAO_STREAM_NOT_SUPPORTED"
        assert (rig.updates, rig.writer.NumberOfExistingTracks) == ([], 0)
        assert rig.writer.MediaPhysicallyBlank


@pytest.mark.parametrize("head", SOUND.values(), ids=SOUND)
def test_what_only_resembles_a_header_is_sound(head: bytes) -> None:
    pcm = head + track(300)[16:]
    with Rig() as rig:
        rig.prepared().AddAudioTrack(OneByteAtATime(pcm))
        assert rig.audio(0, 300) == pcm


def test_a_file_loaded_into_an_adodb_stream_is_looked_at_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(HEADS["WAV"] + bytes(300 * 2352))
    stream = Dispatch("ADODB.Stream")
    stream.Open()
    stream.LoadFromFile(path)
    with Rig() as rig, pytest.raises(com_error, match="WAV"):
        rig.prepared().AddAudioTrack(stream)
    stream.Close()


# Settings, numbers, commands


def test_a_client_name_is_taken_away_by_none() -> None:
    with Rig() as rig:
        for thing in (rig.ready(), rig.ready_eraser()):
            thing.ClientName = None
            assert thing.ClientName == ""
            thing.ClientName = NAME
        rig.writer.PrepareMedia()
        with pytest.raises(com_error) as error:
            rig.writer.ClientName = None
        assert error.value.name == "E_IMAPI_DF2TAO_MEDIA_IS_PREPARED"
        assert rig.writer.ClientName == NAME


def test_updates_may_be_divided_by_from_the_first_to_the_last() -> None:
    """As programs reckon: share of sectors, share of time, share of the buffer."""
    parts: list[tuple[float, float]] = []  # reckoned behind the handler, whose errors are only logged

    def track_update(writer: object, progress: Any) -> None:
        parts.append((progress.LastWrittenLba - progress.StartLba, progress.SectorCount))
        parts.append((progress.UsedSystemBuffer, progress.TotalSystemBuffer))
        if progress.CurrentAction == 3:
            parts.append((progress.ElapsedTime, progress.ElapsedTime + progress.RemainingTime))

    with Rig(medium=Medium.new("cd-rw", 74)) as rig:
        WithEvents(rig.writer, track_update)
        rig.prepared().AddAudioTrack(track(300))
        rig.writer.ReleaseMedia()
        WithEvents(rig.eraser, lambda eraser, elapsed, total: parts.append((elapsed, total)))
        rig.ready_eraser().EraseMedia()
    assert len(parts) > 10
    assert all(0 <= done / whole <= 1 for done, whole in parts), parts


def test_an_erase_that_says_at_once_how_far_it_is_has_no_total_of_zero() -> None:
    from redbook.engine.events import Phase, Working
    from redbook.imapi2.formats.erase import _EraseStory
    from redbook.imapi2.writer.event_args import Timed

    story = _EraseStory(10.0, 60.0)
    assert story.of(Timed(10.0, Working(Phase.BLANKING, 0.5))) == (0, 1)


def test_the_first_raw_command_is_not_answered_with_what_happened_before() -> None:
    with Rig() as rig:
        assert rig.recorder.SendCommandNoData(bytes(6), 6, 10) == (0, bytes(18))
        rig.drive.insert(Medium.new())
        assert rig.recorder.SendCommandNoData(bytes(6), 6, 10)[1][2] == 6  # what happens now is told


# Classes and letters


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("IMAPI2.MsftWriteEngine2", "MsftDiscFormat2TrackAtOnce"),
        ("{27354126-7F64-5B0F-8F00-5D77AFBE261E}", "MsftStreamPrng001"),
        ("imapi2fs.msftfilesystemimage.1", "xorriso"),
        ("Scripting.FileSystemObject", "pathlib"),
    ],
)
def test_a_class_that_windows_has_and_redbook_has_not(name: str, advice: str) -> None:
    with pytest.raises(com_error, match=r"Windows has .*, but redbook does not") as error:
        Dispatch(name)
    assert advice in str(error.value)
    assert "slip" not in str(error.value)
    assert error.value.name in ("CO_E_CLASSSTRING", "REGDB_E_CLASSNOTREG")


def paths_of(unique_id: str) -> tuple[str, ...]:
    recorder = MsftDiscRecorder2()
    recorder.InitializeDiscRecorder(unique_id)
    return recorder.VolumePathNames


def test_a_recorder_has_the_letter_that_the_program_or_the_environment_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attach(VirtualRecorder(), "lettered", letter="d:")
    try:
        assert paths_of("lettered") == ("D:\\", "lettered")
        monkeypatch.setenv("REDBOOK_DRIVE_LETTERS", "E:=lettered; f = virtual:/tmp/x.disc")
        assert paths_of("lettered") == ("D:\\", "E:\\", "lettered")
        with pytest.raises(ValueError, match="D:"):
            attach(VirtualRecorder(), "second", letter="D")
    finally:
        detach("lettered")
    for bad in ("DE", "1:", ":"):
        with pytest.raises(ValueError, match="drive letter"):
            attach(VirtualRecorder(), "second", letter=bad)


@pytest.mark.parametrize("text", ["D:", "D:=", "DD:=rig", "D:=rig;D=other"])
def test_letters_that_make_no_sense_are_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDBOOK_DRIVE_LETTERS", text)
    with Rig(unique_id="rig") as rig:
        with pytest.raises(com_error) as error:
            _ = rig.recorder.VolumePathNames
        assert error.value.name == "E_INVALIDARG"


# What a kept error keeps


@pytest.mark.parametrize("stream", [None, b"abc", HEADS["WAV"], WithIStream(b"")])
def test_a_kept_error_of_a_writer_keeps_nothing_alive(stream: object) -> None:
    with Rig() as rig:
        kept = kept_error(rig, stream)
        assert kept.__traceback__ is not None
        assert rig.is_free()


class Broken(io.BytesIO):
    def readinto(self, buffer: object) -> int:
        raise OSError("the cable fell out")


def test_nor_does_the_error_of_a_stream_that_breaks() -> None:
    with Rig() as rig:
        kept = kept_error(rig, Broken(track(300)))
        assert "the cable fell out" in str(kept)
        assert rig.is_free()


def kept_error(rig: Rig, stream: object) -> com_error:
    writer = Dispatch("IMAPI2.MsftDiscFormat2TrackAtOnce")
    writer.Recorder, writer.ClientName = rig.recorder, NAME
    writer.PrepareMedia()
    try:
        writer.AddAudioTrack(stream)
    except com_error as error:
        kept = error
        del writer
        return kept
    raise AssertionError("it was taken")
