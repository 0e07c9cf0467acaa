"""Where the samples are in a file that holds them unencoded, and rules that all such formats share.

FFmpeg's readers for these ignore what does not fit (a size that overflowed, a second piece of audio, DTS
data in a WAV); here every byte of the file is either explained or reported. Where headers contradict
themselves, redbook does what libsndfile does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from struct import Struct
from typing import BinaryIO

from redbook.audio.containers import cut_short
from redbook.errors import AudioError
from redbook.records import dataclass

MOST_UNEXPLAINED_BYTES = 4096
"""After the audio, one block of a file system: more may be music."""

MOST_HEADER_BYTES = 128
"""Some recorders count their own header in; the largest that is common (bext apart) has 80 bytes."""

MOST_CHUNKS = 10_000
_MASK_NAMES = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR"),
    *("TC", "TFL", "TFC", "TFR", "TBL", "TBC", "TBR"),
)
"""Speakers by bit, in the order in which their channels follow each other in a WAV."""


@dataclass(frozen=True, slots=True)
class Layout:
    """start, length in bytes; width in bytes of a value; order "<" or ">"

    kind      "u", "s", "f", "mulaw" or "alaw"
    channels  speakers in order; empty strings if the file does not say
    bits      of a value that are stated to be in use
    """

    container: str
    rate_hz: int
    channels: tuple[str, ...]
    bits: int
    width: int
    kind: str
    order: str
    start: int
    length: int = 0
    notes: tuple[str, ...] = ()

    @property
    def codec(self) -> str:
        if self.kind in ("mulaw", "alaw"):
            return f"pcm_{self.kind}"
        if self.width == 1:
            return f"pcm_{self.kind}8"
        return f"pcm_{self.kind}{8 * self.width}{'le' if self.order == '<' else 'be'}"

    @property
    def sample_bytes(self) -> int:
        return self.width * len(self.channels)


def fields(file: BinaryIO, place: int, layout: Struct) -> tuple[int, ...]:
    """Unpack the fields at a place of the file.  raises  AudioError  if it ends there"""
    file.seek(place)
    data = file.read(layout.size)
    if len(data) < layout.size:
        raise AudioError("it ends inside its header: the file was cut short; get it again")
    return layout.unpack(data)


def chunks(file: BinaryIO, place: int, size: int, head: Struct) -> Iterator[tuple[bytes, int, int]]:
    """Name, length and place of the content of each chunk, up to what is not a chunk."""
    for _ in range(MOST_CHUNKS):
        if place + head.size > size:
            return
        file.seek(place)
        name, length = head.unpack(file.read(head.size))
        if not is_name(name):
            return
        yield name, length, place + head.size
        place += head.size + length + length % 2


def is_name(name: bytes) -> bool:
    """Whether these bytes can be the name of a chunk: printable ASCII, not all blanks."""
    return all(32 <= byte < 127 for byte in name) and name != b"    "


def placed(layout: Layout, start: int, length: int, notes: tuple[str, ...]) -> Layout:
    """With whole samples only."""
    rest = length % layout.sample_bytes
    if rest:
        notes += (f"its last {rest} bytes are not a whole sample, and are left out",)
    return replace(layout, start=start, length=length - rest, notes=notes)


def is_placeholder(length: int, there: int) -> bool:
    """What programs that write to a pipe put in place of a size: nearly 2 GiB, 2 GiB, nearly 4 GiB."""
    return length > there and (0x7F000000 <= length <= 0x80000100 or length >= 0xFFFFFF00)


def whole(stated: int | None, start: int, size: int) -> tuple[int, tuple[str, ...]]:
    """How many bytes of audio there are.  raises  AudioError  if many are missing"""
    there = size - start
    if stated is None:
        return there, ("its header does not say how long it is (written to a pipe?); it is read to its end",)
    if stated <= there:
        return stated, ()
    if stated - there <= min(start, MOST_HEADER_BYTES):
        more = stated - there
        return there, (f"its header counts {more} bytes more than the file has; it is read to its end",)
    raise cut_short(stated, there, "audio")


def explained_from(file: BinaryIO, place: int, size: int, head: Struct) -> int:
    """Up to where the bytes from `place` on are chunks.  raises  AudioError  at a second piece of audio"""
    for name, length, start in chunks(file, place, size, head):
        if start + length > size:
            return start - head.size
        if name in (b"data", b"SSND") and length:
            raise AudioError(
                f"a second piece of audio follows its first, with {length} bytes; redbook takes one piece: "
                "convert it with the program that made it"
            )
        place = start + length + length % 2
    return min(place, size)


def behind(file: BinaryIO, end: int, size: int, head: Struct | None) -> tuple[str, ...]:
    """Notes on what follows the audio.  raises  AudioError  if that may be music"""
    if head is not None:
        end = max(explained_from(file, at, size, head) for at in {end, min(size, end + end % 2)})
    while (tag := _tag_bytes(file, end, size)) > 0:
        end += tag
    return unexplained(size - end)


def _tag_bytes(file: BinaryIO, place: int, size: int) -> int:
    """The length of a tag of another format that begins here; 0 if none does."""
    file.seek(place)
    head = file.read(16)
    length = 0
    if head[:3] == b"TAG":
        length = 128
    elif head[:3] == b"ID3" and len(head) >= 10:
        length = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    elif head[:8] == b"APETAGEX" and len(head) >= 16:
        length = 32 + int.from_bytes(head[12:16], "little")
    return length if place + length <= size else 0


def unexplained(rest: int) -> tuple[str, ...]:
    """A note on bytes after the audio that no header explains; none for no bytes.

    raises  AudioError  if there are so many that they may be music
    """
    if rest <= 0:
        return ()
    if rest <= MOST_UNEXPLAINED_BYTES:
        return (f"{rest} bytes after the audio are not part of it according to its header, and are left out",)
    raise AudioError(
        f"its header ends the audio {rest} bytes before the file ends. They may be music: the size did not "
        "fit into 32 bits, or the recording went on; convert it with a program that reads to the file's "
        "end (sox --ignore-length), or cut them off"
    )


def names(channels: int, mask: int = 0) -> tuple[str, ...]:
    """Each channel has the next speaker of the mask; what the mask does not name has no place."""
    if channels > 4096:
        raise AudioError(f"its header states {channels} channels: it is damaged")
    if channels <= 2:
        return ("FC",) if channels == 1 else ("FL", "FR")
    named = [name for bit, name in enumerate(_MASK_NAMES) if mask >> bit & 1][:channels]
    return tuple(named) + ("",) * (channels - len(named))
