"""CUE sheets for `disc.bin`, as libcdio, cdrdao, bchunk and cuetools all read them.

One FILE of the sheet's own base name, because libcdio opens NAME.bin for NAME.cue whatever FILE says.
INDEX 00 with the silence stored, never PREGAP, which libcdio and bchunk ignore.
"""

from __future__ import annotations

from redbook.disc import PREGAP_SECTORS, Msf
from redbook.image.base import DiscState, TrackState

_PRE_EMPHASIS, _COPY_PERMITTED = 1, 2


def render(state: DiscState, data_file: str) -> str:
    """The sheet of every track that was ended; `data_file` holds sector n at n x 2352."""
    lines = [f'FILE "{data_file}" BINARY']
    for number, session in enumerate(state.sessions, 1):
        if len(state.sessions) > 1:
            lines.append(f"REM SESSION {number:02d}")
        for track in session.tracks:
            if track.state is TrackState.INCOMPLETE:
                continue
            lines.append(f"  TRACK {track.number:02d} AUDIO")
            flags = [
                name
                for bit, name in ((_COPY_PERMITTED, "DCP"), (_PRE_EMPHASIS, "PRE"))
                if track.control & bit
            ]
            if flags:
                lines.append(f"    FLAGS {' '.join(flags)}")
            if track.start_lba:
                lines.append(f"    INDEX 00 {Msf.from_sectors(track.start_lba - PREGAP_SECTORS)}")
            lines.append(f"    INDEX 01 {Msf.from_sectors(track.start_lba)}")
    return "\n".join(lines) + "\n"
