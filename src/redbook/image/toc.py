"""cdrdao's TOC files for `disc.bin`; SWAP, because cdrdao reads raw audio as big-endian."""

from __future__ import annotations

from collections.abc import Iterator

from redbook.disc import SECTOR_BYTES, Msf
from redbook.disc.cd_text import PackType, Texts, printable
from redbook.image.base import DiscState, RecordedTrack

_PRE_EMPHASIS, _COPY_PERMITTED, _FOUR_CHANNELS = 1, 2, 8
_TEXTS = {
    PackType.TITLE: "TITLE",
    PackType.PERFORMER: "PERFORMER",
    PackType.SONGWRITER: "SONGWRITER",
    PackType.COMPOSER: "COMPOSER",
    PackType.ARRANGER: "ARRANGER",
    PackType.MESSAGE: "MESSAGE",
    PackType.DISC_ID: "DISC_ID",
}


def render(state: DiscState, data_file: str) -> str:
    """Every track that was ended, in cdrdao's words.

    Each track begins with the gap before it (START says how long that is), so the run-out after a
    track belongs to the track, as it does on the disc.
    """
    modes = {track.data_mode for track in state.ended_tracks}
    lines = ["CD_ROM_XA" if 2 in modes else "CD_ROM" if 1 in modes else "CD_DA"]
    if mcn := next((session.mcn for session in state.sessions if session.mcn), ""):
        lines += ["", f'CATALOG "{mcn}"']
    texts = {t.number: session.all_texts for session in state.sessions for t in session.tracks}
    lines += _cd_text(state.sessions[0].all_texts, 0, languages=True)
    tracks = state.ended_tracks
    starts = [max(track.pregap_lba, 0) for track in tracks]
    starts.append(state.recorded_end_lba)
    for track, begin, end in zip(tracks, starts, starts[1:], strict=False):
        lines += _track(track, begin, end, data_file, texts[track.number])
    return "\n".join(lines) + "\n"


def _track(track: RecordedTrack, begin: int, end: int, data_file: str, texts: list[Texts]) -> Iterator[str]:
    kind = f"MODE{track.data_mode}_RAW" if track.is_data else "AUDIO"
    yield from ("", f"// Track {track.number}", f"TRACK {kind}")
    yield "COPY" if track.control & _COPY_PERMITTED else "NO COPY"
    if track.is_data:
        yield f'DATAFILE "{data_file}" #{begin * SECTOR_BYTES} {Msf.from_sectors(end - begin)}'
        if track.start_lba > begin:
            yield f"START {Msf.from_sectors(track.start_lba - begin)}"
        return
    yield "PRE_EMPHASIS" if track.control & _PRE_EMPHASIS else "NO PRE_EMPHASIS"
    yield "FOUR_CHANNEL_AUDIO" if track.control & _FOUR_CHANNELS else "TWO_CHANNEL_AUDIO"
    if track.isrc:
        yield f'ISRC "{track.isrc}"'
    yield from _cd_text(texts, track.number)
    yield f'FILE "{data_file}" SWAP {Msf.from_sectors(begin)} {Msf.from_sectors(end - begin)}'
    if track.start_lba > begin:
        yield f"START {Msf.from_sectors(track.start_lba - begin)}"
    for lba in track.indexes:
        yield f"INDEX {Msf.from_sectors(lba - track.start_lba)}"


def _cd_text(blocks: list[Texts], track: int, *, languages: bool = False) -> Iterator[str]:
    if not blocks:
        return
    yield "CD_TEXT {"
    if languages:
        codes = " ".join(f"{number} : {block.language_code}" for number, block in enumerate(blocks))
        yield f"  LANGUAGE_MAP {{ {codes} }}"
    for number, block in enumerate(blocks):
        yield f"  LANGUAGE {number} {{"
        for kind, name in _TEXTS.items():
            if any(block.by_type.get(kind, {}).values()):  # cdrdao wants it of all tracks, or of none
                yield f'    {name} "{_quotable(block.text(kind, track))}"'
        yield "  }"
    yield "}"


def _quotable(text: str) -> str:
    return printable(text.replace("\\", "/").replace('"', "'"))
