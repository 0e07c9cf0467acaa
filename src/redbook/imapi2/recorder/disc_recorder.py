"""MsftDiscRecorder2: one recorder."""

from __future__ import annotations

import contextlib
import os
from types import TracebackType
from typing import Self

from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import DriveBusy
from redbook.imapi2.com import fail, to_bool, translated
from redbook.imapi2.devices import Handle, finalize_in_thread, registry
from redbook.imapi2.formats.client_name import is_valid_client_name
from redbook.imapi2.recorder import features
from redbook.imapi2.recorder.raw_commands import DiscRecorder2Ex
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.control import StartStopUnit
from redbook.mmc.identify import Inquiry, InquiryReply
from redbook.mmc.mode_pages import Capabilities, Loader, ModeData, ModeSense10
from redbook.system import holders
from redbook.system.system import System


class MsftDiscRecorder2(DiscRecorder2Ex):
    """A recorder.  InitializeDiscRecorder comes before everything else.

    Beyond IMAPI2 it is a context manager: leaving it gives back its recorder and any exclusive access.
    """

    PROGID = "IMAPI2.MsftDiscRecorder2"
    IMPLEMENTS = ("IDiscRecorder2", "IDiscRecorder2Ex")

    def __init__(self) -> None:
        super().__init__()
        self._mcn_disabled = 0

    # IDiscRecorder2

    @translated
    def InitializeDiscRecorder(self, recorderUniqueId: str) -> int:
        """Bind this object to a recorder: an id that MsftDiscMaster2 lists, or "virtual:PATH".

        This also succeeds while another program has exclusive access to the recorder.
        """
        name = "InitializeDiscRecorder"
        if recorderUniqueId is None:
            fail(self, name, HResult.E_POINTER, "an id is needed, not None")
        if not isinstance(recorderUniqueId, str) or not _is_a_name(recorderUniqueId):
            fail(self, name, HResult.E_INVALIDARG, f"{recorderUniqueId!r} is not the id of a recorder")
        if self._bound is not None and self._bound.in_use:
            fail(
                self,
                name,
                HResult.E_FAIL,
                "this object has exclusive access, or a writer is prepared with it",
            )
        handle = Handle(registry.device(recorderUniqueId))
        try:
            inquiry = handle.run(despite_attention(Inquiry()))
        except DriveBusy:  # INQUIRY disturbs nobody
            inquiry = handle.device.drive.run(Inquiry())
        if self._bound is not None:
            self._bound.close()
        self._bound, self._inquiry, self._mcn_disabled = handle, inquiry, 0
        self._attentions_heard = False
        finalize_in_thread(self, Handle.close, handle)
        return HResult.S_OK

    @property
    @translated
    def ActiveDiscRecorder(self) -> str:
        return self._handle.device.unique_id

    @translated
    def EjectMedia(self) -> int:
        self._handle.run(despite_attention(StartStopUnit(start=False, load_eject=True)))
        return HResult.S_OK

    @translated
    def CloseTray(self) -> int:
        self._handle.run(despite_attention(StartStopUnit(start=True, load_eject=True)))
        return HResult.S_OK

    @translated
    def AcquireExclusiveAccess(self, force: bool, clientName: str) -> int:
        """Take one more level of exclusive access.

        force       take it even where a file system of the disc is mounted
        clientName  what others read in ExclusiveAccessOwner
        """
        name = "AcquireExclusiveAccess"
        forced = to_bool(self, name, force)
        if clientName is None or clientName == "":
            fail(self, name, HResult.E_INVALIDARG, "a client name is needed")
        if not is_valid_client_name(clientName):
            fail(self, name, HResult.E_IMAPI_RECORDER_CLIENT_NAME_IS_NOT_VALID, repr(clientName))
        handle = self._handle
        mounted = _mounted_at(handle.device.node)
        if mounted and not forced:
            fail(self, name, HResult.E_ACCESSDENIED, f"the disc is mounted at {', '.join(mounted)}")
        self._check_it_is_there()
        handle.acquire(clientName)
        return HResult.S_OK

    @translated
    def ReleaseExclusiveAccess(self) -> int:
        handle = self._handle
        if not handle.levels:
            self._check_it_is_there()
            fail(self, "ReleaseExclusiveAccess", HResult.E_FAIL, "this object holds no exclusive access")
        try:
            self._check_it_is_there()
        finally:
            handle.release()
        return HResult.S_OK

    @translated
    def DisableMcn(self) -> int:
        """Turn media change notification off.  Calls are counted; a virtual recorder notifies nobody here."""
        self._check_it_is_there()
        self._mcn_disabled += 1
        return HResult.S_OK

    @translated
    def EnableMcn(self) -> int:
        self._check_it_is_there()
        if not self._mcn_disabled:
            fail(self, "EnableMcn", HResult.E_FAIL, "DisableMcn was not called before")
        self._mcn_disabled -= 1
        return HResult.S_OK

    @property
    @translated
    def VendorId(self) -> str:
        return self._who().vendor

    @property
    @translated
    def ProductId(self) -> str:
        return self._who().product

    @property
    @translated
    def ProductRevision(self) -> str:
        return self._who().revision

    @property
    @translated
    def VolumeName(self) -> str:
        """The device node; for a virtual recorder, the folder where its disc or discs are."""
        return self._handle.device.node

    @property
    @translated
    def VolumePathNames(self) -> tuple[str, ...]:
        """Drive letters ("D:\\") that were given; the node; where the disc is mounted."""
        device = self._handle.device
        try:
            letters = registry.letters(device)
        except ValueError as error:
            fail(self, "VolumePathNames", HResult.E_INVALIDARG, str(error))
        return (*letters, device.node, *_mounted_at(device.node))

    @property
    @translated
    def DeviceCanLoadMedia(self) -> bool:
        """Whether the drive says that its tray can go in by itself; False if it does not say."""
        handle = self._handle
        data: ModeData = handle.run(despite_attention(ModeSense10(Capabilities.CODE)))
        page = data.page(Capabilities.CODE)
        try:
            return page is not None and Capabilities.from_page(page).loader != Loader.CADDY
        except ValueError:  # the page is cut short
            return False

    @property
    @translated
    def LegacyDeviceNumber(self) -> int:
        """Its place in the list of MsftDiscMaster2; 0 for one that is not listed."""
        ids, own = registry.ids(), self._handle.device.unique_id
        return ids.index(own) if own in ids else 0

    @property
    @translated
    def SupportedFeaturePages(self) -> tuple[int, ...]:
        return features.feature_list(self._handle.run(features.ask()), current_only=False)

    @property
    @translated
    def CurrentFeaturePages(self) -> tuple[int, ...]:
        return features.feature_list(self._handle.run(features.ask()), current_only=True)

    @property
    @translated
    def SupportedProfiles(self) -> tuple[int, ...]:
        return features.profile_list(self._handle.run(features.ask()), current_only=False)

    @property
    @translated
    def CurrentProfiles(self) -> tuple[int, ...]:
        return features.profile_list(self._handle.run(features.ask()), current_only=True)

    @property
    @translated
    def SupportedModePages(self) -> tuple[int, ...]:
        return self._handle.run(features.mode_page_list())

    @property
    @translated
    def ExclusiveAccessOwner(self) -> str:
        """The client name of the program with exclusive access, in any process; empty for nobody."""
        handle = self._handle
        owner = handle.device.owner()
        if not owner:
            with contextlib.suppress(DriveBusy):  # some program has it, and left no name
                self._check_it_is_there()
        return owner

    # Beyond IMAPI2

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bound is not None:
            self._bound.close()

    def __call__(self) -> str:
        """The default member."""
        return self.ActiveDiscRecorder

    def __str__(self) -> str:
        return self.ActiveDiscRecorder if self._bound is not None else repr(self)

    def _check_it_is_there(self) -> None:
        """raises  DriveGone and the like, DriveBusy"""
        self._handle.run(_knock())


def _is_a_name(text: str) -> bool:
    """Whether this could be the name of a file."""
    try:
        return bool(text) and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _knock() -> Procedure[InquiryReply]:
    """Send INQUIRY, which a drive answers in any state."""
    return (yield from despite_attention(Inquiry()))


def _mounted_at(node: str) -> list[str]:
    return holders.mounts(System.of_process(), node)
