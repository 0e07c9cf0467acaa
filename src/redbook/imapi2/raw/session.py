"""The drive while the disc-at-once writer has it."""

from __future__ import annotations

from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.raw_sectors import SubForm
from redbook.engine.burn import burn_prepared
from redbook.engine.fingerprint import Fingerprint
from redbook.engine.inspect import Abilities, DiscContents
from redbook.engine.method import Method
from redbook.engine.outcome import Settings
from redbook.engine.raw import Raw, RawImage, forms_taken
from redbook.engine.speed import MAX_SPEED
from redbook.engine.steps import Procedure
from redbook.engine.verify import ReadBack, VerifyRequest, verify
from redbook.errors import NotARecorder
from redbook.imapi2.devices import Handle
from redbook.imapi2.writer.held_drive import HeldDrive
from redbook.runner.cancel import Cancel


class RawSession(HeldDrive):
    """lead_in_lba        where the disc's lead-in begins: the first sector that is sent
    last_lead_out_lba  where its lead-out may begin at the latest
    forms              how the drive takes sectors
    """

    def __init__(self, handle: Handle, client_name: str) -> None:
        super().__init__(handle, client_name)
        self.lead_in_lba = self.last_lead_out_lba = 0
        self.forms: tuple[SubForm, ...] = ()

    @property
    def _method(self) -> Method:
        return Raw()

    def _begin(self, abilities: Abilities, disc: DiscContents, cancel: Cancel) -> None:
        space = Raw().space(abilities, disc)
        assert disc.lead_in_start is not None  # else there would be no room
        self.lead_in_lba = disc.lead_in_start.lba
        self.last_lead_out_lba = space.last_lead_out_lba
        self.forms = self._run(forms_taken(Settings(), abilities.underrun_protection), cancel)
        if not self.forms:
            raise NotARecorder("the drive refuses every kind of raw sector")

    def write(self, image: RawImage, underrun_protection: bool) -> Procedure[SessionLayout]:
        assert self._abilities is not None  # the session is open
        settings = Settings(
            MAX_SPEED, underrun_protection=underrun_protection, real_time=self._outcome.drive.real_time
        )
        return burn_prepared(Raw(image), self._abilities, settings, self._outcome.next_track([]))

    def read_back(self, layout: SessionLayout, sent: list[Fingerprint]) -> Procedure[ReadBack]:
        """Read back every track, and what the disc says about itself."""
        places: list[LaidTrack] = list(layout.tracks)
        return verify(places, sent, VerifyRequest(closed=True, reload=True, session=layout))
