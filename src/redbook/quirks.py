"""What is known about individual models: which ones must be treated differently from the standard.

Most of what real drives do wrong harms no other drive if it is always expected: it is dealt with where it
happens, for all of them (docs/quirks.md lists both). Only what would cost a good drive something is bound
to a name here. The table is read once, after INQUIRY; everything else sees the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from redbook.mmc.identify import InquiryReply
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one drive is to be treated.  The defaults are a drive without faults.

    tells_buffer          READ BUFFER CAPACITY is safe, and its answer worth showing
    starts_twice          it says that it is ready too early: START is sent with Immed and once more without
    knows_next_address    READ TRACK INFORMATION tells where the next track goes
    remembers_test_write  a test write stays in its mind until the tray was open
    real_time             writing takes it the time that writing takes
    own_codes             vendor sense of this drive is redbook's own, and means what redbook.virtual says
    """

    tells_buffer: bool = True
    starts_twice: bool = False
    knows_next_address: bool = True
    remembers_test_write: bool = False
    real_time: bool = True
    own_codes: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """Drives whose INQUIRY data match, what is to be done about them, and who says so.

    vendor, product, revision  shell patterns; case counts, as INQUIRY is upper case by custom
    """

    vendor: str
    product: str
    values: Mapping[str, Any]
    what: str
    source: str
    revision: str = "*"

    def matches(self, drive: InquiryReply) -> bool:
        return (
            fnmatchcase(drive.vendor, self.vendor)
            and fnmatchcase(drive.product, self.product)
            and fnmatchcase(drive.revision, self.revision)
        )


LG = "HL-DT-ST"
OWN_VENDOR = "REDBOOK"
VIRTUAL_MARK = "redbook.virtual"
"""In the maker's bytes of INQUIRY where a virtual recorder bears another maker's name."""

MODELS: tuple[Model, ...] = (
    Model(
        "PIONEER",
        "*DVR-216D*",
        {"starts_twice": True},
        "reports too early that it is ready after a disc was loaded",
        "libburn, mmc.c",
    ),
    Model(
        "PIONEER",
        "*DVR-216D*",
        {"tells_buffer": False},
        "hangs when it is asked for its buffer",
        "libburn, mmc.c",
        revision="1.09",
    ),
    Model(
        LG,
        "*GSA-H55N*",
        {"tells_buffer": False},
        "reports nonsense about its buffer",
        "cdrecord, drv_mmc.c",
    ),
    Model(
        LG,
        "*",
        {"remembers_test_write": True},
        "believes that the disc is written after a test write, until the tray has been opened",
        "psysonic-burn",
    ),
    Model(
        "ACER",
        "*8x4x32*",
        {"remembers_test_write": True},
        "believes that the disc is written after a test write, until the tray has been opened",
        "cdrecord, drv_mmc.c",
        revision="5.EW",
    ),
    Model(
        "MATSHITA",
        "*CW-7502*",
        {"knows_next_address": False},
        "wants to be asked for the next address, and answers wrongly",
        "cdrdao, dao/GenericMMC.cc",
    ),
    Model(
        OWN_VENDOR,
        "*",
        {"real_time": False, "own_codes": True},
        "is the virtual recorder, also where a kernel stands in between: it may be as fast as its host, and "
        "has codes for conditions that no standard sense stands for",
        "redbook.virtual",
    ),
)


def quirks_of(drive: InquiryReply) -> Quirks:
    """Everything that is known about this model, put together."""
    known = Quirks()
    for model in MODELS:
        if model.matches(drive):
            known = replace(known, **model.values)
    return known
