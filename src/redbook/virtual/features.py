"""The features of the virtual recorder.  Source: MMC-5 5.3"""

from __future__ import annotations

from redbook.mmc.identify import Feature, FeatureCode, Profile
from redbook.virtual.medium import Medium


def features(medium: Medium | None, profile: Profile, serial: str) -> list[Feature]:
    """What GET CONFIGURATION lists, in order; what is current depends on the disc."""
    loaded = medium is not None
    open_disc = medium is not None and not medium.state.finished
    profiles = b"".join(
        p.to_bytes(2, "big") + bytes((p == profile, 0)) for p in (Profile.CD_RW, Profile.CD_R, Profile.CD_ROM)
    )
    block_types = 1 << 0
    return [
        Feature(FeatureCode.PROFILE_LIST, profiles, True, True),
        Feature(FeatureCode.CORE, bytes((0, 0, 0, 1, 1, 0, 0, 0)), True, True, 2),
        Feature(FeatureCode.MORPHING, bytes((2, 0, 0, 0)), True, True, 1),
        Feature(FeatureCode.REMOVABLE_MEDIUM, bytes((0x29, 0, 0, 0)), True, True),
        Feature(FeatureCode.MULTI_READ, b"", loaded),
        Feature(FeatureCode.CD_READ, bytes(4), loaded, False, 2),
        Feature(
            FeatureCode.CD_TRACK_AT_ONCE,
            bytes((0x46, 0)) + block_types.to_bytes(2, "big"),
            open_disc,
            False,
            2,
        ),
        Feature(FeatureCode.CD_RW_MEDIA_WRITE, bytes((0, 0x03, 0, 0)), profile is Profile.CD_RW),
        Feature(FeatureCode.POWER_MANAGEMENT, b"", True, True),
        Feature(FeatureCode.TIME_OUT, bytes(4), True, True),
        Feature(FeatureCode.REAL_TIME_STREAMING, bytes((0x18, 0, 0, 0)), True, True, 4),
        Feature(FeatureCode.SERIAL_NUMBER, serial.encode("ascii"), True, True),
    ]
