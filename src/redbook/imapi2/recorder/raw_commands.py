"""IDiscRecorder2Ex: raw commands to a recorder, and what the system says about it."""

from __future__ import annotations

import contextlib
from struct import Struct
from typing import TYPE_CHECKING, Any

from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import DriveBusy, DriveClosed, InvalidReply, SenseError
from redbook.imapi2.com import ComObject, fail, to_bool, to_bytes, to_long, translated
from redbook.imapi2.recorder import features
from redbook.imapi2.typelib.enumerations import IMAPI_MODE_PAGE_REQUEST_TYPE, IMAPI_READ_TRACK_ADDRESS_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.command import Command
from redbook.mmc.control import TestUnitReady
from redbook.mmc.decode import CDB_BYTES
from redbook.mmc.disc_info import ReadDiscInformation, ReadTrackInformation, TrackAddress
from redbook.mmc.disc_structure import ReadDiscStructure, SendDiscStructure
from redbook.mmc.identify import CD_DEVICE, InquiryReply
from redbook.mmc.mode_pages import ModeData, ModeSelect10, ModeSense10, PageControl
from redbook.transport.base import Status

if TYPE_CHECKING:
    from redbook.imapi2.devices import Handle

SENSE_BYTES = 18
MOST_TRANSFER_BYTES = 65536
PAGE_BYTES = 4096
LONGEST_PAGE_BYTES = 257  # its length field has one byte
LONGEST_STRUCTURE_BYTES = 0xFFFF - 4
LONGEST_TIMEOUT_SECONDS = 0x7FFFFFFF

_ANY_LENGTH = frozenset(bytes.fromhex("02 05 06 09 0C 0D 0E 0F 10 13 14 19 20 21 22 23 24 26 27 29 2C 2D"))
"""Opcodes that IMAPI2 exempts from that rule."""

_ADAPTER = Struct("<5L4BBx2H2B")
_BUS_VIRTUAL = 0x0E  # STORAGE_BUS_TYPE BusTypeVirtual
_DEVICE = Struct("<2L4B4L2L")


def _hear_attentions() -> Procedure[None]:
    """Take the unit attentions about what happened before: on Windows the driver gets them, not a program.

    raises  TransportTimeout and the like; a drive that is not ready is no error here
    """
    with contextlib.suppress(SenseError):
        yield from despite_attention(TestUnitReady())


class DiscRecorder2Ex(ComObject):
    """The members of IDiscRecorder2Ex; MsftDiscRecorder2 is the class to use.

    Out parameters are returned: where there are several, in a tuple after the HRESULT.
    """

    def __init__(self) -> None:
        self._bound: Handle | None = None
        self._inquiry: InquiryReply | None = None
        self._attentions_heard = False

    @property
    def _handle(self) -> Handle:
        if self._bound is None:
            raise DriveClosed("this object has no recorder yet; call InitializeDiscRecorder first")
        return self._bound

    def _who(self) -> InquiryReply:
        """What the recorder said about itself when this object was bound to it.  raises  DriveClosed"""
        self._handle.check_open()
        assert self._inquiry is not None  # it came with the handle
        return self._inquiry

    # Commands of the caller's own

    @translated
    def SendCommandNoData(self, Cdb: bytes, CdbSize: int, Timeout: int) -> tuple[int, bytes]:
        """Send a command without data.

        Reports of what happened before (unit attentions) are taken before an object's first raw command.

        Timeout  seconds
        Returns  S_OK or S_IMAPI_COMMAND_HAS_SENSE_DATA, and 18 bytes of sense
        """
        code, sense, _ = self._send("SendCommandNoData", Cdb, CdbSize, Timeout)
        return code, sense

    @translated
    def SendCommandSendDataToDevice(
        self, Cdb: bytes, CdbSize: int, Timeout: int, Buffer: bytes, BufferSize: int
    ) -> tuple[int, bytes]:
        """Send a command with data for the device, at least one byte.  Returns  HRESULT, sense"""
        name = "SendCommandSendDataToDevice"
        data = to_bytes(self, name, Buffer)
        size = to_long(self, name, BufferSize, 1)
        if len(data) < size:
            fail(self, name, HResult.E_INVALIDARG, f"BufferSize is {size}, but Buffer has {len(data)} bytes")
        code, sense, _ = self._send(name, Cdb, CdbSize, Timeout, data[:size])
        return code, sense

    @translated
    def SendCommandGetDataFromDevice(
        self, Cdb: bytes, CdbSize: int, Timeout: int, BufferSize: int
    ) -> tuple[int, bytes, bytes]:
        """Send a command that asks for at most BufferSize bytes.  Returns  HRESULT, sense, data"""
        name = "SendCommandGetDataFromDevice"
        return self._send(name, Cdb, CdbSize, Timeout, b"", to_long(self, name, BufferSize, 1))

    def _send(
        self, name: str, cdb: object, cdb_size: object, timeout: object, data: bytes = b"", wanted: int = 0
    ) -> tuple[int, bytes, bytes]:
        command = to_bytes(self, name, cdb)
        size = to_long(self, name, cdb_size, 6, 16)
        seconds = to_long(self, name, timeout, 1, LONGEST_TIMEOUT_SECONDS)
        if len(command) != size:
            fail(self, name, HResult.E_INVALIDARG, f"CdbSize is {size}, but Cdb has {len(command)} bytes")
        due = CDB_BYTES.get(command[0] >> 5, size)
        if size != due and command[0] not in _ANY_LENGTH:
            fail(self, name, HResult.E_INVALIDARG, f"opcode {command[0]:02X}h needs {due} bytes, not {size}")
        handle = self._handle
        if not self._attentions_heard:
            handle.run(_hear_attentions())
            self._attentions_heard = True
        with handle.use() as drive:
            reply = drive.send(command, data, wanted, float(seconds), name=name)
        if reply.status == Status.RESERVATION_CONFLICT:
            raise DriveBusy("another program has reserved the drive; close that program")
        if reply.status == Status.GOOD:
            return HResult.S_OK, bytes(SENSE_BYTES), reply.data
        if not reply.sense:
            raise InvalidReply(f"the command was refused without a reason (SCSI status {reply.status:02X}h)")
        sense = reply.sense[:SENSE_BYTES].ljust(SENSE_BYTES, b"\0")
        return HResult.S_IMAPI_COMMAND_HAS_SENSE_DATA, sense, reply.data

    # Structures, information, features, mode pages

    @translated
    def ReadDvdStructure(self, format: int, address: int, layer: int, agid: int) -> bytes:
        """A structure of a DVD, without the reply's header.  format, layer 0..255; agid 0..3"""
        name = "ReadDvdStructure"
        command = ReadDiscStructure(
            to_long(self, name, format, 0, 0xFF),
            to_long(self, name, address, 0),
            to_long(self, name, layer, 0, 0xFF),
            to_long(self, name, agid, 0, 3),
        )
        return self._handle.run(despite_attention(command))

    @translated
    def SendDvdStructure(self, format: int, data: bytes) -> int:
        """Write a structure; the header is added."""
        name = "SendDvdStructure"
        body = to_bytes(self, name, data)
        if len(body) > LONGEST_STRUCTURE_BYTES:
            fail(self, name, HResult.E_INVALIDARG, f"at most {LONGEST_STRUCTURE_BYTES} bytes can be sent")
        command = SendDiscStructure(to_long(self, name, format, 0, 0xFF), body)
        self._handle.run(despite_attention(command))
        return HResult.S_OK

    @translated
    def GetDiscInformation(self) -> bytes:
        """The reply to READ DISC INFORMATION."""
        return self._fetch(ReadDiscInformation())

    @translated
    def GetTrackInformation(self, address: int, addressType: int) -> bytes:
        """The reply to READ TRACK INFORMATION.  addressType  an IMAPI_READ_TRACK_ADDRESS_TYPE"""
        name = "GetTrackInformation"
        kind = to_long(self, name, addressType, 0, max(IMAPI_READ_TRACK_ADDRESS_TYPE))
        return self._fetch(ReadTrackInformation(to_long(self, name, address), TrackAddress(kind)))

    @translated
    def GetFeaturePage(self, requestedFeature: int, currentFeatureOnly: bool) -> bytes:
        """One feature descriptor with its own header of four bytes, without the header of the whole reply."""
        name = "GetFeaturePage"
        code = to_long(self, name, requestedFeature, 0, 0xFFFF)
        only = to_bool(self, name, currentFeatureOnly)
        return self._handle.run(features.ask_one(code, only)).to_bytes()

    @translated
    def GetModePage(self, requestedModePage: int, requestType: int) -> bytes:
        """One mode page with its header of two bytes.  requestType  an IMAPI_MODE_PAGE_REQUEST_TYPE"""
        name = "GetModePage"
        code = to_long(self, name, requestedModePage, 0, 0x3E)
        command = ModeSense10(code, self._control(name, requestType))
        data: ModeData = self._handle.run(despite_attention(command))
        page = data.page(code)
        if page is None:
            raise InvalidReply(
                f"the drive was asked for mode page {code:02X}h, but its answer does not have it"
            )
        return page

    @translated
    def SetModePage(self, requestType: int, data: bytes) -> int:
        """Write one mode page; the header is added.  requestType  CURRENT_VALUES, or SAVED_VALUES"""
        name = "SetModePage"
        control = self._control(name, requestType)
        if control not in (PageControl.CURRENT, PageControl.SAVED):
            fail(self, name, HResult.E_INVALIDARG, "only current and saved values can be written")
        page = to_bytes(self, name, data)
        if not 2 <= len(page) <= LONGEST_PAGE_BYTES:
            fail(self, name, HResult.E_INVALIDARG, f"a mode page has 2 to 257 bytes, not {len(page)}")
        self._handle.run(despite_attention(ModeSelect10(page, control is PageControl.SAVED)))
        return HResult.S_OK

    @translated
    def GetSupportedFeaturePages(self, currentFeatureOnly: bool) -> tuple[int, ...]:
        only = to_bool(self, "GetSupportedFeaturePages", currentFeatureOnly)
        return features.feature_list(self._handle.run(features.ask()), only)

    @translated
    def GetSupportedProfiles(self, currentOnly: bool) -> tuple[int, ...]:
        only = to_bool(self, "GetSupportedProfiles", currentOnly)
        return features.profile_list(self._handle.run(features.ask()), only)

    @translated
    def GetSupportedModePages(self, requestType: int) -> tuple[int, ...]:
        control = self._control("GetSupportedModePages", requestType)
        return self._handle.run(features.mode_page_list(control))

    # What Windows would say about adapter and device

    @translated
    def GetAdapterDescriptor(self) -> bytes:
        """A STORAGE_ADAPTER_DESCRIPTOR.  Source: Windows SDK, winioctl.h"""
        with self._handle.use():
            pages = MOST_TRANSFER_BYTES // PAGE_BYTES
            size = _ADAPTER.size
            return _ADAPTER.pack(
                *(size, size, MOST_TRANSFER_BYTES, pages, 0), *(0, 0, 0, 0), _BUS_VIRTUAL, 0, 0, 0, 0
            )

    @translated
    def GetDeviceDescriptor(self) -> bytes:
        """A STORAGE_DEVICE_DESCRIPTOR, followed by its strings.  Source: Windows SDK, winioctl.h"""
        who = self._who()
        texts = [text.encode("ascii", "replace") + b"\0" for text in (who.vendor, who.product, who.revision)]
        offsets = [_DEVICE.size + sum(map(len, texts[:i])) for i in range(3)]
        tail = b"".join(texts)
        size = _DEVICE.size + len(tail)
        head = _DEVICE.pack(size, size, CD_DEVICE, 0, 1, 0, *offsets, 0, _BUS_VIRTUAL, len(tail))
        return head + tail

    @translated
    def GetByteAlignmentMask(self) -> int:
        with self._handle.use():
            return 1

    @translated
    def GetMaximumNonPageAlignedTransferSize(self) -> int:
        """In bytes: one page less than for an aligned buffer, because this one may begin within a page."""
        with self._handle.use():
            return MOST_TRANSFER_BYTES - PAGE_BYTES

    @translated
    def GetMaximumPageAlignedTransferSize(self) -> int:
        with self._handle.use():
            return MOST_TRANSFER_BYTES

    def _control(self, name: str, request_type: object) -> PageControl:
        most = max(IMAPI_MODE_PAGE_REQUEST_TYPE)
        return PageControl(to_long(self, name, request_type, 0, most))

    def _fetch(self, command: Command[Any]) -> bytes:
        """The reply as it came, after a check that it makes sense."""

        def ask() -> Procedure[None]:
            yield from despite_attention(command)

        with self._handle.use() as drive:
            self._handle.run(ask())
            return drive.fetch(command)
