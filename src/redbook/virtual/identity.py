"""Who the virtual recorder says it is, what it can do with the disc in it, and how fast.

Source: SPC-4 6.4 and 7.8 (INQUIRY), MMC-5 5.3 (features), 6.8 (performance).
"""

from __future__ import annotations

from redbook.mmc import sense
from redbook.mmc.disc_info import DiscStatus
from redbook.mmc.identify import (
    CD_DEVICE,
    Configuration,
    Feature,
    FeatureCode,
    FeatureRequest,
    GetConfiguration,
    InquiryReply,
    Profile,
    VitalPage,
    VitalProductData,
)
from redbook.mmc.performance import (
    GetPerformance,
    NominalPerformance,
    Performance,
    PerformanceType,
    WriteSpeedDescriptor,
)
from redbook.quirks import OWN_VENDOR, VIRTUAL_MARK
from redbook.virtual.habits import CdTextAnswer
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.refused import Refused
from redbook.virtual.settings import WRITE_TYPES, Speeds, kb_per_second

_TAO_BLOCK_TYPES = (0,)
_TOLERANCE, _NOMINAL, _EXCEPTIONS = 0x18, 0x10, 0x03


def inquiry(model: Model) -> bytes:
    return InquiryReply(
        CD_DEVICE,
        True,
        model.vendor,
        model.product,
        model.revision,
        model.spc_version,
        model.standards,
        "" if model.vendor == OWN_VENDOR else VIRTUAL_MARK,
    ).to_bytes()


def vital_product_data(model: Model, serial: str, page: int) -> bytes:
    """The reply to an INQUIRY for a page of vital product data.

    raises  Refused 5/24/00  for a page that it does not have
    """
    text = serial.encode("ascii")
    vendor_id = f"{model.vendor:8.8}{model.product:16.16}".encode("ascii") + text
    bodies = {
        VitalPage.SUPPORTED_PAGES: bytes(VitalPage),
        VitalPage.SERIAL_NUMBER: text,
        # One designator: ASCII, of the logical unit, T10 vendor identification (SPC-4 7.8.5.4)
        VitalPage.DEVICE_IDENTIFICATION: bytes((0x02, 0x01, 0x00, len(vendor_id))) + vendor_id,
    }
    if page not in bodies:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    return VitalProductData(page, bodies[VitalPage(page)]).to_bytes()


def profile(medium: Medium | None) -> Profile:
    """A finished CD-R remains one here; drives differ."""
    if medium is None:
        return Profile.NONE
    if medium.state.pressed:
        return Profile.CD_ROM
    return Profile.CD_RW if medium.state.rewritable else Profile.CD_R


def configuration(command: GetConfiguration, model: Model, medium: Medium | None, serial: str) -> bytes:
    found = features(model, medium, serial)
    chosen = [f for f in found if f.code >= command.starting_feature]
    if command.request is FeatureRequest.CURRENT:
        chosen = [f for f in chosen if f.current]
    elif command.request is FeatureRequest.ONE:
        chosen = [f for f in chosen if f.code == command.starting_feature]
    return Configuration(profile(medium), tuple(chosen)).to_bytes()


def features(model: Model, medium: Medium | None, serial: str) -> list[Feature]:
    """What GET CONFIGURATION lists, in order; what is current depends on the disc."""
    loaded = medium is not None
    status = medium.status if medium is not None else DiscStatus.OTHER
    recordable = status in (DiscStatus.BLANK, DiscStatus.APPENDABLE)
    readable = medium is not None and bool(medium.state.closed_sessions)
    kind = profile(medium)
    profiles = b"".join(
        p.to_bytes(2, "big") + bytes((p == kind, 0)) for p in (Profile.CD_RW, Profile.CD_R, Profile.CD_ROM)
    )
    listed = [
        Feature(FeatureCode.PROFILE_LIST, profiles, True, True),
        Feature(FeatureCode.CORE, bytes((0, 0, 0, model.interface, 1, 0, 0, 0)), True, True, 2),
        Feature(FeatureCode.MORPHING, bytes((2, 0, 0, 0)), True, True, 1),
        Feature(FeatureCode.REMOVABLE_MEDIUM, bytes((0x29, 0, 0, 0)), True, True),
        Feature(FeatureCode.RANDOM_READABLE, bytes((0, 0, 8, 0, 0, 1, 0, 0)), readable),
        Feature(FeatureCode.MULTI_READ, b"", loaded),
        Feature(FeatureCode.CD_READ, _cd_read(model), loaded, False, 2),
        Feature(FeatureCode.CD_TRACK_AT_ONCE, _track_at_once(model), recordable, False, 2),
        Feature(FeatureCode.CD_MASTERING, _mastering(model), recordable, False, 2),
        Feature(FeatureCode.CD_RW_MEDIA_WRITE, bytes((0, 0x07, 0, 0)), kind is Profile.CD_RW),
        Feature(FeatureCode.POWER_MANAGEMENT, b"", True, True),
        Feature(FeatureCode.CD_AUDIO_EXTERNAL_PLAY, bytes((0x03, 0, 0x01, 0)), readable),
        Feature(FeatureCode.TIME_OUT, bytes(4), True, True),
        Feature(FeatureCode.REAL_TIME_STREAMING, _streaming(model), True, True, 4),
        Feature(FeatureCode.SERIAL_NUMBER, _whole_words(serial.encode("ascii")), True, True),
    ]
    if not {"session-at-once", "raw"} & set(model.write_types):
        listed = [f for f in listed if f.code != FeatureCode.CD_MASTERING]
    return listed


def _whole_words(text: bytes) -> bytes:
    """The length of a feature is a multiple of four (MMC-5 5.2.2)."""
    return text.ljust(-(-len(text) // 4) * 4)


def _track_at_once(model: Model) -> bytes:
    """BUF, test write, CD-RW; no sub-channel from the host in this write type."""
    flags = model.underrun_protection << 6 | model.test_write << 2 | 0x02
    block_types = sum(1 << number for number in _TAO_BLOCK_TYPES)
    return bytes((flags, 0)) + block_types.to_bytes(2, "big")


def _cd_read(model: Model) -> bytes:
    """C2 flags, CD-Text."""
    return bytes((0x02 | (model.reads_cd_text is not CdTextAnswer.NEVER), 0, 0, 0))


def _mastering(model: Model) -> bytes:
    """BUF, SAO, raw, test write, CD-RW, R-W."""
    sao = WRITE_TYPES["session-at-once"] if "session-at-once" in model.write_types else 0
    raw = "raw" in model.write_types
    r_to_w = model.writes_cd_text or raw
    flags = model.underrun_protection << 6 | bool(sao) << 5 | raw << 3 | model.test_write << 2 | 0x02 | r_to_w
    return bytes((flags,)) + model.largest_cue_sheet_bytes.to_bytes(3, "big")


def _streaming(model: Model) -> bytes:
    """SET CD SPEED, READ BUFFER CAPACITY, and GET PERFORMANCE type 3 where it is known."""
    unknown = model.unknown_commands
    flags = 0x08 | ("READ BUFFER CAPACITY" not in unknown) << 4 | ("GET PERFORMANCE" not in unknown) << 1
    return bytes((flags, 0, 0, 0))


def performance(command: GetPerformance, model: Model, speeds: Speeds, medium: Medium | None) -> bytes:
    """The reply to GET PERFORMANCE: the write speeds, or the nominal performance.

    raises  Refused 5/24/00  for a tolerance other than 10b, or for exceptions
    """
    last = 0 if medium is None else medium.state.last_lead_out_lba - 1
    reading = kb_per_second(model.read_speed)
    if command.kind is PerformanceType.WRITE_SPEED:
        listed = tuple(
            WriteSpeedDescriptor(last, reading, speed.kb, speed.pure_cav, not speed.pure_cav)
            for speed in speeds.descriptors
        )
        return Performance(len(listed), listed[: command.most]).to_bytes()
    if command.data_type & _TOLERANCE != _NOMINAL or command.data_type & _EXCEPTIONS:
        raise Refused(sense.ILLEGAL, 0x24, 0)
    writing = bool(command.data_type & GetPerformance.WRITING)
    nominal = NominalPerformance(0, *_nominal_ends(model, speeds, writing, last))
    return Performance(1, (nominal,)[: command.most], writing).to_bytes()


def _nominal_ends(model: Model, speeds: Speeds, writing: bool, last: int) -> tuple[int, int, int]:
    """Speed at the first sector, the last sector, speed there."""
    if not writing:
        return kb_per_second(model.read_speed), last, kb_per_second(model.read_speed)
    curve = model.curve(speeds.chosen)
    return kb_per_second(curve.times_at(0)), last, kb_per_second(curve.times_at(last))
