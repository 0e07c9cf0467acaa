"""CUE sheets for `disc.bin`, as libcdio, cdrdao, bchunk and cuetools all read them.

One FILE of the sheet's own base name, because libcdio opens NAME.bin for NAME.cue whatever FILE says.
INDEX 00 with the silence stored, never PREGAP, which libcdio and bchunk ignore. Of CD-Text only what
cdrdao takes in a CUE sheet; the rest is in `disc.toc` and `disc.json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc import Msf
from redbook.disc.cd_text import PackType, Texts, printable
from redbook.image.base import DiscState, RecordedSession, RecordedTrack, TrackState

_FLAGS = ((2, "DCP"), (1, "PRE"), (8, "4CH"))
_BYTE_ORDER = (
    "REM audio is little-endian: cdrskin, libcdio, bchunk; cdrdao with --swap; wodim burns noise from this"
)
"""Nothing that a sheet can say makes these programs agree, so it says so to whoever looks into it."""
_TEXTS = (PackType.TITLE, PackType.PERFORMER, PackType.SONGWRITER)


def render(state: DiscState, data_file: str) -> str:
    """The sheet of every track that was ended; `data_file` holds sector n at n x 2352."""
    lines = [_BYTE_ORDER]
    if mcn := next((session.mcn for session in state.sessions if session.mcn), ""):
        lines.append(f"CATALOG {mcn}")
    first_texts = state.sessions[0].texts
    lines += _text_lines(first_texts, 0, "")
    lines.append(f'FILE "{data_file}" BINARY')
    for number, session in enumerate(state.sessions, 1):
        if len(state.sessions) > 1:
            lines.append(f"REM SESSION {number:02d}")
        for track in session.tracks:
            if track.state is not TrackState.INCOMPLETE:
                lines += _track_lines(track, session)
    return "\n".join(lines) + "\n"


def _track_lines(track: RecordedTrack, session: RecordedSession) -> Iterator[str]:
    kind = f"MODE{track.data_mode}/2352" if track.is_data else "AUDIO"
    yield f"  TRACK {track.number:02d} {kind}"
    yield from _text_lines(session.texts, track.number, "    ")
    flags = [name for bit, name in _FLAGS if track.control & bit]
    flags += ["SCMS"] * track.copy_alternates
    if flags:
        yield f"    FLAGS {' '.join(flags)}"
    if track.isrc:
        yield f"    ISRC {track.isrc}"
    begin = max(0, track.pregap_lba)
    if begin < track.start_lba:
        yield f"    INDEX 00 {Msf.from_sectors(begin)}"
    for number, lba in enumerate((track.start_lba, *track.indexes), 1):
        yield f"    INDEX {number:02d} {Msf.from_sectors(lba)}"


def _text_lines(texts: Texts, track: int, indent: str) -> list[str]:
    found = ((kind, texts.text(kind, track)) for kind in _TEXTS)
    return [f'{indent}{kind.name} "{_quotable(text)}"' for kind, text in found if text]


def _quotable(text: str) -> str:
    """An escaped quotation mark cuts the text off in libcdio; a line break would end the line."""
    return printable(text.replace('"', "'"))
