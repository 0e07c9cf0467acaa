"""Scripts in pywin32's manner run after changing their import line, or as they are."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
import typing
from pathlib import Path
from typing import Any

import pytest

import redbook.imapi2 as imapi2
from redbook.imapi2 import (
    CastTo,
    Dispatch,
    DispatchWithEvents,
    WithEvents,
    com_error,
    constants,
    pythoncom,
    pywintypes,
    win32com,
    winerror,
)
from redbook.imapi2.typelib.interfaces import CLASSES
from tests.support.imapi import NAME, Rig, track

TAO = "IMAPI2.MsftDiscFormat2TrackAtOnce"


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_made_by_progid_and_clsid_in_any_case(name: str) -> None:
    known = CLASSES[name]
    for way in (known.progid, known.progid.upper(), known.progid + ".1", "{" + known.clsid + "}"):
        assert type(Dispatch(way)) is getattr(imapi2, name)


@pytest.mark.parametrize(
    ("clsid", "code"),
    [
        ("IMAPI2.MsftWriteEngine2", "CO_E_CLASSSTRING"),
        ("2735412C-7F64-5B0F-8F00-5D77AFBE261E", "REGDB_E_CLASSNOTREG"),
        (None, "REGDB_E_CLASSNOTREG"),
    ],
)
def test_a_class_that_there_is_not(clsid: object, code: str) -> None:
    with pytest.raises(com_error, match="MsftDiscFormat2TrackAtOnce") as error:
        Dispatch(clsid)
    assert error.value.name == code


def test_names_ignore_case_and_know_cplusplus_accessors() -> None:
    with Rig() as rig:
        writer = rig.writer
        writer.recorder = rig.recorder
        writer.PUT_CLIENTNAME(NAME)
        assert writer.get_ClientName() == writer.clientNAME == NAME
        writer.preparemedia()
        writer.addAUDIOtrack(track(300))
        assert writer.numberofexistingtracks == 1
        writer.RELEASEMEDIA()


def test_names_that_there_are_not_and_what_can_only_be_read() -> None:
    writer = Dispatch(TAO)
    with pytest.raises(AttributeError, match="AddTrack"):
        writer.AddTrack(b"")
    with pytest.raises(AttributeError, match="Recordr"):
        writer.Recordr = None
    with pytest.raises(AttributeError, match="FreeSectorsOnMedia"):
        writer.FreeSectorsOnMedia = 5


def test_an_error_has_what_pywin32_has() -> None:
    with pytest.raises(pythoncom.com_error) as caught:
        Dispatch(TAO).PrepareMedia()
    error = caught.value
    hresult, text, excepinfo, argerror = error.args
    code = 0xC0AA050A - (1 << 32)
    assert (error.hresult, hresult, excepinfo[5], argerror) == (code, code, code, None)
    assert error.strerror == text == excepinfo[2] == str(error)
    assert excepinfo[1] == TAO
    assert (error.name, error.sense) == ("E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED", None)
    assert code == constants.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
    assert winerror.FAILED(error.hresult)
    assert code == winerror.E_IMAPI_DF2TAO_NO_RECORDER_SPECIFIED
    assert isinstance(error, pywintypes.com_error)


def test_an_error_of_an_unknown_code_can_be_made_and_raised() -> None:
    error = com_error(-2147221005, "text", None, None)
    assert (error.args, error.name) == ((-2147221005, "text", None, None), "CO_E_CLASSSTRING")
    assert com_error(-5).name == "0xFFFFFFFB"


class Handler:
    """A handler with attributes of its own, called as the writer's own ones might be."""

    def __init__(self) -> None:
        self._cancel = False
        self._state = "idle"
        self._session = 0
        self.recorder = "D:"
        self.seen: list[int] = []

    def OnUpdate(self, source: Any, progress: Any) -> None:
        assert Dispatch(progress) is progress
        assert CastTo(progress, "IWriteEngine2EventArgs") is progress
        self._update(progress)
        if self._cancel:
            self.CancelAddTrack()

    def _update(self, progress: Any) -> None:
        self.seen.append(progress.CurrentAction)


def test_an_object_and_its_handler_in_one_keep_their_attributes_apart() -> None:
    with Rig() as rig:
        writer = DispatchWithEvents(TAO, Handler)
        assert isinstance(writer, Handler)
        writer.Recorder, writer.ClientName = rig.recorder, NAME
        assert (writer.recorder, writer.Recorder) == ("D:", rig.recorder)
        writer.PrepareMedia()
        writer.AddAudioTrack(track(300))
        assert writer.seen == [1, 2, 2, 3]
        assert (writer._state, writer._cancel) == ("idle", False)
        writer._cancel = True
        with pytest.raises(com_error) as error:
            writer.AddAudioTrack(track(300))
        assert error.value.name == "E_IMAPI_REQUEST_CANCELLED"
        writer.seen.clear()
        writer.close()
        writer.ReleaseMedia()
        assert writer.seen == []
        assert rig.is_free()


def test_handlers_of_objects_that_there_are() -> None:
    with Rig() as rig:
        rig.prepared()
        handler = WithEvents(rig.writer, Handler2)
        both = DispatchWithEvents(rig.writer, Handler2)
        told: list[Any] = []
        WithEvents(rig.writer, told.append if False else lambda *update: told.append(update))
        rig.writer.AddAudioTrack(track(300))
        assert len(handler.seen) == len(both.seen) == len(told) == 4
        handler.close()
        both.close()
        rig.writer.ReleaseMedia()
        assert len(handler.seen) == len(both.seen) == 4
        assert len(told) == 5


class Handler2:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def OnUpdate(self, source: Any, progress: Any) -> None:
        self.seen.append(progress)


def test_the_class_that_getevents_makes_is_a_handler() -> None:
    events = imapi2.getevents(TAO)
    assert events is not None

    class Mine(events):  # type: ignore[misc,valid-type]
        pass

    with Rig() as rig:
        WithEvents(rig.writer, Mine)
        rig.prepared().AddAudioTrack(track(300))
    assert imapi2.getevents("IMAPI2.MsftDiscRecorder2") is None


def test_what_has_no_events_is_refused() -> None:
    for way in (DispatchWithEvents, WithEvents):
        with pytest.raises(ValueError, match="no events"):
            way("IMAPI2.MsftDiscRecorder2", Handler2)
    with pytest.raises(ValueError, match="class"):
        DispatchWithEvents(TAO, print)  # type: ignore[arg-type]


def test_casting_to_what_an_object_is_not() -> None:
    writer = Dispatch(TAO)
    for name in ("IDiscFormat2", "IBurnVerification", "MsftDiscFormat2TrackAtOnce"):
        assert CastTo(writer, name) is writer
    with pytest.raises(com_error) as error:
        CastTo(writer, "IDiscMaster2")
    assert error.value.name == "E_NOINTERFACE"


def test_the_master_is_a_collection() -> None:
    with Rig(unique_id="one"), Rig(unique_id="two"):
        master = Dispatch("IMAPI2.MsftDiscMaster2")
        assert [master.Item(i) for i in range(master.Count)] == list(master) == ["one", "two"]
        assert (master(1), master[1], len(master)) == ("two", "two", 2)
        snapshot = iter(master)
        with Rig(unique_id="three"):
            assert list(snapshot) == ["one", "two"]
            assert master.Count == 3
        with pytest.raises(IndexError):
            master[2]
        with pytest.raises(com_error):
            master.Item(-1)


def test_numbers_and_truths_as_com_converts_them() -> None:
    with Rig() as rig:
        assert rig.ready().SetWriteSpeed(600.0, 0) == rig.writer.SetWriteSpeed("600", False) == 0
        rig.writer.DoNotFinalizeMedia = -1
        assert rig.writer.DoNotFinalizeMedia is True


PROPERTIES: dict[str, list[object]] = {
    "DoNotFinalizeMedia": ["yes", None, [], object()],
    "StrictSectors": ["yes", None],
    "ReadBackAudio": ["yes", None],
    "BurnVerificationLevel": ["QUICK", None, 1.5, True, 3, -1, 2],
    "ClientName": [5, "", b"bytes"],
    "Recorder": [5, "D:", object()],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in PROPERTIES.items() for v in values])
def test_a_wrong_type_or_range_is_refused_and_changes_nothing(name: str, value: object) -> None:
    with Rig() as rig:
        rig.ready()
        before = getattr(rig.writer, name)
        with pytest.raises(com_error):
            setattr(rig.writer, name, value)
        assert getattr(rig.writer, name) == before


@pytest.mark.parametrize(
    "arguments",
    [(0, False), (-2, False), (1 << 31, False), (1.5, False), (None, False), ("fast", False), (600, "CAV")],
)
def test_a_wrong_speed_is_refused_and_changes_nothing(arguments: tuple[Any, Any]) -> None:
    with Rig() as rig:
        rig.ready().SetWriteSpeed(1200, False)
        with pytest.raises(com_error) as error:
            rig.writer.SetWriteSpeed(*arguments)
        assert error.value.name in ("E_INVALIDARG", "DISP_E_TYPEMISMATCH")
        assert (rig.writer.RequestedWriteSpeed, rig.writer.CurrentWriteSpeed) == (1200, 1200)


@pytest.mark.parametrize(
    "call",
    [
        lambda r: r.SendCommandNoData(bytes(6), 10, 10),
        lambda r: r.SendCommandNoData(bytes(10), 10, 10),
        lambda r: r.SendCommandNoData(bytes(5), 5, 10),
        lambda r: r.SendCommandNoData(bytes(17), 17, 10),
        lambda r: r.SendCommandNoData(bytes(6), 6, 0),
        lambda r: r.SendCommandNoData("cdb", 6, 10),
        lambda r: r.SendCommandGetDataFromDevice(bytes(6), 6, 10, 0),
        lambda r: r.SendCommandSendDataToDevice(bytes(6), 6, 10, b"", 0),
        lambda r: r.SendCommandSendDataToDevice(bytes(6), 6, 10, b"x", 2),
        lambda r: r.GetModePage(0x40, 0),
        lambda r: r.GetModePage(5, 4),
        lambda r: r.SetModePage(1, bytes(60)),
        lambda r: r.SetModePage(0, b""),
        lambda r: r.GetFeaturePage(0x10000, False),
        lambda r: r.GetTrackInformation(1, 3),
        lambda r: r.ReadDvdStructure(256, 0, 0, 0),
        lambda r: r.ReadDvdStructure(0, 0, 0, 4),
    ],
)
def test_wrong_arguments_of_the_raw_members(call: Any) -> None:
    with Rig() as rig:
        with pytest.raises(com_error) as error:
            call(rig.recorder)
        assert error.value.name in ("E_INVALIDARG", "DISP_E_TYPEMISMATCH")


def test_vendor_commands_may_have_any_length() -> None:
    with Rig() as rig:
        for size in (6, 10, 12, 16):
            code, sense = rig.recorder.SendCommandNoData(b"\xc0".ljust(size, b"\0"), size, 10)
            assert code == constants.S_IMAPI_COMMAND_HAS_SENSE_DATA
            assert (sense[2], sense[12]) == (5, 0x20)


# Streams


def test_a_stream_in_memory_and_a_file_the_windows_way(tmp_path: Path) -> None:
    memory = pythoncom.CreateStreamOnHGlobal()
    memory.Write(track(300))
    path = tmp_path / "a file.pcm"
    path.write_bytes(track(310))
    file = win32com.shell.shell.SHCreateStreamOnFileEx(path, win32com.storagecon.STGM_READ, 0, False, None)
    adodb = Dispatch("ADODB.Stream")
    adodb.Type = 1
    adodb.Open()
    adodb.LoadFromFile(path)
    assert (adodb.Size, adodb.EOS) == (310 * 2352, False)
    with Rig() as rig:
        rig.prepared()
        for stream in (memory, file, adodb, win32com.server.util.wrap(io.BytesIO(track(300)))):
            rig.writer.AddAudioTrack(stream)
        assert [sectors for _, _, sectors in rig.tracks] == [300, 310, 310, 300]
        assert rig.audio(452, 310) == track(310)
    file.Close()
    adodb.Close()
    with pytest.raises(com_error):
        adodb.Read()


def test_a_file_is_never_emptied_by_opening_it(tmp_path: Path) -> None:
    path = tmp_path / "precious.pcm"
    path.write_bytes(b"audio")
    with win32com.shell.shell.SHCreateStreamOnFileEx(path, 2, 0, True, None) as stream:
        assert stream.Read(10) == b"audio"
    with pytest.raises(com_error, match="missing") as error:
        win32com.shell.shell.SHCreateStreamOnFileEx(tmp_path / "missing", 0)
    assert error.value.hresult == 0x80070002 - (1 << 32)


def test_silence_as_long_as_it_is_told() -> None:
    zero = Dispatch("IMAPI2.MsftStreamZero")
    zero.SetSize(1000)
    assert (zero.Stat(1).cbSize, zero.Read(2000)) == (1000, bytes(1000))
    with pytest.raises(com_error) as error:
        zero.Seek(-5, 0)
    assert error.value.name == "E_INVALIDARG"


# Whole scripts

SCRIPT = """
    import sys
    import pythoncom, winerror
    import win32com.client
    from win32com.client import gencache, constants

    pythoncom.CoInitialize()

    class Events:
        def OnUpdate(self, sender, progress):
            progress = win32com.client.Dispatch(progress)
            if progress.CurrentAction == constants.IMAPI_FORMAT2_TAO_WRITE_ACTION_WRITING:
                done = (progress.LastWrittenLba - progress.StartLba) * 100 // progress.SectorCount
                print("%d%%" % done)

    master = win32com.client.Dispatch("IMAPI2.MsftDiscMaster2")
    recorder = gencache.EnsureDispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(master.Item(0))
    print(recorder.VendorId, "%d profiles" % len(recorder.SupportedProfiles), sys.argv[1:])
    tao = win32com.client.DispatchWithEvents("IMAPI2.MsftDiscFormat2TrackAtOnce", Events)
    tao.Recorder = recorder
    tao.ClientName = "A script"
    try:
        tao.AddAudioTrack(None)
    except pythoncom.com_error as e:
        print(hex(e.excepinfo[5] & 0xFFFFFFFF))
    tao.PrepareMedia()
    stream = pythoncom.CreateStreamOnHGlobal()
    stream.Write(bytes(2352 * 400))
    tao.AddAudioTrack(stream)
    tao.ReleaseMedia()
    tao.Recorder = None
    print("done")
"""
OUTPUT = ["REDBOOK 3 profiles ['an argument']", "0x80004003", "0%", "99%", "done"]


def run(tmp_path: Path, script: str, *start: str) -> list[str]:
    path = tmp_path / "a script.py"
    path.write_text(textwrap.dedent(script))
    command = [sys.executable, *start, str(path), "an argument"]
    env = {"XDG_DATA_HOME": str(tmp_path / "data"), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_script_runs_as_it_is(tmp_path: Path) -> None:
    assert run(tmp_path, SCRIPT, "-m", "redbook.imapi2") == OUTPUT


def test_a_script_runs_after_changing_its_import_lines(tmp_path: Path) -> None:
    changed = SCRIPT.replace("import pythoncom, winerror", "from redbook.imapi2 import pythoncom, winerror")
    changed = changed.replace("import win32com.client\n", "from redbook.imapi2 import win32com\n", 1)
    changed = changed.replace("from win32com.client import", "from redbook.imapi2.win32com.client import")
    assert run(tmp_path, changed) == OUTPUT


def test_running_what_is_not_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "redbook.imapi2", "missing.py"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "redbook.imapi2: missing.py: there is no such file\n")


MORE = """
    import pythoncom, pywintypes, win32com.client
    from win32comext.shell import shell
    from win32comext.shell.shell import SHCreateStreamOnFileEx
    clsid = pywintypes.IID("IMAPI2.MsftDiscMaster2")
    master = pythoncom.CoCreateInstance(clsid, None, pythoncom.CLSCTX_ALL, pythoncom.IID_IDispatch)
    recorder = pythoncom.new("IMAPI2.MsftDiscRecorder2")
    recorder._oleobj_.InitializeDiscRecorder(win32com.client.Dispatch(master._oleobj_).Item(0))
    ex = recorder._oleobj_.QueryInterface(pywintypes.IID("27354132-7F64-5B0F-8F00-5D77AFBE261E"))
    print(clsid, len(ex.GetDiscInformation()), pythoncom.Empty, pythoncom.Missing)
    try:
        master.QueryInterface(pythoncom.IID_IStream)
    except pywintypes.com_error as error:
        print(error.name)
"""


def test_more_of_what_scripts_use_of_pywin32(tmp_path: Path) -> None:
    lines = run(tmp_path, MORE, "-m", "redbook.imapi2")
    assert lines == ["{2735412E-7F64-5B0F-8F00-5D77AFBE261E} 34 None None", "E_NOINTERFACE"]


def test_a_script_in_another_language_is_told_in_one_line() -> None:
    command = [sys.executable, "-m", "redbook.imapi2", "Burn.VBS"]
    done = subprocess.run(command, capture_output=True, text=True)
    words = "is VBScript; this runs Python scripts, so port it to Python"
    assert (done.returncode, done.stderr) == (1, f"redbook.imapi2: Burn.VBS {words}\n")


def test_what_is_no_id_makes_none() -> None:
    with pytest.raises(ValueError, match="neither an id"):
        pywintypes.IID("hello")


def test_dispatch_is_typed_for_every_class() -> None:
    """mypy holds the annotations against the overloads; here the overloads are held against the classes."""
    master: imapi2.MsftDiscMaster2 = Dispatch("IMAPI2.MsftDiscMaster2")
    recorder: imapi2.MsftDiscRecorder2 = imapi2.EnsureDispatch("IMAPI2.MsftDiscRecorder2")
    assert (master.IsSupportedEnvironment, recorder.IMPLEMENTS[0]) == (True, "IDiscRecorder2")
    typed = {}
    for form in typing.get_overloads(Dispatch):
        hints = typing.get_type_hints(form)
        for progid in typing.get_args(hints["dispatch"]):
            typed[progid] = hints["return"]
    assert set(typed) == {known.progid for known in CLASSES.values()} | {"ADODB.Stream"}
    assert all(type(Dispatch(progid)) is kind for progid, kind in typed.items())
