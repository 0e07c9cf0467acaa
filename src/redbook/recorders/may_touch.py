"""What a listing of drives, the watch and the doctor may touch.

* What the kernel says may be read at any time.
* Nothing is sent to a drive that another program has open or has claimed, or whose disc is mounted: some
  drives lose data if they get other commands while they write. `hindrance` finds this out without opening the
  drive.
* Any other drive is opened for this program alone, and only asked what leaves it as it is (`engine.glance`).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from redbook.clock import ManualClock
from redbook.drive import Drive
from redbook.engine.steps import Procedure, R
from redbook.errors import DriveError
from redbook.runner.caller import Caller
from redbook.runner.runner import Runner
from redbook.system import holders
from redbook.system.explain import explain, explain_error, node_missing
from redbook.system.optical_drives import OpticalDrive
from redbook.system.system import System

Opener = Callable[[str], Drive]
"""Opens a path of this process exclusively (O_EXCL), as a drive.  raises  OSError, DriveError"""


def hindrance(system: System, drive: OpticalDrive) -> str:
    """Why a drive cannot be used, as far as that shows without opening it; empty if nothing does."""
    missing = node_missing(system, drive)
    if missing:
        return missing
    mounted = holders.mounts(system, drive.node)
    if mounted or holders.processes(system, drive.nodes) or _sg_in_use(system, drive):
        return _explained(system, drive, errno.EBUSY)
    if not os.access(system.at(drive.node), os.R_OK | os.W_OK):
        return _explained(system, drive, errno.EACCES)
    return ""


def ask(
    system: System, drive: OpticalDrive, question: Procedure[R], opener: Opener, caller: Caller | None
) -> R | str:
    """The drive's answer to a question; or, as a text, why there is none.

    opener  how to open it, if nothing hinders that
    caller  is notified of a drive that is slow to answer, and may stop the question
    """
    problem = hindrance(system, drive)
    if problem:
        return problem
    try:
        with opener(str(system.at(drive.node))) as opened:
            if caller is not None:
                return caller.run(opened, question)
            return Runner(opened, emit=lambda event: None, clock=ManualClock()).run(question)
    except (OSError, DriveError) as error:
        return explain_error(drive.node, error, system)


def _explained(system: System, drive: OpticalDrive, code: int) -> str:
    return explain(drive.node, OSError(code, os.strerror(code)), system)


def _sg_in_use(system: System, drive: OpticalDrive) -> bool:
    """Whether another program burns through the sg node, which a claim on sr does not show.

    An exclusive open of the sg node does show it; neither that nor closing it sends anything to the drive.
    """
    if not drive.block or not drive.generic:
        return False
    node = system.at(drive.sg_node)
    try:
        file = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_EXCL | os.O_CLOEXEC)
    except OSError as error:
        return error.errno == errno.EBUSY
    os.close(file)
    return False
