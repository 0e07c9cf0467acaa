"""A disc unloaded and loaded again by the drive itself, so that what it reports is read, not remembered."""

from __future__ import annotations

from redbook import errors
from redbook.engine.events import Notice
from redbook.engine.inspect import read_capabilities
from redbook.engine.steps import Now, Pause, Procedure, Shield
from redbook.engine.tray import reload
from redbook.errors import DriveError, MediumUnsuitable
from redbook.mmc.control import TestUnitReady
from redbook.mmc.mode_pages import Loader

PUSHED_IN_SECONDS = 300.0
_LOOK_SECONDS = 1.0


def reload_to_read() -> Procedure[str]:
    """Load the disc again.  Returns why it was not, in words; empty if it was.

    If the tray can only be closed by a person, ask for that, and wait.
    """
    capabilities = yield from read_capabilities()
    if capabilities is not None and capabilities.loader in (Loader.CADDY, Loader.POP_UP):
        return "this drive does not load a disc on its own"
    try:
        yield Shield(True)  # a tray that came out goes in again, whoever cancels in the meantime
        yield from reload()
    except (MediumUnsuitable, errors.NoMedium):
        yield Shield(False)
        yield Notice("push the tray in: the disc is read back from there")
        return (yield from _until_pushed_in())
    except errors.SenseError as error:
        yield Shield(False)
        return f"the drive did not open its tray ({error})"
    yield Shield(False)
    return ""


def _until_pushed_in() -> Procedure[str]:
    begun = yield Now()
    while (yield Now()) - begun < PUSHED_IN_SECONDS:
        try:
            yield TestUnitReady()
        except errors.NoMedium:
            yield Pause(_LOOK_SECONDS)
        except DriveError:
            return ""  # it is at it; whoever reads waits for that
        else:
            return ""
    return "the tray was not pushed in"
