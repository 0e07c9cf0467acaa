"""Writing speeds in sectors per second, 75 to 1x."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from redbook.disc import SECTORS_PER_SECOND
from redbook.engine.speed import set_speed
from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import InvalidReply, SenseError
from redbook.imapi2.com import ComObject, fail, to_bool, to_long
from redbook.imapi2.errors import SpeedRefused, code_of
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE
from redbook.imapi2.typelib.hresults import HResult
from redbook.mmc.mode_pages import Capabilities, ModeData, ModeSense10, WriteSpeed

FASTEST = -1


class MsftWriteSpeedDescriptor(ComObject):
    """One way of writing that a drive offers for the disc in it."""

    PROGID = "IMAPI2.MsftWriteSpeedDescriptor"
    IMPLEMENTS = ("IWriteSpeedDescriptor",)

    def __init__(
        self,
        media_type: int = IMAPI_MEDIA_PHYSICAL_TYPE.IMAPI_MEDIA_TYPE_UNKNOWN,
        pure_cav: bool = False,
        write_speed: int = 0,
    ) -> None:
        self._media_type, self._pure_cav, self._write_speed = media_type, pure_cav, write_speed

    @property
    def MediaType(self) -> int:
        """The kind of disc that it is for."""
        return self._media_type

    @property
    def RotationTypeIsPureCAV(self) -> bool:
        """Whether the disc turns at a constant rate."""
        return self._pure_cav

    @property
    def WriteSpeed(self) -> int:
        """The most sectors per second in this way of writing."""
        return self._write_speed


def sectors_per_second(speed: WriteSpeed) -> int:
    """Sectors for the nominal multiple of 1x: drives count 176 or 177 units of 1000 bytes as 1x."""
    return speed.times * SECTORS_PER_SECOND


def read_speeds() -> Procedure[Capabilities]:
    """Mode page 2Ah, in which a drive states its speeds.  raises  SenseError, InvalidReply"""
    data: ModeData = yield from despite_attention(ModeSense10(Capabilities.CODE))
    page = data.page(Capabilities.CODE)
    if page is None:
        raise InvalidReply("the drive was asked for mode page 2Ah, but its answer does not have it")
    try:
        return Capabilities.from_page(page)
    except ValueError as error:
        raise InvalidReply(f"the drive's speeds make no sense: {error}") from error


def offered(capabilities: Capabilities) -> tuple[WriteSpeed, ...]:
    """The speeds, fastest first; for a drive too old to list them, the fastest and the current one."""
    if capabilities.write_speeds:
        return capabilities.write_speeds
    known = {WriteSpeed(kb) for kb in (capabilities.max_write_kb, capabilities.write_kb) if kb}
    return tuple(sorted(known, key=lambda speed: speed.kb, reverse=True))


def closest(wanted: int, pure_cav: bool, speeds: Sequence[WriteSpeed]) -> WriteSpeed | None:
    """The offered speed nearest to this one, the lower of two; with the wanted rotation if possible.

    wanted  sectors per second, FASTEST for the fastest
    """
    fitting = [speed for speed in speeds if speed.pure_cav == pure_cav] or list(speeds)
    if not fitting:
        return None
    if wanted == FASTEST:
        return max(fitting, key=lambda speed: speed.kb)
    return min(fitting, key=lambda s: (abs(sectors_per_second(s) - wanted), sectors_per_second(s)))


def choose_speed(wanted: int, pure_cav: bool) -> Procedure[HResult]:
    """Make the drive write at this speed, or the closest it has; the code says which.

    raises  SenseError, InvalidReply
    """
    target = closest(wanted, pure_cav, offered((yield from read_speeds())))
    cav = target.pure_cav if target is not None else pure_cav
    # FASTEST may mean another way of turning the disc than the one that was asked for, if that is faster.
    fastest = target is None or (wanted == FASTEST and not cav)
    times = None if fastest or target is None else float(target.times)
    yield from set_speed(times, cav)
    taken = yield from read_speeds()
    speed_is = wanted == FASTEST or sectors_per_second(taken.write_speed) == wanted
    rotation_is = taken.pure_cav == pure_cav
    if speed_is:
        return HResult.S_OK if rotation_is else HResult.S_IMAPI_ROTATIONADJUSTED
    return HResult.S_IMAPI_SPEEDADJUSTED if rotation_is else HResult.S_IMAPI_BOTHADJUSTED


def asked_speed(thing: ComObject, speed: object, pure_cav: object) -> tuple[int, bool]:
    """The arguments of SetWriteSpeed.  raises  com_error  E_INVALIDARG, DISP_E_TYPEMISMATCH"""
    member = "SetWriteSpeed"
    wanted = to_long(thing, member, speed, FASTEST)
    if wanted == 0:
        fail(thing, member, HResult.E_INVALIDARG, "0 sectors per second is not a speed")
    return wanted, to_bool(thing, member, pure_cav)


def in_sectors_per_second(capabilities: Capabilities) -> tuple[int, ...]:
    """What SupportedWriteSpeeds returns: fastest first, each once."""
    return tuple(dict.fromkeys(sectors_per_second(speed) for speed in offered(capabilities)))


def descriptors(media_type: int, capabilities: Capabilities) -> tuple[MsftWriteSpeedDescriptor, ...]:
    return tuple(
        MsftWriteSpeedDescriptor(media_type, speed.pure_cav, sectors_per_second(speed))
        for speed in offered(capabilities)
    )


@contextmanager
def speed_trouble() -> Iterator[None]:
    """Give a refusal that has no code of its own the code of the speed members."""
    try:
        yield
    except SenseError as error:
        if code_of(error) is HResult.E_FAIL:
            raise SpeedRefused(str(error)) from error
        raise
