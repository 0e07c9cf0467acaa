"""MsftDiscMaster2: the list of recorders."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from redbook.errors import RedbookError
from redbook.imapi2.com import EventSource, fail, to_long, translated
from redbook.imapi2.devices import registry
from redbook.imapi2.errors import com_error
from redbook.imapi2.indexed import indexed
from redbook.imapi2.recorder.disc_recorder import MsftDiscRecorder2
from redbook.imapi2.typelib.hresults import HResult


class MsftDiscMaster2(EventSource):
    """The recorders by their unique ids: the real ones, or the virtual one where there are none.

    Item and Count look again each time; an enumeration is a snapshot.
    """

    PROGID = "IMAPI2.MsftDiscMaster2"
    IMPLEMENTS = ("IDiscMaster2",)

    def __init__(self) -> None:
        own = weakref.ref(self)

        def hear(unique_id: str, added: bool) -> None:
            master = own()
            if master is not None:
                event = "NotifyDeviceAdded" if added else "NotifyDeviceRemoved"
                master._fire(event, master, unique_id)

        self._hears_of_nodes = False
        registry.listen(hear)
        weakref.finalize(self, registry.unlisten, hear)

    def _advise(self, handler: object) -> None:
        """Start watching for real recorders with the first handler; it is called on the watch's thread."""
        super()._advise(handler)
        if not self._hears_of_nodes:
            self._hears_of_nodes = True
            registry.news.more()
            weakref.finalize(self, registry.news.fewer)

    @property
    @translated
    def _NewEnum(self) -> Iterator[str]:
        return iter(registry.ids())

    @indexed
    @translated
    def Item(self, index: int) -> str:
        """The id at this place, counted from 0."""
        ids = registry.ids()
        position = to_long(self, "Item", index)
        if not 0 <= position < len(ids):
            fail(self, "Item", HResult.E_INVALIDARG, f"there are {len(ids)} recorders, counted from 0")
        return ids[position]

    @property
    @translated
    def Count(self) -> int:
        return len(registry.ids())

    @property
    @translated
    def IsSupportedEnvironment(self) -> bool:
        """Whether at least one recorder can be opened."""
        for unique_id in registry.ids():
            try:
                with MsftDiscRecorder2() as recorder:
                    recorder.InitializeDiscRecorder(unique_id)
            except (com_error, RedbookError):
                continue
            return True
        return False

    # The default member and the enumeration, in the forms of Python and pywin32

    def __iter__(self) -> Iterator[str]:
        return self._NewEnum

    def __len__(self) -> int:
        return self.Count

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: int) -> str:
        try:
            return self.Item(index)
        except com_error as error:
            raise IndexError(str(error)) from error

    def __call__(self, index: int) -> str:
        return self.Item(index)
