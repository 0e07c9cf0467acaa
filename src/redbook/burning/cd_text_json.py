"""CD-Text as JSON, for the command line and for reports.  docs/json.md describes it."""

from __future__ import annotations

from typing import Any

from redbook.disc.cd_text import Texts


def cd_text_as_json(texts: Texts) -> dict[str, Any]:
    """One language; track 0 is the disc."""
    return {
        "language": texts.language,
        "texts": {
            kind.name.lower(): {str(track): text for track, text in sorted(found.items())}
            for kind, found in texts.by_type.items()
        },
        "genre": texts.genre or None,
        "damaged": texts.damaged_names,
    }
