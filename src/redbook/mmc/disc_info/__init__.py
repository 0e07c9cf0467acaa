"""What is on the disc: READ DISC INFORMATION, READ TRACK INFORMATION, READ TOC/PMA/ATIP."""

from redbook.mmc.disc_info.atip import Atip, ReadAtip
from redbook.mmc.disc_info.cd_text import ReadCdText
from redbook.mmc.disc_info.disc_information import (
    DiscInformation,
    DiscStatus,
    ReadDiscInformation,
    SessionStatus,
)
from redbook.mmc.disc_info.fields import READ_TOC_OPCODE, toc_format
from redbook.mmc.disc_info.raw_toc import RawToc, ReadFullToc, ReadPma, TocPoint
from redbook.mmc.disc_info.toc import ReadSessionInformation, ReadToc, SessionInformation
from redbook.mmc.disc_info.track_information import (
    INVISIBLE_TRACK,
    ReadTrackInformation,
    TrackAddress,
    TrackInformation,
)

__all__ = [
    "INVISIBLE_TRACK",
    "READ_TOC_OPCODE",
    "Atip",
    "DiscInformation",
    "DiscStatus",
    "RawToc",
    "ReadAtip",
    "ReadCdText",
    "ReadDiscInformation",
    "ReadFullToc",
    "ReadPma",
    "ReadSessionInformation",
    "ReadToc",
    "ReadTrackInformation",
    "SessionInformation",
    "SessionStatus",
    "TocPoint",
    "TrackAddress",
    "TrackInformation",
    "toc_format",
]
