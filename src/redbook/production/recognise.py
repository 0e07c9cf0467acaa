"""Which order a finished disc belongs to: "which copy is this?"."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.burning.jobs import verify
from redbook.drive import Drive
from redbook.engine import inspect
from redbook.engine.waiting import resending
from redbook.errors import MediumUnsuitable, VerificationFailed
from redbook.mmc.disc_info import DiscStatus
from redbook.production.examine import fits
from redbook.production.home import Home
from redbook.production.ledger import Ledger
from redbook.production.making import HERE
from redbook.production.values import Attempt, Order
from redbook.records import dataclass
from redbook.runner.caller import Caller, Listener
from redbook.runner.cancel import Cancel


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is known about a disc.

    attempt   that burned it, if the disc has not left the drive since; otherwise None, because copies are
    identical orders    of masters whose tracks are where the disc's are, the newest first
    same      whether every sector is the master's; None if that was not, or could not be, compared
    text      the same in words
    """

    attempt: Attempt | None
    orders: tuple[Order, ...]
    same: bool | None
    text: str


def recognise(
    drive: Drive,
    ref: str,
    home: Home,
    ledger: Ledger,
    *,
    host: str = HERE,
    on_event: Listener | None = None,
    cancel: Cancel | None = None,
) -> Recognised:
    """Look at a disc, and read it if it may be a copy of a master that is here.

    ref   of the disc in this drive, as `pool.Pool.look` has it
    host  this machine's name in the ledger, if several share it

    raises  DriveError, Cancelled; MediumUnsuitable for a disc that is not finished
    """
    caller = Caller.of(on_event, cancel)
    _, disc = caller.run(drive, resending(inspect.inspect(), lambda: False))
    if disc.status is DiscStatus.BLANK:
        raise MediumUnsuitable("the disc is blank")
    attempt = ledger.attempt_of_blank(host, ref) if ref else None
    if disc.status is not DiscStatus.COMPLETE or disc.spoiled:
        if attempt is not None:
            return Recognised(attempt, (), None, f"{_of(attempt)}: the ledger calls it {attempt.state}")
        raise MediumUnsuitable("the disc is not finished: only finished discs can be recognised")
    known = [(order, home.file_of(order.master)) for order in ledger.orders()]
    orders = [order for order, file in known if file is not None and fits(disc, file)]
    if not orders:
        text = "its tracks do not match any order that is known here"
        return Recognised(attempt, (), None, _with(attempt, text))
    return _compared(drive, home, orders, attempt, caller)


def _compared(
    drive: Drive, home: Home, orders: Sequence[Order], attempt: Attempt | None, caller: Caller
) -> Recognised:
    named = "; ".join(f"order {order.id}{f' ({order.title})' if order.title else ''}" for order in orders)
    folder = next((path for order in orders if (path := home.audio(order.master)) is not None), None)
    if folder is None:
        text = (
            f"its tracks are laid out like those of {named}, whose audio is no longer here: it was not "
            "compared"
        )
        return Recognised(attempt, tuple(orders), None, _with(attempt, text))
    try:
        verify(folder, drive, on_event=caller.on_event, cancel=caller.cancel)
    except VerificationFailed as error:
        first = str(error).partition("\n")[0]
        text = f"its tracks are laid out like those of {named}, but it is different: {first}"
        return Recognised(attempt, tuple(orders), False, _with(attempt, text))
    text = f"a good copy of {named}: every sector is right"
    if attempt is None:
        text += "; which of the copies it is cannot be determined, because they are identical"
    return Recognised(attempt, tuple(orders), True, _with(attempt, text))


def _of(attempt: Attempt) -> str:
    return f"copy {attempt.number} of order {attempt.order}"


def _with(attempt: Attempt | None, text: str) -> str:
    return text if attempt is None else f"{_of(attempt)}, burned in this drive ({attempt.state}): {text}"
