"""What must hold of a virtual recorder after any command, whatever was sent.

Source of the codes and tables: MMC-5 annex F, 6.22, 6.26, 6.27; SPC-4 4.5.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

from redbook.disc import Msf
from redbook.disc.sub_channel import crc
from redbook.image.base import DiscState, TrackState
from redbook.image.state_file import read_state
from redbook.mmc import sense
from redbook.transport.base import Reply, Status

Send = Callable[..., Reply]

DOCUMENTED_SENSE = {
    *((2, 0x04, ascq) for ascq in (0x01, 0x07, 0x08)),  # becoming ready, at work, buffer full
    *((2, 0x3A, ascq) for ascq in (0x01, 0x02)),  # no medium, tray open
    *((3, 0x0C, 0x09), (3, 0x72, 0x01), (3, 0x72, 0x02)),  # underrun, no lead-in, no lead-out
    *((5, 0x1A, 0), (5, 0x20, 0), (5, 0x21, 0), (5, 0x21, 0x02), (5, 0x24, 0), (5, 0x26, 0), (5, 0x2C, 0)),
    *((5, 0x30, 0x06), (5, 0x39, 0), (5, 0x53, 0x02), (5, 0x63, 0), (5, 0x64, 0), (5, 0x72, 0x03)),
    *((6, 0x28, 0), (6, 0x29, 0), (7, 0x27, 0)),
}
"""What this recorder may say by itself; a fault adds its own."""

_ALLOCATION_LENGTH = {
    **dict.fromkeys((0x12,), (3, 5)),
    **dict.fromkeys((0x03, 0x1A), (4, 5)),
    **dict.fromkeys((0x23, 0x42, 0x43, 0x44, 0x46, 0x4A, 0x51, 0x52, 0x5A, 0x5C), (7, 9)),
    **dict.fromkeys((0xAD, 0xBD), (8, 10)),
}
"""Where a CDB says how long its reply may be, by opcode (SPC-4, MMC-5)."""


def check_reply(cdb: bytes, reply: Reply, room: int, more_sense: set[tuple[int, int, int]]) -> None:
    """room: bytes that the host takes at most."""
    if reply.status == Status.GOOD:
        assert reply.sense == b""
        assert len(reply.data) + reply.residue == room
        assert reply.residue >= 0
        where = _ALLOCATION_LENGTH.get(cdb[0] if cdb else 0)
        if where is not None:
            assert len(reply.data) <= int.from_bytes(
                cdb[slice(*where)].ljust(where[1] - where[0], b"\0"), "big"
            )
        return
    assert reply.status == Status.CHECK_CONDITION
    assert reply.data == b""
    assert reply.residue == room
    said = sense.parse(reply.sense)
    assert len(reply.sense) == 18
    assert reply.sense[0] & 0x7F == 0x70
    assert reply.sense[7] == 10
    assert (said.key, said.asc, said.ascq) in DOCUMENTED_SENSE | more_sense, str(said)


def _as_stored(state: DiscState) -> DiscState:
    """Without what the length of the data file tells."""
    stored = copy.deepcopy(state)
    for track in stored.tracks:
        if track.state is TrackState.INCOMPLETE:
            track.written_sectors = 0
            if track is stored.open_track:
                track.sectors = 0
    return stored


def check_folder(path: Path, state: DiscState) -> None:
    """A second program that looks at this moment sees the same disc."""
    if path.exists():
        assert _as_stored(read_state(path)) == _as_stored(state)
    else:
        assert not state.sessions


class Answers:
    """Everything that a recorder says of its disc, held against each other (MMC-5 6.22, 6.26, 6.27)."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def check(self, *, knows_atip: bool, at_once: bool) -> None:
        """Nothing is checked while the disc cannot be asked.

        at_once  a session is being written at once, so the track being written need not be its last
        """
        disc = self._ask("51 00 00 00 00 00 00 ff ff 00")
        if disc is None:
            return
        status, session_status = disc[2] & 3, disc[2] >> 2 & 3
        sessions, first, last = disc[4], disc[5], disc[6]
        toc = self._ask("43 00 00 00 00 00 00 ff ff 00")
        assert (status, session_status) in {(0, 0), (1, 0), (1, 1), (2, 3)}
        assert disc[3] == 1
        assert 1 <= first <= last <= 100  # behind track 99 there is one that can't be written
        known = self._toc(toc)
        if status == 0:
            assert (sessions, first, last) == (1, 1, 1)
            assert disc[8] == 0xFF
        elif status == 2:
            assert disc[17:20] == disc[21:24] == b"\xff\xff\xff"
            assert known[-1][0] == last
            assert len({session for _, session in known}) == sessions
        elif known:
            assert first == known[-1][0] + 1
            assert sessions == known[-1][1] + 1
        else:
            assert (sessions, first) == (1, 1)
        assert status != 0 or not known
        self._invisible(status, last, at_once)
        for number, session in known:
            self._track(number, session)
        self._pma(status)
        self._capacity(toc)
        if knows_atip and status == 0:
            atip = self._ask("43 02 04 00 00 00 00 ff ff 00")
            assert atip is not None
            assert (atip[8:11], atip[12:15]) == (disc[17:20], disc[21:24])

    def _ask(self, cdb: str) -> bytes | None:
        """None where it is refused. What comes cut is the beginning of the whole."""
        raw = bytes.fromhex(cdb)
        reply = self._send(raw, room=0xFFFF)
        if reply.status != Status.GOOD:
            return None
        assert int.from_bytes(reply.data[:2], "big") + 2 == len(reply.data)
        for length in (5, len(reply.data) - 1):
            cut = self._send(raw[:7] + length.to_bytes(2, "big") + raw[9:], room=0xFFFF)
            assert cut.data == reply.data[:length]
        return reply.data

    def _toc(self, toc: bytes | None) -> list[tuple[int, int]]:
        """Number and session of each track that is in a table of contents; formats 0, 1 and 2 agree."""
        full = self._ask("43 02 02 00 00 00 00 ff ff 00")
        last_session = self._ask("43 00 01 00 00 00 00 ff ff 00")
        assert (toc is None) == (full is None) == (last_session is None)
        if toc is None or full is None or last_session is None:
            return []
        entries = [toc[i : i + 8] for i in range(4, len(toc), 8)]
        points = [full[i : i + 11] for i in range(4, len(full), 11)]
        numbers = [entry[2] for entry in entries]
        assert numbers == [*range(1, len(numbers)), 0xAA]
        assert (toc[2], toc[3]) == (1, len(numbers) - 1)
        lbas = [int.from_bytes(entry[4:8], "big") for entry in entries]
        assert lbas == sorted(set(lbas))
        of_tracks = {p[3]: p for p in points if p[1] >> 4 == 1 and 1 <= p[3] <= 99}
        for entry, lba in zip(entries[:-1], lbas, strict=False):
            point = of_tracks[entry[2]]
            assert point[1] == entry[1]
            assert tuple(point[8:11]) == _three(lba)
        lead_outs = [p for p in points if p[3] == 0xA2]
        assert [p[0] for p in lead_outs] == list(range(1, full[3] + 1))
        assert tuple(lead_outs[-1][8:11]) == _three(lbas[-1])
        first_of_last = next(e for e in entries if of_tracks[e[2]][0] == full[3])
        assert (last_session[2], last_session[3], last_session[6]) == (1, full[3], first_of_last[2])
        assert last_session[8:12] == first_of_last[4:8]
        return [(number, of_tracks[number][0]) for number in numbers[:-1]]

    def _invisible(self, status: int, last: int, at_once: bool) -> None:
        track = self._ask("52 01 00 00 00 ff 00 ff ff 00")
        if status == 2:
            assert track is None
        if track is None:
            return
        number, writable = track[2], track[7] & 1
        assert number == last or (at_once and number < last)
        assert track[6] & 0xB0 == 0
        assert writable
        assert track[3] == 1 or status == 1
        next_lba, free = int.from_bytes(track[12:16], "big", signed=True), int.from_bytes(track[16:20], "big")
        if track[6] & 0x40 and status == 0:
            assert int.from_bytes(track[8:12], "big") == 0
        assert free < 450_000
        assert next_lba < 450_000

    def _track(self, number: int, session: int) -> None:
        by_number = self._ask(f"52 01 00 00 00 {number:02x} 00 ff ff 00")
        assert by_number is not None
        assert (by_number[2], by_number[3]) == (number, session)
        assert by_number[7] == 2
        start, size = (int.from_bytes(by_number[i : i + 4], "big") for i in (8, 24))
        assert int.from_bytes(by_number[28:32], "big") == start + size - 1
        for lba in (start, start + size - 1):
            assert self._ask("52 00" + lba.to_bytes(4, "big").hex() + "00 ff ff 00") == by_number
        entry = self._ask(f"43 00 00 00 00 00 {number:02x} ff ff 00")
        assert entry is not None
        assert (entry[5] & 0xF, entry[6]) == (by_number[5] & 0xF, number)
        assert int.from_bytes(entry[8:12], "big") == start
        assert int.from_bytes(entry[16:20], "big") >= start + size

    def _pma(self, status: int) -> None:
        pma = self._ask("43 02 03 00 00 00 00 ff ff 00")
        assert pma is not None
        numbers = [pma[i + 3] for i in range(4, len(pma), 11)]
        assert numbers == sorted(set(numbers))
        assert not numbers or status != 0

    def _capacity(self, toc: bytes | None) -> None:
        """READ CAPACITY is one less than where the lead-out starts; 0 where there is none."""
        reply = self._send(bytes.fromhex("25 00 00 00 00 00 00 00 00 00"), room=8)
        lead_out = 1 if toc is None else int.from_bytes(toc[-4:], "big")
        assert int.from_bytes(reply.data[:4], "big") == lead_out - 1

    def check_q(self, lba: int) -> None:
        """Of a sector that can be read: twelve bytes whose CRC is right, at the address asked for."""
        cdb = (
            bytes.fromhex("be 00") + lba.to_bytes(4, "big", signed=True) + bytes.fromhex("00 00 01 00 02 00")
        )
        reply = self._send(cdb, room=16)
        if reply.status != Status.GOOD or not any(reply.data):
            return
        q = reply.data[:12]
        assert crc(q[:10]) == int.from_bytes(q[10:], "big")
        if q[0] & 0xF == 1:
            assert q[7:10].hex(" ") == "{:02d} {:02d} {:02d}".format(*_three(lba))


def _three(lba: int) -> tuple[int, int, int]:
    msf = Msf.from_sectors(lba + 150)
    return msf.minute, msf.second, msf.frame
