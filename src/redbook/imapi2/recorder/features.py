"""Features, profiles and mode pages of a drive, as lists of numbers."""

from __future__ import annotations

from redbook.engine.steps import Procedure
from redbook.engine.waiting import despite_attention
from redbook.errors import FeatureMissing, FeatureNotCurrent
from redbook.imapi2.typelib.enumerations import (
    IMAPI_FEATURE_PAGE_TYPE,
    IMAPI_MODE_PAGE_TYPE,
    IMAPI_PROFILE_TYPE,
)
from redbook.mmc.identify import Configuration, Feature, FeatureCode, FeatureRequest, GetConfiguration
from redbook.mmc.mode_pages import ModeData, ModeSense10, PageControl

ALL_PAGES = 0x3F
LONGEST_REPLY = 0xFFFC

_FEATURES = {int(code) for code in IMAPI_FEATURE_PAGE_TYPE}
_PROFILES = {int(code) for code in IMAPI_PROFILE_TYPE}
_MODE_PAGES = {int(code) for code in IMAPI_MODE_PAGE_TYPE}


def ask() -> Procedure[Configuration]:
    """Send GET CONFIGURATION for all features.  raises  SenseError, InvalidReply"""
    return (yield from despite_attention(GetConfiguration(allocation_length=LONGEST_REPLY)))


def ask_one(code: int, current_only: bool) -> Procedure[Feature]:
    """Ask for one feature.  raises  FeatureMissing, FeatureNotCurrent, SenseError, InvalidReply"""
    command = GetConfiguration(FeatureRequest.ONE, code, LONGEST_REPLY)
    reply: Configuration = yield from despite_attention(command)
    feature = reply.feature(code)
    if feature is None:
        raise FeatureMissing(f"the drive has no feature {code:04X}h")
    if current_only and not feature.current:
        raise FeatureNotCurrent(f"feature {code:04X}h is not usable with what is in the drive now")
    return feature


def feature_list(configuration: Configuration, current_only: bool) -> tuple[int, ...]:
    """Values of IMAPI_FEATURE_PAGE_TYPE; a number that it does not know stays a number."""
    codes = [f.code for f in configuration.features if f.current or not current_only]
    return tuple(IMAPI_FEATURE_PAGE_TYPE(code) if code in _FEATURES else code for code in codes)


def profile_list(configuration: Configuration, current_only: bool) -> tuple[int, ...]:
    """Values of IMAPI_PROFILE_TYPE, in the drive's order.  raises  FeatureMissing  if it lists none"""
    feature = configuration.feature(FeatureCode.PROFILE_LIST)
    if feature is None:
        raise FeatureMissing("the drive does not list its profiles")
    found = []
    for position in range(0, len(feature.data) - 3, 4):
        code = int.from_bytes(feature.data[position : position + 2], "big")
        if feature.data[position + 2] & 1 or not current_only:
            found.append(IMAPI_PROFILE_TYPE(code) if code in _PROFILES else code)
    return tuple(found)


def mode_page_list(control: PageControl = PageControl.CURRENT) -> Procedure[tuple[int, ...]]:
    """Values of IMAPI_MODE_PAGE_TYPE, in the drive's order.  raises  SenseError, InvalidReply"""
    data: ModeData = yield from despite_attention(ModeSense10(ALL_PAGES, control, LONGEST_REPLY))
    return tuple(IMAPI_MODE_PAGE_TYPE(code) if code in _MODE_PAGES else code for code in data.codes())
