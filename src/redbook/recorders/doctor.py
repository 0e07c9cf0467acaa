"""One page about this system and its recorders, to read or to paste into a bug report.

It never fails: if something cannot be found out, the page says so. It never writes to a disc, and it sends
nothing to a drive that another program has.
"""

from __future__ import annotations

import platform
import stat
import textwrap
from collections.abc import Iterable
from dataclasses import field
from importlib import metadata
from pathlib import Path

from redbook import host
from redbook._version import __version__
from redbook.drive import Drive
from redbook.engine.doctor import Examination, examine
from redbook.engine.glance import LOADING, NO_DISC
from redbook.engine.makers import dye, maker
from redbook.errors import Cancelled, RedbookError
from redbook.host import group_name, user_name
from redbook.mmc.disc_info import DiscStatus
from redbook.mmc.identify import FeatureCode
from redbook.recorders import may_touch, names
from redbook.recorders.prefixes import RACK, VIRTUAL
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel
from redbook.system import holders, inhibit, optical_drives
from redbook.system.explain import NO_DRIVE, explain_error
from redbook.system.kernel_log import last_lines
from redbook.system.optical_drives import OpticalDrive
from redbook.system.system import System

WIDTH = 60
LABEL = 10
LIBRARIES = ("av", "numpy", "soxr", "miniaudio", "click", "rich")
NOT_EVERYWHERE = {"miniaudio"}  # some machines have no wheel of it; there FFmpeg decodes FLAC
MODULES = ("sr_mod", "cdrom", "sg", "usb_storage", "uas", "ahci")
MASK = "*****"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: pairs of a label and what is said about it."""

    title: str
    lines: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Diagnosis:
    """The page.

    can_burn  whether a burn could start now
    advice    what to do if not, in this order
    record    the file for the exchange with the recorder
    """

    sections: list[Section] = field(default_factory=list)
    can_burn: bool = False
    advice: list[str] = field(default_factory=list)
    record: Path | None = None
    caller: Caller = field(default_factory=Caller, repr=False)

    def to_text(self, width: int = WIDTH) -> str:
        """Lines of at most this width."""
        lines = []
        for section in self.sections:
            lines += [*_wrap(section.title, width), *self._body(section, width), ""]
        lines.append("A burn could start." if self.can_burn else "No burn could start now.")
        for number, text in enumerate(self.advice, 1):
            lines += _wrap(f"{number}. {text}", width, "   ")
        return "\n".join(lines)

    @staticmethod
    def _body(section: Section, width: int) -> Iterable[str]:
        for label, text in section.lines:
            yield from _wrap(f"  {label:{LABEL}} {text}", width, " " * (LABEL + 3))


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False) or [""]


def diagnose(
    name: str | None = None,
    *,
    serial: bool = False,
    record: Path | None = None,
    system: System | None = None,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> Diagnosis:
    """Look at everything that a burn needs.

    name    of one recorder, as for `open_drive`; all real ones if left out
    serial  show serial numbers; otherwise they are masked
    record  a new file for the exchange with the recorder of that name
    on_event, cancel
            notified of a recorder that is slow to answer, and able to stop the search

    raises  Cancelled
    """
    page = Diagnosis(record=record, caller=Caller.of(on_event, cancel))
    system = system or System.of_process()
    page.sections += [_program(), _system(system)]
    if name is not None and name.startswith((VIRTUAL, RACK)):
        _virtual(page, name)
        return page
    drives = optical_drives.find(system)
    if name is not None:
        node = system.real(name)
        chosen = [drive for drive in drives if node in drive.nodes]
        if not chosen:
            page.advice.append(explain_error(name, FileNotFoundError(2, "No such file or directory"), system))
        drives = chosen
    elif not drives:
        page.advice += _no_drive(system)
    for drive in drives:
        section = _Recorder(page, system, drive).section()
        page.sections.append(section if serial else _masked(section, drive.serial))
    return page


def _program() -> Section:
    versions = []
    for library in LIBRARIES:
        try:
            versions.append(f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            versions.append(f"{library} {'none' if library in NOT_EVERYWHERE else 'MISSING'}")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return Section(f"redbook {__version__}", (("python", python), ("libraries", ", ".join(versions))))


def _system(system: System) -> Section:
    user = system.user
    modules = [f"{name} {'yes' if system.is_there(f'/sys/module/{name}') else 'no'}" for name in MODULES]
    return Section(
        "system",
        (
            ("name", _release(system)),
            ("kernel", f"{platform.system()} {platform.release()} {platform.machine()}"),
            ("container", system.container() or "none"),
            ("user", f"{user.name} ({user.uid}), groups {' '.join(user.groups)}"),
            ("modules", ", ".join(modules)),
            ("suspend", _suspend()),
            ("limits", _limits()),
        ),
    )


def _release(system: System) -> str:
    for line in system.lines("/etc/os-release"):
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip('"')
    return "not stated (/etc/os-release)"


def _suspend() -> str:
    reason = inhibit.why_not()
    return f"cannot be prevented while burning: {reason}" if reason else "is prevented while burning"


def _limits() -> str:
    known = host.limits()
    if known is None:
        return "not reported by this system"
    priority, memory = known
    locked = "unlimited" if memory is None else f"{memory // 1024} KiB"
    return f"real-time priority {priority}, locked memory {locked}"


def _no_drive(system: System) -> list[str]:
    container = system.container()
    steps = [NO_DRIVE]
    if container:
        steps.append(f"this is a container ({container}): first run the same command outside it")
    steps.append(
        "is it a USB drive: try another port and cable, without a hub; many need the power of two ports"
    )
    steps.append(
        "`redbook burn` without --drive burns to a virtual recorder in the meantime; its disc is a folder "
        "here"
    )
    return steps


def _virtual(page: Diagnosis, name: str) -> None:
    lines: list[tuple[str, str]] = []
    try:
        with names.open_drive(name, read_only=True) as drive:
            _examined(page, name, drive, lines)
    except Cancelled:
        raise
    except (RedbookError, OSError) as error:
        lines.append(("problem", str(error)))
        page.advice.append(str(error))
    page.sections.append(Section(f"{name}  virtual recorder", tuple(lines)))


def _examined(page: Diagnosis, name: str, drive: Drive, lines: list[tuple[str, str]]) -> None:
    """raises  RedbookError"""
    if page.record is not None:
        try:
            drive.transcribe(page.record)
            lines.append(("record", f"{page.record}, with all serial numbers"))
        except OSError as error:
            lines.append(("record", f"{page.record} cannot be written: {error.strerror}"))
    found = page.caller.run(drive, examine())
    lines += _abilities(found)
    lines += _medium(found)
    hindrance = _hindrance(found)
    if names.in_use(name):
        hindrance = "another program has the disc; wait until that has finished"
    if hindrance:
        page.advice.append(f"{name}: {hindrance}")
    else:
        page.can_burn = True
    lines.append(("a burn", hindrance or _would_try(found)))


class _Recorder:
    """A real recorder's section."""

    def __init__(self, page: Diagnosis, system: System, drive: OpticalDrive) -> None:
        self._page = page
        self._system = system
        self._drive = drive

    def section(self) -> Section:
        drive = self._drive
        lines = [("bus", drive.connection), ("id", drive.stable_id)]
        lines += [(node[5:], self._node(node)) for node in drive.nodes]
        lines.append(("serial", drive.serial or "none told"))
        lines += self._held()
        problem = may_touch.hindrance(self._system, drive)
        if not problem:
            problem = self._ask(lines)
        if problem:
            lines.append(("problem", problem))
            self._page.advice.append(problem)
        lines.append(("kernel", self._kernel()))
        return Section(f"{drive.node or 'no node'}  {drive.model}", tuple(lines))

    def _ask(self, lines: list[tuple[str, str]]) -> str:
        """Add what the drive says about itself; returns why it cannot be asked."""
        try:
            with names.open_for_a_look(str(self._system.at(self._drive.node))) as opened:
                _examined(self._page, self._drive.node, opened, lines)
        except Cancelled:
            raise
        except (RedbookError, OSError) as error:
            return explain_error(self._drive.node, error, self._system)
        return ""

    def _node(self, node: str) -> str:
        status = self._system.status(node)
        if status is None:
            return "not there"
        kind = {stat.S_IFBLK: "b", stat.S_IFCHR: "c"}.get(stat.S_IFMT(status.st_mode), "?")
        owner = f"{user_name(status.st_uid)}:{group_name(status.st_gid)}"
        allowed = "yours" if self._system.may_use(status) else "not accessible to you"
        return f"{kind} {stat.S_IMODE(status.st_mode):04o} {owner}, {allowed}"

    def _held(self) -> list[tuple[str, str]]:
        who = ", ".join(str(holder) for holder in holders.processes(self._system, self._drive.nodes))
        where = ", ".join(holders.mounts(self._system, self._drive.node)) if self._drive.node else ""
        return [("held by", who or "no visible program"), ("mounted", where or "no")]

    def _kernel(self) -> str:
        places = {self._drive.block, self._drive.device.rpartition("/")[2]} - {""}
        if self._drive.connection.startswith(("USB port", "ATA port")):
            words = self._drive.connection.split(",")[0].split()
            places.add(f"usb {words[-1]}" if words[0] == "USB" else words[-1])
        return last_lines(self._system, places)


def _abilities(found: Examination) -> list[tuple[str, str]]:
    seen = found.glance.abilities
    capabilities = seen.capabilities
    buffer_kib = capabilities.buffer_kib if capabilities else 0
    kinds = [kind for kind, can in (("CD-R", seen.writes_tao), ("CD-RW", seen.writes_cd_rw)) if can]
    features = found.features or ()
    lines = [
        ("inquiry", f"{seen.inquiry.vendor} | {seen.inquiry.product} | {seen.inquiry.revision}"),
        ("writes", ", ".join(kinds) or "no CDs"),
        ("protection", "against buffer underrun: " + ("yes" if seen.underrun_protection else "no")),
        ("test write", "yes" if seen.test_write else "no"),
        (
            "features",
            " ".join(f"{one.code:04X}{'*' if one.current else ''}" for one in features)
            or "none reported (GET CONFIGURATION)",
        ),
        ("buffer", f"{buffer_kib} KiB" if buffer_kib else "not reported (page 2Ah)"),
        ("speeds", " ".join(f"{speed}x" for speed in seen.write_speeds) or "not listed (page 2Ah)"),
    ]
    if found.glance.serial and any(one.code == FeatureCode.SERIAL_NUMBER for one in features):
        lines.append(("serial", f"feature 0108h: {found.glance.serial}"))
    return lines


def _medium(found: Examination) -> list[tuple[str, str]]:
    glance = found.glance
    lines = [("medium", glance.medium)]
    atip = glance.atip
    if atip is not None:
        times = f"{atip.lead_in_start or 'none'} to {atip.last_lead_out or 'none'}"
        words = [times, maker(atip.lead_in_start) or "maker not in the table", dye(atip)]
        lines.append(("ATIP", ", ".join(word for word in words if word)))
    if glance.information is not None:
        information = glance.information
        lines.append(
            (
                "disc",
                f"sessions {information.sessions}, the last {information.last_session_status.name.lower()}, "
                f"{'erasable' if information.erasable else 'not erasable'}",
            )
        )
    if found.track is not None:
        start = found.track.next_writable_lba
        lines.append(("next track", f"LBA {start}" if start is not None else "no next writable address"))
    return lines


def _hindrance(found: Examination) -> str:
    """Why no burn could start; empty if one could."""
    glance = found.glance
    if not glance.abilities.writes_tao:
        return "the drive reads only; use a recorder"
    if glance.medium.startswith(LOADING):
        return f"{glance.medium}: the drive is still looking at its disc; wait a moment, then look again"
    if glance.medium == NO_DISC:
        return f"{glance.medium}; insert a blank CD-R or CD-RW"
    if glance.information is None:
        return f"{glance.medium}; take the disc out and put it in again, or try another one"
    if not glance.recordable:
        return f"{glance.medium}: an audio CD needs a blank CD-R or CD-RW"
    if glance.information.status is DiscStatus.COMPLETE:
        again = "erase it with `redbook blank`, or " if glance.information.erasable else ""
        return f"the disc is complete; {again}insert a blank one"
    return ""


def _would_try(found: Examination) -> str:
    speeds = found.glance.abilities.write_speeds
    words = ["track-at-once"]
    words.append("with underrun protection" if found.glance.abilities.underrun_protection else "without it")
    words.append(f"up to {speeds[0]}x" if speeds else "as fast as the drive chooses")
    if found.glance.appendable:
        words.append("with --append, after the existing tracks")
    return ", ".join(words)


def _masked(section: Section, serial: str) -> Section:
    """The section without the serial number, wherever it is."""
    found = {serial} if serial else set()
    found |= {text.rpartition(" ")[2] for label, text in section.lines if label == "serial" and ":" in text}
    lines = []
    for label, text in section.lines:
        for one in found:
            text = text.replace(one, MASK)
        lines.append((label, text))
    return Section(section.title, tuple(lines))
