"""Follows Q from the lead-in to the lead-out, as a drive does, and works out from it what is on the disc."""

from __future__ import annotations

from redbook.disc.cd_text import Collector
from redbook.disc.layout import LaidTrack, SessionLayout
from redbook.disc.numbers import MOST_INDEXES, MOST_TRACKS, PREGAP_SECTORS, Msf
from redbook.disc.sub_channel import (
    FIRST_TRACK,
    ISRC,
    LAST_TRACK,
    LEAD_IN_TNO,
    LEAD_OUT_START,
    LEAD_OUT_TNO,
    MCN,
    POSITION,
    Q,
    is_isrc,
)


class QReader:
    """Takes sector after sector; skips damaged ones, and modes that say nothing about the program."""

    def __init__(self) -> None:
        self._points: dict[int, tuple[int, Msf]] = {}
        self._begins: dict[tuple[int, int], int] = {}
        self._isrc: dict[int, str] = {}
        self._mcn = ""
        self._track = 0
        self._lead_out_lba: int | None = None
        self._collector = Collector()

    def take(self, lba: int, q: bytes, symbols: bytes = b"") -> None:
        """q        twelve bytes
        symbols  96 of P to W, if there are any: those of the lead-in may hold CD-Text
        """
        if symbols and lba < -PREGAP_SECTORS:
            self._collector.take(symbols)
        try:
            parsed = Q.from_bytes(q)
        except ValueError:
            return
        if parsed.adr == MCN:
            self._mcn = self._mcn or parsed.code
        elif parsed.adr == ISRC and self._track:
            self._isrc.setdefault(self._track, parsed.code)
        elif parsed.adr == POSITION:
            self._take_position(lba, parsed)

    def _take_position(self, lba: int, q: Q) -> None:
        if lba < -PREGAP_SECTORS:
            if q.track == LEAD_IN_TNO:
                self._points.setdefault(q.index, (q.control, q.time))
        elif q.track == LEAD_OUT_TNO:
            if self._lead_out_lba is None:
                self._lead_out_lba = lba
        elif 1 <= q.track <= MOST_TRACKS and q.index <= MOST_INDEXES:
            self._track = q.track
            self._begins.setdefault((q.track, q.index), lba)

    @property
    def track(self) -> int:
        """The last track that Q has named; 0 until there is one."""
        return self._track

    @property
    def lead_out_lba(self) -> int | None:
        """Where Q has said that the lead-out begins; None until then."""
        return self._lead_out_lba

    def layout(self) -> SessionLayout | None:
        """The layout so far; None while lead-in and program do not make a session."""
        ends = [self._points.get(point) for point in (FIRST_TRACK, LAST_TRACK, LEAD_OUT_START)]
        numbers = sorted(point for point in self._points if 1 <= point <= MOST_TRACKS)
        if None in ends or not numbers or numbers != list(range(numbers[0], numbers[-1] + 1)):
            return None
        first_and_last = [self._points[point][1].minute for point in (FIRST_TRACK, LAST_TRACK)]
        if first_and_last != [numbers[0], numbers[-1]]:
            return None
        lead_out = self._points[LEAD_OUT_START][1].lba
        starts = [self._points[number][1].lba for number in numbers]
        if sorted({*starts, lead_out}) != [*starts, lead_out] or starts[0] < 0:
            return None
        pregaps = [
            min(self._begins.get((n, 0), start), start) for n, start in zip(numbers, starts, strict=True)
        ]
        pregaps[0] = -PREGAP_SECTORS
        bounds = [*pregaps[1:], lead_out]
        tracks = tuple(
            self._laid(number, start, pregap, end)
            for number, start, pregap, end in zip(numbers, starts, pregaps, bounds, strict=True)
        )
        if any(track.sectors <= 0 for track in tracks):
            return None
        return SessionLayout(tracks, lead_out, self._mcn, self._collector.packs)

    def _laid(self, number: int, start: int, pregap: int, end: int) -> LaidTrack:
        indexes = sorted(lba for (track, index), lba in self._begins.items() if track == number and index > 1)
        isrc = self._isrc.get(number, "")
        return LaidTrack(
            number,
            start,
            end - start,
            start - pregap,
            indexes=tuple(lba for lba in indexes if start < lba < end),
            control=self._points[number][0],
            isrc=isrc if is_isrc(isrc) else "",
        )
