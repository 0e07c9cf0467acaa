"""cdrdao's TOC files for `disc.bin`; SWAP, because cdrdao takes raw audio as big-endian."""

from __future__ import annotations

from redbook.disc import PREGAP_SECTORS, RUN_OUT_SECTORS, Msf
from redbook.image.base import DiscState

_PRE_EMPHASIS, _COPY_PERMITTED = 1, 2


def render(state: DiscState, data_file: str) -> str:
    """Every track that was ended, in cdrdao's words.

    Each track begins with the gap before it (START says how long that is), so the run-out behind a
    track belongs to the track, as it does on the disc.
    """
    lines = ["CD_DA"]
    tracks = state.ended_tracks
    starts = [max(track.start_lba - PREGAP_SECTORS, 0) for track in tracks]
    starts.append(tracks[-1].end_lba + RUN_OUT_SECTORS)
    for track, begin, end in zip(tracks, starts, starts[1:], strict=False):
        lines += ["", f"// Track {track.number}", "TRACK AUDIO"]
        lines.append("COPY" if track.control & _COPY_PERMITTED else "NO COPY")
        lines.append("PRE_EMPHASIS" if track.control & _PRE_EMPHASIS else "NO PRE_EMPHASIS")
        lines.append("TWO_CHANNEL_AUDIO")
        lines.append(f'FILE "{data_file}" SWAP {Msf.from_sectors(begin)} {Msf.from_sectors(end - begin)}')
        if track.start_lba > begin:
            lines.append(f"START {Msf.from_sectors(track.start_lba - begin)}")
    return "\n".join(lines) + "\n"
