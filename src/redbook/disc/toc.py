"""The table of contents, and the identifiers computed from it."""

from __future__ import annotations

import base64
import hashlib

from redbook.disc.numbers import PREGAP_SECTORS, SECTORS_PER_SECOND, next_session_start
from redbook.records import dataclass


@dataclass(frozen=True, slots=True)
class TocTrack:
    """One track in the table of contents.

    number     1..99
    start_lba  of index 1
    control    Q control nibble: bit 0 pre-emphasis, 1 copy permitted, 2 data, 3 four channels
    session    1..
    """

    number: int
    start_lba: int
    control: int = 0
    session: int = 1

    @property
    def is_audio(self) -> bool:
        return not self.control & 4


@dataclass(frozen=True, slots=True)
class Toc:
    """A table of contents: the tracks in order and where the last lead-out starts."""

    tracks: tuple[TocTrack, ...]
    lead_out_lba: int

    def sectors(self, number: int) -> int:
        """Sectors from this track's start to the next one's (or the lead-out), including the gap."""
        starts = [t.start_lba for t in self.tracks] + [self.lead_out_lba]
        index = next(i for i, t in enumerate(self.tracks) if t.number == number)
        return starts[index + 1] - starts[index]

    @property
    def musicbrainz_id(self) -> str:
        """The id for the tracks up to the last audio track; empty if there is none.

        A track after that is data in a second session, and the first session ends 2 min 32 s before it.
        Source: https://musicbrainz.org/doc/Disc_ID_Calculation; libdiscid, src/toc.c
        """
        last = max((index for index, track in enumerate(self.tracks) if track.is_audio), default=-1)
        if last < 0:
            return ""
        tracks, data = self.tracks[: last + 1], self.tracks[last + 1 :]
        end = data[0].start_lba - next_session_start(0, 1) if data else self.lead_out_lba
        offsets = [0] * 100
        offsets[0] = end + PREGAP_SECTORS
        for track in tracks:
            offsets[track.number] = track.start_lba + PREGAP_SECTORS
        text = f"{tracks[0].number:02X}{tracks[-1].number:02X}"
        text += "".join(f"{offset:08X}" for offset in offsets)
        digest = hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()
        return base64.b64encode(digest, b"._").decode("ascii").replace("=", "-")

    @property
    def ctdb_id(self) -> str:
        """The name of the disc in the CUETools database, from its audio tracks; empty without audio.

        It does not depend on where the first one begins.

        Source: CUETools.net, CUETools.CDImage/CDImage.cs
        """
        audio = [index for index, track in enumerate(self.tracks) if track.is_audio]
        if not audio:
            return ""
        behind = self.tracks[audio[-1] + 1 :]
        end = self.lead_out_lba
        if behind:
            later = behind[0].session != self.tracks[audio[-1]].session
            end = behind[0].start_lba - (next_session_start(0, 1) if later else 0)
        first = self.tracks[audio[0]].start_lba
        places = [self.tracks[index].start_lba - first for index in audio[1:]] + [end - first]
        text = "".join(f"{place:08X}" for place in places).ljust(100 * 8, "0")
        digest = hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()
        return base64.b64encode(digest, b"._").decode("ascii").replace("=", "-")

    @property
    def freedb_id(self) -> str:
        """Eight hexadecimal digits, as freedb and gnudb use them.  Source: the freedb "DISCID HOWTO"."""
        seconds = [(t.start_lba + PREGAP_SECTORS) // SECTORS_PER_SECOND for t in self.tracks]
        digits = sum(int(digit) for second in seconds for digit in str(second))
        playing = (self.lead_out_lba + PREGAP_SECTORS) // SECTORS_PER_SECOND - seconds[0]
        return f"{digits % 255 << 24 | playing << 8 | len(self.tracks):08x}"

    @property
    def accuraterip_id(self) -> str:
        """`NNN-xxxxxxxx-xxxxxxxx-freedb`, the name of the disc's entry in the AccurateRip database.

        Data tracks are left out, but the lead-out is the whole disc's. It is empty without audio.
        Source: whipper and morituri, image/table.py
        """
        audio = [t for t in self.tracks if t.is_audio]
        if not audio:
            return ""
        first = sum(t.start_lba for t in audio) + self.lead_out_lba
        second = sum(max(t.start_lba, 1) * t.number for t in audio)
        second += self.lead_out_lba * (len(audio) + 1)
        return f"{len(audio):03d}-{first & 0xFFFFFFFF:08x}-{second & 0xFFFFFFFF:08x}-{self.freedb_id}"
