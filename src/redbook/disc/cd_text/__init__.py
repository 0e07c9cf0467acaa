"""CD-Text: titles and names in packs of 18 bytes in the lead-in's R-W.

`packs` has their form; `decode` turns packs into texts, `encode` texts into packs; `characters` knows what
each character set can express, `languages` the codes of languages and genres.
"""

from redbook.disc.cd_text.changes import Change, ChangeKind
from redbook.disc.cd_text.decode import parse
from redbook.disc.cd_text.encode import Encoded, encode
from redbook.disc.cd_text.languages import ENGLISH, GENRES, JAPANESE, LANGUAGES, genre_code, language_code
from redbook.disc.cd_text.packs import (
    BLOCKS,
    PACK_BYTES,
    TEXTS,
    Collector,
    LeadIn,
    PackType,
    Sizes,
    checksum_of,
    each_pack,
    from_symbols,
    is_sound,
    sealed,
    to_symbols,
    with_checksums,
)
from redbook.disc.cd_text.texts import Texts, name_of, printable

__all__ = [
    "BLOCKS",
    "ENGLISH",
    "GENRES",
    "JAPANESE",
    "LANGUAGES",
    "PACK_BYTES",
    "TEXTS",
    "Change",
    "ChangeKind",
    "Collector",
    "Encoded",
    "LeadIn",
    "PackType",
    "Sizes",
    "Texts",
    "checksum_of",
    "each_pack",
    "encode",
    "from_symbols",
    "genre_code",
    "is_sound",
    "language_code",
    "name_of",
    "parse",
    "printable",
    "sealed",
    "to_symbols",
    "with_checksums",
]
