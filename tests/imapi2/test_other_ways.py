"""Other ways that scripts have of reaching COM: VARIANT, GetObject, properties called with (), comtypes."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import redbook
import redbook.imapi2 as imapi2
from redbook.imapi2 import com_error, comtypes, constants, pythoncom, pywintypes, win32com
from redbook.imapi2.comtypes import client
from redbook.imapi2.comtypes.automation import VARIANT as COMTYPES_VARIANT
from redbook.imapi2.comtypes.gen import IMAPI2
from redbook.imapi2.win32com.client import VARIANT, Dispatch, GetActiveObject, GetObject, dynamic
from redbook.imapi2.win32com.shell import shell, shellcon
from redbook.imapi2.win32comext import shell as extended
from tests.support.imapi import NAME, Rig, track

TAO, MASTER, RECORDER = (
    f"IMAPI2.{name}" for name in ("MsftDiscFormat2TrackAtOnce", "MsftDiscMaster2", "MsftDiscRecorder2")
)
MASTER_CLSID = "{2735412E-7F64-5B0F-8F00-5D77AFBE261E}"


@pytest.fixture
def rig() -> Iterator[Rig]:
    with Rig(unique_id="recorder") as rig:
        yield rig


# VARIANT: numbers of wtypes.h


def test_a_variant_is_taken_for_its_value(rig: Rig) -> None:
    assert pythoncom.VARIANT is VARIANT
    assert (pythoncom.VT_ARRAY | pythoncom.VT_UI1, pythoncom.VT_BOOL, pythoncom.VT_BSTR) == (0x2011, 11, 8)
    assert (pythoncom.VT_UI4, pythoncom.VT_UINT, pythoncom.VT_DECIMAL, pythoncom.VT_R8) == (19, 23, 14, 5)
    writer: Any = rig.writer
    writer.Recorder = VARIANT(pythoncom.VT_DISPATCH, rig.recorder)
    writer.ClientName = VARIANT(pythoncom.VT_BSTR, NAME)
    writer.DoNotFinalizeMedia = VARIANT(pythoncom.VT_BOOL, -1)
    assert (writer.Recorder, writer.ClientName, writer.DoNotFinalizeMedia) == (rig.recorder, NAME, True)
    assert writer.SetWriteSpeed(VARIANT(pythoncom.VT_I4, 600), VARIANT(pythoncom.VT_BOOL, 0)) == 0
    writer.SetWriteSpeed(RequestedSectorsPerSecond=COMTYPES_VARIANT(1200), RotationTypeIsPureCAV=False)
    assert writer.RequestedWriteSpeed == 1200
    writer.PrepareMedia()
    writer.AddAudioTrack(VARIANT(pythoncom.VT_ARRAY | pythoncom.VT_UI1, track(300)))
    writer.AddAudioTrack(
        VARIANT(pythoncom.VT_BYREF | pythoncom.VT_ARRAY | pythoncom.VT_UI1, list(track(301)))
    )
    writer.ReleaseMedia()
    assert [sectors for _, _, sectors in rig.tracks] == [300, 301]
    assert rig.audio(452, 301) == track(301)


@pytest.mark.parametrize("kind", [pythoncom.VT_EMPTY, pythoncom.VT_NULL, pythoncom.VT_ERROR])
def test_a_variant_of_nothing_is_nothing(kind: int, rig: Rig) -> None:
    rig.ready().Recorder = VARIANT(kind, 5)  # type: ignore[assignment]
    assert rig.writer.Recorder is None


def test_a_variant_keeps_what_it_is_given() -> None:
    value = VARIANT(pythoncom.VT_I4, 5)
    assert (value.varianttype, value.value, repr(value)) == (3, 5, "VARIANT(3, 5)")


# GetObject


def test_get_object() -> None:
    assert type(GetObject(f"new:{MASTER_CLSID}")) is imapi2.MsftDiscMaster2
    assert type(GetObject(Pathname=f"New:{MASTER}")) is imapi2.MsftDiscMaster2
    for names in ({}, {"Pathname": "new:x", "Class": "y"}):
        with pytest.raises(ValueError, match="not both"):
            GetObject(**names)


@pytest.mark.parametrize(
    ("call", "code", "advice"),
    [
        (lambda: GetObject("winmgmts:"), 0x800401E4, "MsftDiscMaster2 lists the drives"),
        (lambda: GetObject(Class=MASTER), 0x800401E3, "make a new one with Dispatch"),
        (lambda: GetActiveObject(MASTER), 0x800401E3, "make a new one with Dispatch"),
        (lambda: pythoncom.GetActiveObject(MASTER_CLSID), 0x800401E3, "Dispatch"),
        (lambda: client.CoGetObject("winmgmts:"), 0x800401E4, "Dispatch"),
        (lambda: client.GetActiveObject(MASTER), 0x800401E3, "Dispatch"),
        (lambda: GetObject("new:IMAPI2.NoSuchClass"), 0x800401F3, "IMAPI2.MsftDiscMaster2"),
    ],
)
def test_objects_that_there_are_not_by_that_name(call: Any, code: int, advice: str) -> None:
    with pytest.raises(com_error, match=advice) as error:
        call()
    assert error.value.hresult == code - (1 << 32)


# Properties that are called


@pytest.mark.parametrize("way", [Dispatch, dynamic.Dispatch, win32com.client.DispatchEx])
def test_a_property_may_be_called(way: Any, rig: Rig) -> None:
    master, recorder, writer = way(MASTER), way(RECORDER), way(TAO)
    recorder.InitializeDiscRecorder(master.Item(0))
    assert (master.Count(), recorder.VendorId(), recorder.vendorid()) == (1, "REDBOOK", "REDBOOK")
    assert recorder.SupportedProfiles() == recorder.SupportedProfiles == (0x0A, 9, 8)
    writer.Recorder, writer.ClientName = recorder, NAME
    assert (writer.ClientName(), writer.CurrentPhysicalMediaType(), writer.get_ClientName()) == (
        NAME,
        2,
        NAME,
    )
    assert writer.Recorder is recorder
    assert writer.Recorder() == "recorder"  # an object that is called gives its default member
    writer.PrepareMedia()
    writer.AddAudioTrack(track(300))
    assert len(writer.ExpectedTableOfContents()) == 20
    writer.ReleaseMedia()
    assert way(writer) is writer
    assert isinstance(writer, imapi2.MsftDiscFormat2TrackAtOnce)


def test_true_and_false_stay_themselves_and_may_be_called(rig: Rig) -> None:
    """Read and called, on one line and on several, by any spelling, in an assert and outside of one."""
    writer = Dispatch(rig.ready())
    assert writer.MediaPhysicallyBlank is True
    assert writer.DoNotFinalizeMedia is False
    assert writer.MediaPhysicallyBlank() is True
    assert writer.mediaphysicallyblank() is writer.mediaPhysicallyBlank is True
    assert writer.DoNotFinalizeMedia() is False
    found = [writer.MediaPhysicallyBlank, writer.MediaPhysicallyBlank(), writer.DoNotFinalizeMedia()]
    assert found == [True, True, False]
    words = "blank" if writer.MediaPhysicallyBlank() and not writer.DoNotFinalizeMedia() else "used"
    assert (words, f"{writer.MediaPhysicallyBlank()}") == ("blank", "True")
    print(writer.MediaPhysicallyBlank(), writer.MediaPhysicallyBlank)
    (blank,) = {writer.MediaPhysicallyBlank}
    assert blank is True
    with pytest.raises(TypeError):
        getattr(writer, "MediaPhysicallyBlank")()  # noqa: B009 - what was read before is a bool
    writer._FlagAsMethod("mediaphysicallyblank", "SupportedMediaTypes")
    assert writer.MediaPhysicallyBlank() is True
    assert writer.SupportedMediaTypes() == (2, 3)


def test_what_a_called_property_gives_is_text_and_number_as_ever(rig: Rig) -> None:
    recorder = Dispatch(rig.recorder)
    assert recorder.VendorId + "!" == f"{recorder.VendorId}!" == "REDBOOK!"
    assert {recorder.VendorId: 1}["REDBOOK"] == 1
    assert [*recorder.SupportedProfiles] == [10, 9, 8]
    assert recorder.SupportedProfiles.__class__.__mro__[1] is tuple
    assert [constants.IMAPI_PROFILE_TYPE_CD_RECORDABLE in recorder.CurrentProfiles] == [True]


def test_progress_is_bound_late_as_well(rig: Rig) -> None:
    seen: list[Any] = []
    imapi2.WithEvents(rig.writer, lambda source, progress: seen.append(Dispatch(progress).CurrentAction()))
    rig.prepared().AddAudioTrack(track(300))
    assert seen == [1, 2, 2, 3]


# shell and shellcon


def test_folders_by_the_numbers_of_shlobj(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert extended.shellcon is shellcon
    assert (shellcon.CSIDL_MYMUSIC, shellcon.CSIDL_PERSONAL, shellcon.CSIDL_PROFILE) == (13, 5, 40)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_MUSIC_DIR", raising=False)
    assert extended.shell.SHGetFolderPath(0, shellcon.CSIDL_MYMUSIC, None, 0) == str(tmp_path / "Music")
    assert not (tmp_path / "Music").exists()
    monkeypatch.setenv("XDG_MUSIC_DIR", str(tmp_path / "Musik"))
    wanted = shellcon.CSIDL_MYMUSIC | shellcon.CSIDL_FLAG_CREATE
    assert shell.SHGetFolderPath(0, wanted) == str(tmp_path / "Musik")
    assert (tmp_path / "Musik").is_dir()
    assert shell.SHGetFolderPath(0, shellcon.CSIDL_PROFILE) == str(tmp_path)
    with pytest.raises(com_error) as error:
        shell.SHGetFolderPath(0, 0x24)
    assert error.value.name == "E_INVALIDARG"


# comtypes


class Sink:
    def __init__(self) -> None:
        self.heard: list[tuple[object, int]] = []

    def Update(self, source: object, progress: Any) -> None:
        self.heard.append((source, progress.CurrentAction))


class SinkWithThis(Sink):
    def DDiscFormat2TrackAtOnceEvents_Update(self, this: object, source: object, progress: Any) -> None:
        super().Update(source, progress)

    def Update(self, source: object, progress: Any) -> None:
        raise AssertionError("the full name comes first")


class DeafSink:
    pass


@pytest.mark.parametrize("kind", [Sink, SinkWithThis])
def test_comtypes_events_come_until_the_connection_ends(kind: type[Sink], rig: Rig) -> None:
    sinks = [kind(), kind(), kind()]
    kept = client.GetEvents(rig.writer, sinks[0])
    ended = client.GetEvents(rig.writer, sinks[1])
    ended.disconnect()
    dropped = client.GetEvents(rig.writer, sinks[2])
    del dropped
    gc.collect()
    deaf = client.GetEvents(rig.writer, DeafSink())
    rig.prepared().AddAudioTrack(track(300))
    assert sinks[0].heard == [(rig.writer, action) for action in (1, 2, 2, 3)]
    assert sinks[1].heard == sinks[2].heard == []
    kept.disconnect()
    deaf.disconnect()
    with pytest.raises(TypeError, match="cannot determine source interface"):
        client.GetEvents(rig.recorder, sinks[0])


def test_comtypes_shows_events(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    shown = client.ShowEvents(rig.writer)
    rig.prepared().AddAudioTrack(track(300))
    shown.disconnect()
    assert capsys.readouterr().out.count("Event Update (<IMAPI2.MsftDiscFormat2TrackAtOnce>") == 4


def test_comtypes_makes_objects_by_name_number_and_class() -> None:
    ways = (MASTER, MASTER_CLSID, comtypes.GUID(MASTER_CLSID), IMAPI2.MsftDiscMaster2)
    for way in ways:
        master = client.CreateObject(way, interface=IMAPI2.IDiscMaster2)
        assert type(master) is imapi2.MsftDiscMaster2
        assert master.QueryInterface(comtypes.IUnknown) is master
        assert master.Item[0] == master.Item(0) == master[0] == imapi2.STAND_IN
        assert master.QueryInterface(comtypes.automation.IDispatch) is master
    assert type(comtypes.CoCreateInstance(comtypes.GUID(MASTER_CLSID))) is imapi2.MsftDiscMaster2
    with pytest.raises(comtypes.COMError) as error:
        client.CreateObject(MASTER, interface=IMAPI2.IDiscRecorder2)
    assert error.value.name == "E_NOINTERFACE"


def test_an_item_that_there_is_not_is_an_error_either_way(rig: Rig) -> None:
    master = client.CreateObject(MASTER)
    for ask in (lambda: master.Item[1], lambda: master.Item(1)):
        with pytest.raises(com_error) as error:
            ask()
        assert error.value.name == "E_INVALIDARG"


@pytest.mark.parametrize("name", ["IMAPI2.MsftDiscFormat2AudioCD", "IMAPI2.MsftWriteEngine2"])
def test_comtypes_has_an_oserror_for_a_class_that_there_is_not(name: str) -> None:
    """Programs catch just that and go on with the track-at-once writer."""
    with pytest.raises(OSError, match="MsftDiscFormat2TrackAtOnce") as error:
        client.CreateObject(name)
    assert error.value.winerror == 0x800401F3 - (1 << 32)  # type: ignore[attr-defined]


def test_an_error_has_what_comtypes_has() -> None:
    with pytest.raises(comtypes.COMError) as error:
        client.CreateObject(TAO).PrepareMedia()
    assert error.value.hresult == 0xC0AA050A - (1 << 32)
    assert error.value.text == error.value.details[0] == str(error.value)
    assert error.value.details[1:] == (TAO, None, 0, TAO)


def test_the_type_library_has_interfaces_classes_and_constants() -> None:
    libid = "{2735412F-7F64-5B0F-8F00-5D77AFBE261E}"
    for library in ("imapi2.dll", "IMAPI2.TLB", r"C:\Windows\System32\imapi2.dll", (libid, 1, 0), [libid]):
        assert client.GetModule(library) is IMAPI2
    assert IMAPI2.IDiscFormat2TrackAtOnce._iid_ == "{27354154-8F64-5B0F-8F00-5D77AFBE261E}"  # type: ignore[attr-defined]
    assert IMAPI2.MsftDiscMaster2._reg_clsid_ == MASTER_CLSID  # type: ignore[attr-defined]
    assert IMAPI2.IMAPI_MEDIA_TYPE_CDRW == client.Constants(None).IMAPI_MEDIA_TYPE_CDRW == 3
    with pytest.raises(AttributeError, match="NoSuch"):
        _ = IMAPI2.NoSuch
    with pytest.raises(OSError, match=r"imapi2\.dll"):
        client.GetModule("imapi2fs.dll")


SCRIPT = """
    import sys
    import comtypes
    import comtypes.client as cc
    from comtypes.client import CreateObject, GetEvents
    from comtypes.automation import VARIANT
    module = cc.GetModule("imapi2.dll")
    import comtypes.gen.IMAPI2 as IMAPI2
    print(module is IMAPI2)

    comtypes.CoInitialize()

    class Sink(object):
        def Update(self, this, sender, progress):
            print(progress.CurrentAction == IMAPI2.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING, end=" ")

    master = CreateObject("IMAPI2.MsftDiscMaster2")
    recorder = cc.CreateObject(IMAPI2.MsftDiscRecorder2, interface=IMAPI2.IDiscRecorder2)
    recorder.InitializeDiscRecorder(master.Item(0))
    try:
        audio = cc.CreateObject("IMAPI2.MsftDiscFormat2AudioCD")
    except OSError:
        audio = cc.CreateObject("IMAPI2.MsftDiscFormat2TrackAtOnce")
    audio.Recorder = recorder
    audio.ClientName = "A script"
    connection = GetEvents(audio, Sink())
    try:
        audio.AddAudioTrack(None)
    except comtypes.COMError as error:
        print(hex(error.hresult & 0xFFFFFFFF), error.args[0] == error.hresult)
    audio.PrepareMedia()
    audio.AddAudioTrack(bytes(2352 * 400))
    connection.disconnect()
    audio.ReleaseMedia()
    print("done")
    comtypes.CoUninitialize()
"""

WIN32 = """
    import pythoncom, win32com.client
    from win32com.shell import shell, shellcon
    import win32comext.shell.shellcon as same
    from win32comext.shell import shellcon as again
    print(shellcon is same is again, bool(shell.SHGetFolderPath(0, shellcon.CSIDL_MYMUSIC, None, 0)))
    master = win32com.client.GetObject("new:IMAPI2.MsftDiscMaster2")
    recorder = win32com.client.Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(win32com.client.VARIANT(pythoncom.VT_BSTR, master.Item(0)))
    print(recorder.VendorId(), recorder.ProductId)
"""


WINDLL = """
    import ctypes
    from ctypes import POINTER, byref, windll, oledll, HRESULT
    from ctypes.wintypes import DWORD, LPCWSTR, BOOL
    import comtypes, comtypes.client
    imapi2 = comtypes.client.GetModule("imapi2.dll")
    from comtypes.gen.IMAPI2 import IStream

    STGM_READ, STGM_SHARE_DENY_WRITE = 0x0, 0x20
    open_stream = windll.shlwapi.SHCreateStreamOnFileEx
    open_stream.argtypes = [LPCWSTR, DWORD, DWORD, BOOL, POINTER(IStream), POINTER(POINTER(IStream))]
    open_stream.restype = HRESULT

    def stream_of(name):
        stream = POINTER(IStream)()
        open_stream(name, STGM_READ | STGM_SHARE_DENY_WRITE, 0, False, None, byref(stream))
        return stream

    ctypes.windll.ole32.CoInitialize(None)
    master = comtypes.client.CreateObject("IMAPI2.MsftDiscMaster2")
    recorder = comtypes.client.CreateObject("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(master.Item(0))
    writer = comtypes.client.CreateObject("IMAPI2.MsftDiscFormat2TrackAtOnce")
    writer.Recorder = recorder
    writer.ClientName = "A script"
    writer.PrepareMedia()
    writer.AddAudioTrack(stream_of("a.pcm"))
    second = POINTER(IStream)()
    result = ctypes.WinDLL("shlwapi.dll").SHCreateStreamOnFileW(LPCWSTR("a.pcm"), DWORD(0), byref(second))
    print(result, second.Stat(1).cbSize)
    writer.AddAudioTrack(second)
    writer.ReleaseMedia()
    print(hex(windll.shlwapi.SHCreateStreamOnFileW("none", 0, byref(POINTER(IStream)())) & 0xFFFFFFFF))
    for call in (
        lambda: stream_of("none"),
        lambda: oledll.shlwapi.SHCreateStreamOnFileW("none", 0, byref(second)),
        lambda: windll.kernel32,
        lambda: windll.shlwapi.PathFileExistsW,
    ):
        try:
            call()
        except (OSError, AttributeError) as error:
            print(type(error).__name__)
"""


def test_a_script_makes_streams_by_ctypes_windll(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(track(400))
    lines = run(tmp_path, WINDLL)
    assert lines == ["0 940800", "0x80070002", "OSError", "OSError", "OSError", "AttributeError"]
    drive = redbook.open_drive(f"virtual:{next((tmp_path / 'data' / 'redbook' / 'discs').glob('*.disc'))}")
    with drive:
        assert len(redbook.disc_info(drive).disc.tracks) == 2


def run(tmp_path: Path, script: str) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(script))
    done = subprocess.run(
        [sys.executable, "-m", "redbook.imapi2", str(path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_comtypes_script_runs_as_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, SCRIPT) == ["True", "0x80004003 True", "False True True False done"]


def test_a_script_with_the_rest_of_pywin32_runs_as_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, WIN32) == ["True True", "REDBOOK VIRTUAL CD-RW"]


def test_a_stream_takes_variants_too() -> None:
    stream = Dispatch("ADODB.Stream")
    stream.Type = VARIANT(pythoncom.VT_I4, 1)
    stream.Open()
    stream.Write(VARIANT(pythoncom.VT_ARRAY | pythoncom.VT_UI1, b"abcd"))
    stream.Position = 0
    assert (stream.Size(), stream.Read(), stream.EOS) == (4, b"abcd", True)
    assert isinstance(stream, io.IOBase) is False
    assert pywintypes.IID(MASTER) == MASTER_CLSID
