"""Mode page 05h: how the drive should write.  Read, set for audio track-at-once, and read once more.

Source: MMC-5 7.5; the ladder of retries is cdrecord's, the reasons are beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redbook import errors
from redbook.engine.events import Notice
from redbook.engine.steps import Procedure
from redbook.errors import InvalidReply, ParametersIgnored, SenseError
from redbook.mmc.mode_pages import ModeSelect10, ModeSense10, MultiSession, WriteParameters, WriteType
from redbook.records import dataclass

USUAL_BYTES = WriteParameters.FIXED_BYTES + len(WriteParameters().tail)
SHORTEST_BYTES = 16  # up to the audio pause; what comes after it is for serial numbers and data


@dataclass(frozen=True, slots=True)
class PageOfDrive:
    """Page 05h as the drive has it, and how long it is there."""

    now: WriteParameters
    length: int

    def to_select(self, wanted: WriteParameters) -> ModeSelect10:
        page = bytearray(wanted.to_page()[: self.length].ljust(self.length, b"\0"))
        page[1] = self.length - 2
        return ModeSelect10(bytes(page))


def read_page() -> Procedure[PageOfDrive]:
    """Mode page 05h as the drive has it now.

    raises  SenseError; InvalidReply  if the drive's answer has no such page
    """
    data = yield ModeSense10(WriteParameters.CODE)
    page = data.page(WriteParameters.CODE) or b""
    if len(page) >= 2:
        stated = page[1] + 2 if page[1] else USUAL_BYTES  # libburn: some say 0
        if page[1] and stated > len(page):
            raise InvalidReply(
                f"the drive's write parameters (mode page 05h) make no sense: {stated} bytes were announced, "
                f"but {len(page)} arrived; switch it off and on, and try again"
            )
        if not page[1]:
            page = data.pages[:USUAL_BYTES]
        if SHORTEST_BYTES <= stated == len(page) < USUAL_BYTES:
            return PageOfDrive(WriteParameters.from_page(page.ljust(USUAL_BYTES, b"\0")), stated)
    try:
        return PageOfDrive(WriteParameters.from_page(page), len(page))
    except ValueError as error:
        raise InvalidReply(
            f"the drive's write parameters make no sense: {error}; switch it off and on, and try again"
        ) from error


def read_write_parameters() -> Procedure[WriteParameters]:
    """As they are now.  raises  SenseError, InvalidReply"""
    return (yield from read_page()).now


def select_track_at_once(
    *, test_write: bool, underrun_protection: bool, next_session: int
) -> Procedure[WriteParameters]:
    """Set the drive for audio track-at-once.  As `select_write_type`."""
    return (
        yield from select_write_type(
            WriteType.TRACK_AT_ONCE,
            test_write=test_write,
            underrun_protection=underrun_protection,
            next_session=next_session,
        )
    )


def select_write_type(
    write_type: WriteType,
    *,
    test_write: bool,
    underrun_protection: bool,
    next_session: int,
    data_block_type: int = 0,
) -> Procedure[WriteParameters]:
    """Set the drive for audio in one of its write types, and make sure that it took.

    Composed from nothing but the drive's own tail: link size, packet fields, session format and audio
    pause have defaults that are illegal for CD in drives of Pioneer, Matsushita and LG.

    raises  SenseError         if the drive refuses it in every form
            ParametersIgnored  if it says GOOD and did something else
    """
    page = yield from read_page()
    wanted = WriteParameters(
        write_type=write_type,
        test_write=test_write,
        underrun_protection=underrun_protection,
        multi_session=next_session,
        data_block_type=data_block_type,
        tail=page.now.tail,
    )
    selected = yield from _select(page, wanted)
    taken = yield from read_write_parameters()
    important = ("write_type", "test_write", "data_block_type", "track_mode", "multi_session")
    wrong = [name for name in important if getattr(taken, name) != getattr(selected, name)]
    if taken.underrun_protection and not selected.underrun_protection:
        wrong.append("underrun_protection")  # the other way round is no reason to refuse a burn
    if wrong:
        raise ParametersIgnored(
            f"the drive accepted the write parameters but did not take {', '.join(wrong)}"
        )
    return taken


def _select(page: PageOfDrive, wanted: WriteParameters) -> Procedure[WriteParameters]:
    """The first form of these parameters that the drive takes.  raises  SenseError  its first refusal"""
    first: SenseError | None = None
    for form in _ladder(wanted):
        try:
            yield page.to_select(form)
        except errors.IllegalRequest as error:
            first = first or error
            continue
        if wanted.underrun_protection and not form.underrun_protection:
            yield Notice("the drive does not accept buffer underrun protection; writing without")
        return form
    assert first is not None  # there must be at least one form
    raise first


def _ladder(wanted: WriteParameters) -> Iterator[WriteParameters]:
    """Less and less of what was wanted.

    A test write is never left out, nor that another session may follow: the disc would not be what was
    asked for.
    """
    yield wanted
    form = wanted
    if form.underrun_protection:
        form = replace(form, underrun_protection=False)
        yield form
    if any(form.tail):
        yield replace(form, tail=bytes(len(form.tail)))


def clear_test_write() -> Procedure[bool]:
    """Take the test bit out of the page, if it is in; whether it was.  raises  SenseError, InvalidReply"""
    page = yield from read_page()
    if not page.now.test_write:
        return False
    clean = WriteParameters(
        underrun_protection=page.now.underrun_protection,
        multi_session=MultiSession.LAST,
        tail=page.now.tail,
    )
    yield page.to_select(clean)
    return True
