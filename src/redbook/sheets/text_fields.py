"""What cue sheets and TOC files call the texts of CD-Text: the same words, except for a few in TOC files."""

from __future__ import annotations

from redbook.disc.cd_text import PackType

TEXT_FIELDS = {
    "TITLE": PackType.TITLE,
    "PERFORMER": PackType.PERFORMER,
    "SONGWRITER": PackType.SONGWRITER,
    "COMPOSER": PackType.COMPOSER,
    "ARRANGER": PackType.ARRANGER,
    "MESSAGE": PackType.MESSAGE,
    "DISC_ID": PackType.DISC_ID,
    "GENRE": PackType.GENRE,
    "UPC_EAN": PackType.CODE,
}
TOC_TEXT_FIELDS = TEXT_FIELDS | {
    "ISRC": PackType.CODE,
    "CLOSED": PackType.CLOSED_INFO,
    "RESERVED4": PackType.CLOSED_INFO,
}
"""Before cdrdao 1.2.5, CLOSED was called RESERVED4."""
