"""Classes that programs ask for besides those for audio, and that are missing here: what to do instead.

Source of the ids: imapi2.idl
"""

from __future__ import annotations

_DATA = "redbook burns audio, not data discs; use xorriso or growisofs for those"
_STREAM = "AddAudioTrack takes bytes, files and any object with read and seek instead"
_FAMILY = "7F64-5B0F-8F00-5D77AFBE261E"

INSTEAD: dict[str, str] = {
    "IMAPI2.MsftWriteEngine2": "use MsftDiscFormat2TrackAtOnce, which writes audio tracks with redbook's own "
    "engine",
    "IMAPI2.MsftStreamPrng001": _STREAM,
    "IMAPI2.MsftStreamConcatenate": _STREAM,
    "IMAPI2.MsftStreamInterleave": _STREAM,
    "IMAPI2.MsftMultisessionSequential": _DATA,
    "IMAPI2.MsftMultisessionRandomWrite": _DATA,
    "IMAPI2FS.MsftFileSystemImage": _DATA,
    "IMAPI2FS.MsftIsoImageManager": _DATA,
    "IMAPI2FS.BootOptions": _DATA,
    "MSDiscMasterObj.MSDiscMasterObj": "this is IMAPI's first version; MsftDiscMaster2 replaces it",
    "Scripting.FileSystemObject": "use Python's pathlib and shutil",
    "WScript.Shell": "use Python's subprocess and os",
    "Shell.Application": "use Python's subprocess and os",
    "WMPlayer.OCX": "use EjectMedia and CloseTray of MsftDiscRecorder2 to move the tray",
}
"""ProgID, and what to do instead."""

_CLSIDS = {
    f"2735412C-{_FAMILY}": "IMAPI2.MsftWriteEngine2",
    f"27354126-{_FAMILY}": "IMAPI2.MsftStreamPrng001",
    f"27354125-{_FAMILY}": "IMAPI2.MsftStreamConcatenate",
    f"27354124-{_FAMILY}": "IMAPI2.MsftStreamInterleave",
    f"27354122-{_FAMILY}": "IMAPI2.MsftMultisessionSequential",
    "B507CA24-2204-11DD-966A-001AA01BBC58": "IMAPI2.MsftMultisessionRandomWrite",
}
_BY_TEXT = {name.lower(): name for name in INSTEAD} | {clsid.lower(): name for clsid, name in _CLSIDS.items()}


def missing(text: str) -> tuple[str, str] | None:
    """ProgID and advice for a class that Windows has and redbook does not.

    text  a ProgID, or a CLSID without braces; in lower case
    """
    name = _BY_TEXT.get(text) or _BY_TEXT.get(text.removesuffix(".1"))
    return None if name is None else (name, INSTEAD[name])
