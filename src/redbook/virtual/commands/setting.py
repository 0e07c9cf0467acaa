"""The commands that change how the virtual recorder works, and report it: speeds and mode pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from redbook.mmc import control, mode_pages, performance, sense
from redbook.mmc.command import Command
from redbook.mmc.mode_pages import Capabilities, PageControl, WriteParameters
from redbook.virtual import identity, settings
from redbook.virtual.mechanism import Mechanism
from redbook.virtual.refused import Refused


class SettingCommands:
    """handlers  by class of command
    choose    receives the write parameters that MODE SELECT asks for; it may refuse them
    """

    def __init__(self, mechanism: Mechanism, choose: Callable[[WriteParameters], None]) -> None:
        self._mechanism = mechanism
        self._choose = choose
        self._pages = settings.ModePages()
        self.handlers: dict[type[Command[Any]], Callable[[Any], bytes | None]] = {
            control.SetCdSpeed: self._set_cd_speed,
            mode_pages.ModeSense6: self._mode_sense,
            mode_pages.ModeSense10: self._mode_sense,
            mode_pages.ModeSelect6: self._mode_select,
            mode_pages.ModeSelect10: self._mode_select,
            performance.GetPerformance: self._get_performance,
            performance.SetStreaming: self._set_streaming,
        }

    def reset(self) -> None:
        """Factory defaults, in the pages that do not belong to the mechanism."""
        self._pages = settings.ModePages()

    def _get_performance(self, command: performance.GetPerformance) -> bytes:
        mechanism = self._mechanism
        return identity.performance(command, mechanism.model, mechanism.speeds, mechanism.disc_in_reach)

    def _set_cd_speed(self, command: control.SetCdSpeed) -> None:
        self._mechanism.speeds.choose(command.write_kb, command.pure_cav)
        self._mechanism.speeds.choose_reading(command.read_kb)
        self._mechanism.apply_speed()

    def _set_streaming(self, command: performance.SetStreaming) -> None:
        try:
            write_kb = command.write_kb
        except ValueError:
            raise Refused(sense.ILLEGAL, 0x26, 0) from None
        self._mechanism.speeds.choose(write_kb, pure_cav=False)
        self._mechanism.apply_speed()

    def _mode_sense(self, command: mode_pages.ModeSense10) -> bytes:
        if command.control is PageControl.SAVED:
            raise Refused(sense.ILLEGAL, 0x39, 0)
        if command.subpage not in (0, settings.ALL_SUBPAGES):
            raise Refused(sense.ILLEGAL, 0x24, 0)
        if command.page != settings.ALL_PAGES:
            page = self._mode_page(command.page, command.control)
            if page is None:
                raise Refused(sense.ILLEGAL, 0x24, 0)
            return command.build_reply(page)
        found = (self._mode_page(code, command.control) for code in range(settings.ALL_PAGES))
        return command.build_reply(b"".join(page for page in found if page))

    def _mode_page(self, code: int, control: PageControl) -> bytes | None:
        mechanism = self._mechanism
        if code == WriteParameters.CODE:
            return settings.write_page(mechanism.page, self._mechanism.model, control)
        if code == Capabilities.CODE:
            size = mechanism.buffer.size_bytes
            return settings.capabilities_page(
                self._mechanism.model, mechanism.speeds, mechanism.locked, size, control
            )
        return self._pages.page(code, control)

    def _mode_select(self, command: mode_pages.ModeSelect10) -> None:
        if command.save:
            raise Refused(sense.ILLEGAL, 0x24, 0)
        pages = list(settings.each_page(command.pages))
        chosen = self._mechanism.page
        for page in pages:
            if page[0] & 0x3F == WriteParameters.CODE:
                chosen = settings.selected(page, chosen, self._mechanism.model)
            elif not self._pages.fits(page):
                raise Refused(sense.ILLEGAL, 0x26, 0)
        self._choose(chosen)
        for page in pages:
            if self._pages.fits(page):
                self._pages.change(page)
