"""What a drive and the disc in it are, in IMAPI2's terms."""

from __future__ import annotations

import contextlib

from redbook.engine.inspect import Abilities, DiscContents, contents, identify, is_cd
from redbook.engine.steps import Procedure
from redbook.engine.waiting import until_ready
from redbook.engine.write_parameters import select_track_at_once
from redbook.errors import FeatureNotCurrent, InvalidReply, SenseError
from redbook.imapi2.typelib.enumerations import IMAPI_MEDIA_PHYSICAL_TYPE as MEDIA
from redbook.imapi2.typelib.enumerations import IMAPI_PROFILE_TYPE as PROFILE
from redbook.mmc.disc_info import DiscInformation, DiscStatus, ReadDiscInformation
from redbook.mmc.disc_structure import ReadDiscStructure
from redbook.mmc.identify import Configuration, FeatureCode, FeatureRequest, GetConfiguration

READY_SECONDS = 10.0
"""How long a call waits for a drive that is becoming ready: IMAPI2_DEFAULT_COMMAND_TIMEOUT."""

_PHYSICAL_FORMAT = 0x00
_DVDS = range(PROFILE.IMAPI_PROFILE_TYPE_DVDROM, PROFILE.IMAPI_PROFILE_TYPE_DDCDROM)

_RECORDABLE = (PROFILE.IMAPI_PROFILE_TYPE_CD_RECORDABLE, PROFILE.IMAPI_PROFILE_TYPE_CD_REWRITABLE)

_BY_PROFILE: dict[int, MEDIA] = {
    PROFILE.IMAPI_PROFILE_TYPE_CDROM: MEDIA.IMAPI_MEDIA_TYPE_CDROM,
    PROFILE.IMAPI_PROFILE_TYPE_CD_RECORDABLE: MEDIA.IMAPI_MEDIA_TYPE_CDR,
    PROFILE.IMAPI_PROFILE_TYPE_CD_REWRITABLE: MEDIA.IMAPI_MEDIA_TYPE_CDRW,
    PROFILE.IMAPI_PROFILE_TYPE_DVDROM: MEDIA.IMAPI_MEDIA_TYPE_DVDROM,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_RAM: MEDIA.IMAPI_MEDIA_TYPE_DVDRAM,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_PLUS_R: MEDIA.IMAPI_MEDIA_TYPE_DVDPLUSR,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_PLUS_RW: MEDIA.IMAPI_MEDIA_TYPE_DVDPLUSRW,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_PLUS_R_DUAL: MEDIA.IMAPI_MEDIA_TYPE_DVDPLUSR_DUALLAYER,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_PLUS_RW_DUAL: MEDIA.IMAPI_MEDIA_TYPE_DVDPLUSRW_DUALLAYER,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_DASH_RECORDABLE: MEDIA.IMAPI_MEDIA_TYPE_DVDDASHR,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_DASH_REWRITABLE: MEDIA.IMAPI_MEDIA_TYPE_DVDDASHRW,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_DASH_RW_SEQUENTIAL: MEDIA.IMAPI_MEDIA_TYPE_DVDDASHRW,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_DASH_R_DUAL_SEQUENTIAL: MEDIA.IMAPI_MEDIA_TYPE_DVDDASHR_DUALLAYER,
    PROFILE.IMAPI_PROFILE_TYPE_DVD_DASH_R_DUAL_LAYER_JUMP: MEDIA.IMAPI_MEDIA_TYPE_DVDDASHR_DUALLAYER,
    PROFILE.IMAPI_PROFILE_TYPE_REMOVABLE_DISK: MEDIA.IMAPI_MEDIA_TYPE_DISK,
    PROFILE.IMAPI_PROFILE_TYPE_HD_DVD_ROM: MEDIA.IMAPI_MEDIA_TYPE_HDDVDROM,
    PROFILE.IMAPI_PROFILE_TYPE_HD_DVD_RECORDABLE: MEDIA.IMAPI_MEDIA_TYPE_HDDVDR,
    PROFILE.IMAPI_PROFILE_TYPE_HD_DVD_RAM: MEDIA.IMAPI_MEDIA_TYPE_HDDVDRAM,
    PROFILE.IMAPI_PROFILE_TYPE_BD_ROM: MEDIA.IMAPI_MEDIA_TYPE_BDROM,
    PROFILE.IMAPI_PROFILE_TYPE_BD_R_SEQUENTIAL: MEDIA.IMAPI_MEDIA_TYPE_BDR,
    PROFILE.IMAPI_PROFILE_TYPE_BD_R_RANDOM_RECORDING: MEDIA.IMAPI_MEDIA_TYPE_BDR,
    PROFILE.IMAPI_PROFILE_TYPE_BD_REWRITABLE: MEDIA.IMAPI_MEDIA_TYPE_BDRE,
}


def ready_drive() -> Procedure[Abilities]:
    """Wait until the drive has a usable disc; returns its abilities.  raises  SenseError, TransportTimeout"""
    yield from until_ready(READY_SECONDS)
    return (yield from identify())


def physical_type() -> Procedure[MEDIA]:
    """What kind of disc is in the drive.

    The profile says so. A drive so old that it has no profiles says whether the disc can be erased or
    written. If it is said to be a DVD, its structure is read, too: a CD in a confused drive has none.

    raises  SenseError, InvalidReply
    """
    abilities = yield from ready_drive()
    information: DiscInformation = yield ReadDiscInformation(of_cd=is_cd(abilities.profile))
    if abilities.profile in _DVDS:
        yield ReadDiscStructure(_PHYSICAL_FORMAT)
    return type_by(abilities, information)


def look() -> Procedure[tuple[MEDIA, DiscContents]]:
    """What kind of disc is in the drive, and what is on it.  raises  SenseError, InvalidReply"""
    abilities = yield from ready_drive()
    if abilities.writes_tao and abilities.profile in (None, *_RECORDABLE):
        # MMC-5 6.27: the next writable address depends on page 05h.
        with contextlib.suppress(SenseError, InvalidReply):
            yield from select_track_at_once(test_write=False, underrun_protection=True, next_session=0)
    disc = yield from contents(is_cd(abilities.profile))
    return type_by(abilities, disc.information), disc


def type_by(abilities: Abilities, information: DiscInformation) -> MEDIA:
    """The kind of disc, from what drive and disc have said about themselves."""
    if abilities.profile is None:
        if information.erasable:
            return MEDIA.IMAPI_MEDIA_TYPE_CDRW
        complete = information.status is DiscStatus.COMPLETE
        return MEDIA.IMAPI_MEDIA_TYPE_CDROM if complete else MEDIA.IMAPI_MEDIA_TYPE_CDR
    return _BY_PROFILE.get(abilities.profile, MEDIA.IMAPI_MEDIA_TYPE_UNKNOWN)


def is_blank() -> Procedure[bool]:
    """Whether the drive calls the disc blank.

    raises  FeatureNotCurrent  if it cannot read this disc; SenseError, InvalidReply
    """
    yield from until_ready(READY_SECONDS)
    try:
        reply: Configuration = yield GetConfiguration(FeatureRequest.ONE, FeatureCode.CD_READ)
    except SenseError:
        reply = Configuration(0)  # an old drive: the disc information decides
    feature = reply.feature(FeatureCode.CD_READ)
    if feature is not None and not feature.current:
        raise FeatureNotCurrent("the drive cannot read CDs with this disc in it")
    information: DiscInformation = yield ReadDiscInformation(of_cd=is_cd(reply.current_profile))
    return information.status is DiscStatus.BLANK
