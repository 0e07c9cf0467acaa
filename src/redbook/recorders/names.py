"""From a name to an open Drive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from redbook.clock import Clock, ManualClock
from redbook.drive import Drive
from redbook.errors import DriveError, DriveNotFound, printable
from redbook.recorders.prefixes import NODES, RACK, VIRTUAL
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel
from redbook.transport.base import Transport
from redbook.virtual.faults import BadSpot, Fault, parse
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder

DEFAULT_DISC = Path("redbook.disc")


def open_drive(
    name: str | os.PathLike[str],
    *,
    clock: Clock | None = None,
    read_only: bool = False,
    model: str | None = None,
    pace: float | None = None,
    faults: Sequence[str | Fault | BadSpot] = (),
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> Drive:
    """Open a recorder.  Close it, or use it in a `with`.

    name   "virtual:PATH": a virtual recorder with the disc in that folder; if there is nothing yet, with
           a new blank 80-minute CD-R (its folder is made when it is first written to). "virtual:"
           alone: one without a disc.
           "rack:RACK/d1": one of several virtual recorders with trays, which `redbook rack new` makes.
           "/dev/sr0" or another node, or a link to one (/dev/disk/by-id/...): a real recorder, for
           this program alone
    clock  used for waiting while another program still has a real recorder
    read_only
           only look at a virtual disc. Nothing is written to its folder, other programs may use it at
           the same time, and an attempt to change it raises StorageFailed. Otherwise the disc is held
           for this program alone

    model  the one that a virtual recorder imitates; None for what REDBOOK_MODEL names, else the exact one
    pace   a virtual recorder takes the time of a real one, up to this multiple of 1x; None for as fast as
           data come
    faults what goes wrong in a virtual recorder: values of `redbook.virtual.faults`, or texts for its `parse`

    on_event, cancel
           notified of that wait, and able to stop it

    raises  DriveNotFound, DriveBusy, DriveError, ImageError; the text says what to do. Cancelled
            ValueError  for an unknown model, pace or fault, or one that is given for a real recorder
    """
    text = os.fspath(name)
    if text.startswith(VIRTUAL):
        path = text.removeprefix(VIRTUAL)
        medium = (Medium.look if read_only else Medium.at)(Path(path)) if path else None
        try:
            afflicted = [parse(fault) if isinstance(fault, str) else fault for fault in faults]
            plain = pace is None and not faults
            return Drive(VirtualRecorder(medium, speed=pace, model=model, faults=afflicted, bulk=plain), text)
        except ValueError:
            if medium is not None:
                medium.close()
            raise
    if text.startswith(RACK):
        from redbook.virtual.rack import RackDrive

        if model is not None or faults:
            raise ValueError("a recorder of a rack has the model that the rack was made with; its discs fail")
        return Drive(RackDrive(Path(text.removeprefix(RACK))).open(clock, pace), text)
    if model is not None or pace is not None or faults:
        raise ValueError(f"only a virtual recorder takes a model, a pace or faults, not {printable(text)}")
    if text.startswith(NODES) or Path(text).is_block_device() or Path(text).is_char_device():
        caller = Caller.of(on_event, cancel, clock)
        waiting = caller.audible_clock(f"{text}, which another program has")
        return Drive(open_transport(text, waiting), text)
    raise not_found(text)


def open_transport(path: str, clock: Clock | None = None) -> Transport:
    """Open the transport to a real recorder, for this program alone.  raises  the same as `open_drive`"""
    # Virtual recorders need neither ctypes nor what looks for the reason.
    from redbook.system.explain import explained
    from redbook.transport.sg_io import SgIo

    with explained(path):
        return SgIo.open(path, clock)


def open_for_a_look(path: str) -> Drive:
    """Open a real recorder, if it is free now.  raises  DriveError"""
    from redbook.transport.sg_io import SgIo

    return Drive(SgIo.open(path, ManualClock()), path)


def in_use(name: str) -> bool:
    """Whether another program has a virtual disc open for changes. Asking locks nothing."""
    path = name.removeprefix(VIRTUAL)
    if not name.startswith(VIRTUAL) or not path:
        return False
    try:
        medium = Medium.look(Path(path))
    except DriveError:
        return False
    medium.close()
    return medium.in_use


def not_found(name: str) -> DriveNotFound:
    """The error for a name that belongs to no recorder."""
    if not name.strip():
        return DriveNotFound(
            f"no recorder was named (its name is empty): use {NODES}sr0 or {VIRTUAL}my.disc, or leave "
            "--drive out (`redbook drives` lists them)"
        )
    return DriveNotFound(
        f"no recorder called {printable(name)}: use {NODES}sr0 or {VIRTUAL}my.disc (`redbook "
        "drives` lists them)"
    )
