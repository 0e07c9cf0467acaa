"""The interfaces and classes of IMAPI2 as data: identifiers, members, and which class has which interfaces.

Sources: imapi2.idl for identifiers and members, Microsoft's API reference for codes and defaults, objidl.idl
for the streams.
"""

from __future__ import annotations

from redbook.imapi2.typelib import data_tables as data
from redbook.imapi2.typelib import raw_tables as raw
from redbook.imapi2.typelib import recorder_tables as recorder
from redbook.imapi2.typelib import writer_tables as writer
from redbook.imapi2.typelib.members import Kind, Member
from redbook.records import dataclass

__all__ = ["CLASSES", "INTERFACES", "CoClass", "Interface", "Kind", "Member", "members_of"]


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface.

    base     name of the interface it extends; None if that is COM's own IDispatch or IUnknown
    members  its own ones, without the base's
    events   whether the object calls it instead of being called
    """

    name: str
    iid: str
    base: str | None
    members: tuple[Member, ...]
    events: bool = False


@dataclass(frozen=True, slots=True)
class CoClass:
    """One class that a client can create.

    interfaces  the default one first
    events      name of the event interface that it calls, if it has one
    """

    name: str
    clsid: str
    interfaces: tuple[str, ...]
    events: str | None

    @property
    def progid(self) -> str:
        return "IMAPI2." + self.name


def _iid(first: str, second: str = "7F64") -> str:
    """An identifier of the family that most of IMAPI2 shares."""
    return f"{first}-{second}-5B0F-8F00-5D77AFBE261E"


def _image(first: str) -> str:
    """An identifier of the family that the maker of images has."""
    return f"{first}-9D65-49CE-B335-40630D901227"


INTERFACES: dict[str, Interface] = {
    interface.name: interface
    for interface in (
        Interface("IDiscMaster2", _iid("27354130"), None, recorder.DISC_MASTER),
        Interface("DDiscMaster2Events", _iid("27354131"), None, recorder.DISC_MASTER_EVENTS, events=True),
        Interface("IDiscRecorder2", _iid("27354133"), None, recorder.DISC_RECORDER),
        Interface("IDiscRecorder2Ex", _iid("27354132"), None, recorder.DISC_RECORDER_EX),
        Interface("IDiscFormat2", _iid("27354152", "8F64"), None, writer.DISC_FORMAT),
        Interface("IDiscFormat2TrackAtOnce", _iid("27354154", "8F64"), "IDiscFormat2", writer.TRACK_AT_ONCE),
        Interface(
            "DDiscFormat2TrackAtOnceEvents", _iid("2735413F"), None, writer.TRACK_AT_ONCE_EVENTS, events=True
        ),
        Interface("IWriteEngine2EventArgs", _iid("27354136"), None, writer.ENGINE_EVENT_ARGS),
        Interface(
            "IDiscFormat2TrackAtOnceEventArgs",
            _iid("27354140"),
            "IWriteEngine2EventArgs",
            writer.TRACK_AT_ONCE_EVENT_ARGS,
        ),
        Interface("IWriteSpeedDescriptor", _iid("27354144"), None, writer.SPEED_DESCRIPTOR),
        # It has a DISPID, but extends IUnknown: a client has to ask the writer for it.
        Interface(
            "IBurnVerification", "D2FFD834-958B-426D-8470-2A13879C6A91", None, writer.BURN_VERIFICATION
        ),
        Interface("IDiscFormat2Data", _iid("27354153", "9F64"), "IDiscFormat2", data.DATA),
        Interface("DDiscFormat2DataEvents", _iid("2735413C"), None, data.DATA_EVENTS, events=True),
        Interface("IDiscFormat2RawCD", _iid("27354155", "8F64"), "IDiscFormat2", raw.RAW_CD),
        Interface("DDiscFormat2RawCDEvents", _iid("27354142"), None, raw.RAW_CD_EVENTS, events=True),
        Interface(
            "IDiscFormat2RawCDEventArgs", _iid("27354143"), "IWriteEngine2EventArgs", raw.RAW_CD_EVENT_ARGS
        ),
        Interface("IRawCDImageCreator", _image("25983550"), None, raw.IMAGE_CREATOR),
        Interface("IRawCDImageTrackInfo", _image("25983551"), None, raw.IMAGE_TRACK_INFO),
        Interface("IDiscFormat2Erase", _iid("27354156", "8F64"), "IDiscFormat2", writer.ERASE),
        Interface("DDiscFormat2EraseEvents", _iid("2735413A"), None, writer.ERASE_EVENTS, events=True),
        Interface(
            "ISequentialStream", "0C733A30-2A1C-11CE-ADE5-00AA0044773D", None, recorder.SEQUENTIAL_STREAM
        ),
        Interface("IStream", "0000000C-0000-0000-C000-000000000046", "ISequentialStream", recorder.STREAM),
    )
}

CLASSES: dict[str, CoClass] = {
    coclass.name: coclass
    for coclass in (
        CoClass("MsftDiscMaster2", _iid("2735412E"), ("IDiscMaster2",), "DDiscMaster2Events"),
        CoClass("MsftDiscRecorder2", _iid("2735412D"), ("IDiscRecorder2", "IDiscRecorder2Ex"), None),
        CoClass(
            "MsftDiscFormat2TrackAtOnce",
            _iid("27354129"),
            ("IDiscFormat2TrackAtOnce", "IBurnVerification"),
            "DDiscFormat2TrackAtOnceEvents",
        ),
        CoClass(
            "MsftDiscFormat2Data",
            _iid("2735412A"),
            ("IDiscFormat2Data", "IBurnVerification"),
            "DDiscFormat2DataEvents",
        ),
        CoClass("MsftDiscFormat2RawCD", _iid("27354128"), ("IDiscFormat2RawCD",), "DDiscFormat2RawCDEvents"),
        CoClass("MsftRawCDImageCreator", _image("25983561"), ("IRawCDImageCreator",), None),
        CoClass("MsftDiscFormat2Erase", _iid("2735412B"), ("IDiscFormat2Erase",), "DDiscFormat2EraseEvents"),
        CoClass("MsftWriteSpeedDescriptor", _iid("27354123"), ("IWriteSpeedDescriptor",), None),
        CoClass("MsftStreamZero", _iid("27354127"), ("IStream",), None),
    )
}


def members_of(class_name: str) -> dict[str, tuple[Interface, Member]]:
    """All members of a class by exact name, with those of base interfaces, but without event interfaces.

    raises  KeyError  for a class that is not in CLASSES
    """
    found: dict[str, tuple[Interface, Member]] = {}
    for first in CLASSES[class_name].interfaces:
        name: str | None = first
        while name is not None:
            interface = INTERFACES[name]
            for member in interface.members:
                found.setdefault(member.name, (interface, member))
            name = interface.base
    return found
