"""A write type as a value: the same questions, whichever one it is.

`burn` asks them in this order, and nothing else in the engine asks which write type it is:

    check       whether the drive has it at all
    space       what the disc has left, or why nothing can be written to it
    place       where everything goes, within that space
    parameters  mode page 05h
    arm         the last that can be refused without harm: a session's cue sheet is sent here
    write       everything, from the first WRITE on
    end         what makes the disc playable
    wind_down   after an error or a cancel: what can still be saved
    disc_now    what is on the disc then, in words
"""

from __future__ import annotations

from typing import Protocol

from redbook.disc.layout import SessionLayout
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.outcome import Outcome, Settings
from redbook.engine.plan import Space
from redbook.engine.steps import Procedure


class Method(Protocol):
    """One write type, and what will be written with it."""

    @property
    def name(self) -> str:
        """As MMC calls it: "track-at-once"."""
        ...

    def check(self, abilities: Abilities) -> None:
        """Whether the drive can write like this, and write this layout.

        raises  NotARecorder  for a drive that cannot write like this
                PlanError     for a layout that is too much for the drive
        """
        ...

    def space(self, abilities: Abilities, disc: DiscContents) -> Space:
        """Where the next track may start on this disc, and how far it may reach.

        raises  MediumUnsuitable, InvalidReply  if nothing can be written like this
        """
        ...

    def place(self, space: Space) -> SessionLayout:
        """Where each track goes.  raises  PlanError  where it breaks a rule, or does not fit"""
        ...

    def parameters(self, settings: Settings, offered: bool) -> Procedure[bool]:
        """Set page 05h; returns whether buffer underrun protection is then on.

        offered  whether the drive has it

        raises   SenseError, ParametersIgnored
        """
        ...

    def arm(
        self, layout: SessionLayout, disc: DiscContents, settings: Settings, outcome: Outcome
    ) -> Procedure[None]:
        """Tell the drive what will be written, as session-at-once does with its cue sheet.

        raises  DriveError; the disc is untouched
        """
        ...

    def write(
        self, layout: SessionLayout, space: Space, settings: Settings, outcome: Outcome
    ) -> Procedure[SessionLayout]:
        """Returns the layout as it has become.  raises  SenseError, InvalidReply, AudioError"""
        ...

    def end(self, layout: SessionLayout, settings: Settings, outcome: Outcome) -> Procedure[None]:
        """Make the disc playable, if that was requested.  raises  SenseError, InvalidReply"""
        ...

    def wind_down(self, outcome: Outcome) -> Procedure[None]:
        """After an error or a cancel, save what can be saved.

        What cannot be done is noted in `outcome`.
        """
        ...

    def disc_now(self, outcome: Outcome, settings: Settings) -> str:
        """What is on the disc, in words: as the drive says if it was asked, otherwise as it was written."""
        ...
