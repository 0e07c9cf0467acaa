"""A virtual recorder, hosts that send it anything, and a person at its tray; all checked after each step."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from redbook.clock import ManualClock
from redbook.disc import PREGAP_SECTORS, SECTOR_BYTES, Msf
from redbook.disc.cd_text import sealed, to_symbols
from redbook.disc.sub_channel import ISRC, LEAD_OUT_TNO, MCN, POSITION, RAW_BYTES, Q, interleave
from redbook.errors import Sense, TransportError
from redbook.image.base import HowWritten, RecordedSession
from redbook.mmc.cue_sheet import CueEntry, SendCueSheet, code_entries
from redbook.mmc.mode_pages import ModeSelect10, MultiSession, WriteParameters
from redbook.mmc.playback import AudioStatus
from redbook.mmc.write import Write10
from redbook.transport.base import Reply, Status, Transport
from redbook.virtual import faults
from redbook.virtual.blanks import blank_state
from redbook.virtual.faults import Lost
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.refused import Refused
from tests.support.recorder_checks import Answers, check_folder, check_reply

MODELS = ("redbook", "usb-combo", "old-scsi", "bd-combo", "slow-closer")
LEAD_IN = Msf(99, 59, 0)
"""75 sectors before the program area: a raw session's lead-in is written in no time."""

FOR_EVER_SECONDS = 1e9
_CODE, _MCN = "DEABC2500001", "4006381333931"


def small_blank(medium: str, last_lead_out: Msf) -> Medium:
    """A disc that is full soon."""
    state = blank_state(medium)
    state.lead_in_start, state.last_lead_out = LEAD_IN, last_lead_out
    return Medium(state)


@dataclass(frozen=True, slots=True)
class Part:
    """One track of a session to be written at once.

    pregap, sectors  how many
    index            whether it has an index 2, in its middle
    pregap_form, form  data forms of a cue sheet: whether the host sends it, with which sub-channel
    """

    pregap: int
    sectors: int
    control: int = 0
    index: bool = False
    pregap_form: int = 0
    form: int = 0
    isrc: bool = False


class Bench:
    """model, speed  of the recorder"""

    def __init__(self, medium: Medium, model: str = "redbook", speed: float | None = None) -> None:
        self.clock = ManualClock()
        self._model, self._speed = model, speed
        self._put(medium)

    def _put(self, medium: Medium) -> None:
        self.recorder = VirtualRecorder(medium, model=self._model, speed=self._speed, clock=self.clock)
        self.hosts: list[Transport] = [self.recorder, self.recorder.new_initiator()]
        self._disc: Medium | None = None
        self._more_sense: set[tuple[int, int, int]] = set()
        self._regions: list[tuple[int, int, int]] = []
        self._layout: tuple[int, list[Part]] | None = None
        self._forget_disc()

    def _forget_disc(self) -> None:
        self.sound: dict[int, bytes] = {}
        self._unsure: set[int] = set()
        self._blanked_in_test = self._tested = False
        self._disc = self.recorder.disc

    # What hosts do

    def send(self, cdb: bytes, data: bytes = b"", room: int = 1000, host: int = 0) -> Reply:
        """One command, checked; a fault may leave it without an answer."""
        medium = self.recorder.disc
        finishes = self._would_finish(cdb)
        try:
            reply = self.hosts[host].execute(cdb, data, room, FOR_EVER_SECONDS)
        except TransportError:
            assert self.recorder.faults, "no answer, and nothing was to go wrong"
            reply = Reply(Status.BUSY)
        else:
            if not self.recorder.faults:
                check_reply(cdb, reply, room, self._more_sense)
        if reply.status == Status.GOOD and cdb and cdb[0] in (0x2A, 0xAA) and medium is self.recorder.disc:
            self._heard(cdb, data)
        if cdb[:1] == b"\xa1" and reply.status == Status.GOOD:
            self._blanked_in_test = self.recorder._mechanism.simulated is not None
        if reply.status == Status.GOOD and finishes is not None and not self.recorder.faults:
            assert medium is not None
            assert medium.state.finished == finishes
        self.check()
        return reply

    def _would_finish(self, cdb: bytes) -> bool | None:
        """Whether no session can follow the one that this closes, by page 05h; None where it closes none."""
        mechanism, disc = self.recorder._mechanism, self.recorder.disc
        closes = cdb[:1] == b"\x5b" and len(cdb) > 2 and cdb[2] & 7 == 2
        if not closes or disc is None or disc.state.open_session is None or mechanism.page.test_write:
            return None
        return mechanism.page.multi_session != MultiSession.NEXT_ALLOWED

    def _heard(self, cdb: bytes, data: bytes) -> None:
        """Audio that was taken is on the disc from now on."""
        if self.recorder._mechanism.simulated is not None or not data:
            return
        lba = int.from_bytes(cdb[2:6], "big", signed=True)
        count = int.from_bytes(cdb[7:9] if cdb[0] == 0x2A else cdb[6:10], "big")
        length = len(data) // count
        unsure = length > SECTOR_BYTES or any(isinstance(f.outcome, Lost) for f in self.recorder.faults)
        for number in range(count if length >= SECTOR_BYTES else 0):
            self.sound[lba + number] = data[number * length : number * length + SECTOR_BYTES]
            if unsure:
                self._unsure.add(lba + number)

    def next_lba(self) -> int:
        """A hint only: where a WRITE has a chance."""
        mechanism, medium = self.recorder._mechanism, self.recorder._mechanism.disc_in_reach
        if mechanism.writing is not None:
            return mechanism.writing.next_lba
        with contextlib.suppress(Refused):
            if medium is not None:
                return (mechanism.simulated or medium).next_writable_lba
        return 0

    def write(self, sectors: int, fill: int, offset: int = 0, host: int = 0) -> Reply:
        """At the next writable address, or so many sectors beside it."""
        data = bytes((fill,)) * (SECTOR_BYTES * sectors)
        lba = max(-(2**31), min(self.next_lba() + offset, 2**31 - 1))
        return self.send(Write10(lba, data).to_cdb(), data, host=host)

    def select(self, page: WriteParameters, host: int = 0) -> Reply:
        command = ModeSelect10(page.to_page())
        return self.send(command.to_cdb(), command.data_out, host=host)

    def cue(
        self,
        parts: Sequence[Part],
        *,
        mcn: bool = False,
        text: bool = False,
        change: tuple[int, int] | None = None,
        host: int = 0,
    ) -> Reply:
        """change: a byte of the sheet, and what it is instead."""
        start = self.next_lba() - PREGAP_SECTORS
        first = self._next_track()
        sheet = bytearray(SendCueSheet.of(_entries(parts, start, first, mcn, text)).sheet)
        if change is not None:
            sheet[change[0] % len(sheet)] = change[1]
        command = SendCueSheet(bytes(sheet))
        reply = self.send(command.to_cdb(), command.data_out, host=host)
        if reply.status == Status.GOOD:
            self._regions = list(_regions(parts, start))
            if text:
                self._regions.insert(0, (LEAD_IN.lba if start < 0 else start - 4500, start, RAW_BYTES))
        return reply

    def _next_track(self) -> int:
        mechanism = self.recorder._mechanism
        medium = mechanism.simulated or mechanism.disc_in_reach
        return medium.next_track_number if medium is not None else 1

    def go_on_at_once(self, sectors: int, fill: int, host: int = 0) -> Reply | None:
        """The next sectors of what the last cue sheet announced, in the form that it said."""
        lba = self._regions[0][0] if self._regions else 0
        if self.recorder._mechanism.writing is not None:
            lba = self.next_lba()
        region = next((r for r in self._regions if r[0] <= lba < r[1]), None)
        if region is None:
            return None
        count = min(sectors, region[1] - lba)
        data = _sectors(count, region[2], fill)
        return self.send(Write10(lba, data, region[2]).to_cdb(), data, host=host)

    def go_on_raw(
        self, parts: Sequence[Part], sectors: int, fill: int, with_sub: int, host: int = 0
    ) -> Reply:
        """The next sectors of a whole disc that the host makes: lead-in, program, lead-out, with sound Q.

        with_sub  96 or 16 bytes behind each sector
        """
        if self.recorder._mechanism.writing is None or self._layout is None:
            self._layout = (LEAD_IN.lba, list(parts))
        first, layout = self._layout
        lba = self.next_lba() if self.recorder._mechanism.writing is not None else first
        data = b"".join(_raw_sector(layout, at, fill, with_sub) for at in range(lba, lba + sectors))
        reply = self.send(Write10(lba, data, SECTOR_BYTES + with_sub).to_cdb(), data, host=host)
        if reply.status == Status.GOOD and not self.recorder.faults:
            self._unsure -= set(range(lba, min(lba + sectors, _end(layout))))
        return reply

    # What a person does

    def eject(self) -> None:
        self.recorder.press_eject()
        self.check()

    def push_in(self) -> None:
        self.recorder.push_in()
        self.check()

    def swap(self, medium: Medium) -> None:
        self.recorder.insert(medium)
        self.check()

    def cut_power(self) -> None:
        """What was ended stays as it is; what was begun stays begun, without what was in the buffer."""
        disc = self.recorder.disc
        before = copy.deepcopy(disc.state) if disc is not None else None
        self.recorder.cut_power()
        if disc is not None and before is not None:
            after = disc.state
            assert after.ended_tracks == before.ended_tracks
            assert after.closed_sessions == before.closed_sessions
            assert (after.open_track is None) == (before.open_track is None)
            if after.open_track is not None and before.open_track is not None:
                assert after.open_track.written_sectors <= before.open_track.written_sectors
        self.check()

    def reset(self) -> None:
        self.recorder.reset()
        self.check()

    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)
        self.check()

    def fault(self, text: str) -> None:
        fault = faults.parse(text)
        if isinstance(fault, faults.BadSpot):
            self.recorder.bad_spots.append(fault)
            self._more_sense |= {(3, 0x11, 0x05), (3, 0x0C, 0x00)}
        else:
            self.recorder.faults.append(fault)
            if isinstance(fault.outcome, Sense):
                self._more_sense.add((fault.outcome.key, fault.outcome.asc, fault.outcome.ascq))

    def heal(self) -> None:
        """Nothing is to go wrong any more; an unplugged recorder is plugged in again."""
        self.recorder.faults.clear()
        self.recorder.bad_spots.clear()
        if self.recorder._gone:
            self.recorder.plug_in()
        self.check()

    def die(self) -> None:
        """The process is killed, and another one opens the disc; in memory there is nothing to open."""
        disc = self.recorder.disc
        if disc is None or disc.path is None:
            return
        before, sound, unsure = disc.state, self.sound, self._unsure
        disc.close()  # gives the folder's lock back, as the end of a process does, and no more
        self._put(Medium.at(disc.path))
        assert self.recorder.disc is not None
        after = self.recorder.disc.state
        assert after.ended_tracks == before.ended_tracks
        assert after.closed_sessions == before.closed_sessions
        assert (after.finished, after.erase_count) == (before.finished, before.erase_count)
        if before.open_track is not None:
            assert after.open_track == before.open_track
        self.sound, self._unsure = sound, unsure
        self.check()

    # What must hold

    def check(self) -> None:
        disc = self.recorder.disc
        if disc is not self._disc:
            self._forget_disc()
        if disc is None:
            return
        disc.state.check()
        for session in disc.state.closed_sessions:
            assert disc.state.end_lba >= (session.lead_out_lba or 0), "a closed session can't be read"
        mechanism = self.recorder._mechanism
        if mechanism.simulated is not None:
            mechanism.simulated.state.check()
        if disc.path is not None:
            check_folder(disc.path, disc.state)
        assert 0 <= self.recorder.buffer.free_bytes <= self.recorder.buffer.size_bytes
        self._tested |= mechanism.simulated is not None
        playing = self.recorder._player._player._status is AudioStatus.PLAYING
        assert not playing or self._tested or disc.state.closed_sessions, "a disc without a lead-in plays"
        self._check_sound(disc)

    def _check_sound(self, disc: Medium) -> None:
        """What was written can be read, what was not is silence."""
        if disc.at_once_lba is not None:
            return
        end = disc.state.end_lba
        if not end:
            self.sound.clear()
        while self.sound and next(reversed(self.sound)) >= end:  # written in this order
            self.sound.popitem()
        for lba in (*islice(self.sound, 2), *islice(reversed(self.sound), 2)):
            if lba not in self._unsure and lba >= -PREGAP_SECTORS:
                assert disc.read(lba, 1) == self.sound[lba], lba

    def settle(self, host: int = 0) -> None:
        """The tray is in, whatever took time is over, and this host has heard of everything."""
        if self.recorder.tray_open:
            self.push_in()
        self.wait(10_000.0)
        for _ in range(4):
            self.send(bytes(6), host=host)

    def write_session(self, fill: int, most: int, host: int = 0) -> None:
        """What the last cue sheet announced, in up to so many WRITEs."""
        for _ in range(most):
            reply = self.go_on_at_once(400, fill, host)
            if reply is None or reply.status != Status.GOOD:
                return

    def ask(self, host: int = 0) -> None:
        """Everything that it says of the disc, held against each other, and all that can be read of it."""
        if self.recorder.faults or self.recorder.bad_spots:
            return
        for _ in range(4):
            self.send(bytes(6), host=host)

        def send(cdb: bytes, room: int) -> Reply:
            return self.send(cdb, room=room, host=host)

        answers = Answers(send)
        disc = self.recorder.disc
        seen = self.recorder._mechanism.current_disc
        at_once = seen is not None and seen.state.broken_session is not None
        answers.check(knows_atip=self._model not in ("bd-combo", "old-scsi"), at_once=at_once)
        if disc is None or self.recorder._mechanism.writing is not None:
            return
        self._check_all_sound(disc, answers, host)

    def _check_all_sound(self, disc: Medium, answers: Answers, host: int) -> None:
        end = disc.state.end_lba
        if not end:
            return
        simulated = self.recorder._mechanism.simulated is not None
        for lba in (-150, -1, 0, 1, end // 2, end - 2, end - 1, *list(self.sound)[::50]):
            if not -PREGAP_SECTORS <= lba < end or lba in self._unsure:
                continue
            cdb = bytes.fromhex("be 04") + lba.to_bytes(4, "big", signed=True)
            reply = self.send(cdb + bytes.fromhex("00 00 01 10 00 00"), room=SECTOR_BYTES, host=host)
            if reply.status == Status.GOOD and not (simulated and self._blanked_in_test):
                assert reply.data == self.sound.get(lba, bytes(SECTOR_BYTES)), lba
            if _session_at(disc, lba).written is not HowWritten.RAW:
                answers.check_q(lba)


def _session_at(disc: Medium, lba: int) -> RecordedSession:
    return [s for s in disc.state.sessions if s.tracks[0].pregap_lba <= lba][-1]


def _sectors(count: int, length: int, fill: int) -> bytes:
    if length == RAW_BYTES:
        pack = sealed(bytes((0x80, 0, 0, 0)) + b"Any title\0\0\0")
        return to_symbols(pack * 4) * count
    main = bytes((fill,)) * SECTOR_BYTES
    return (main + bytes((fill & 0x3F,)) * (length - SECTOR_BYTES)) * count


def _starts(parts: Sequence[Part], start: int) -> Iterator[tuple[int, int, int]]:
    """Pregap, index 1 and end of each part."""
    for part in parts:
        yield start, start + part.pregap, start + part.pregap + part.sectors
        start += part.pregap + part.sectors


def _entries(parts: Sequence[Part], start: int, first: int, mcn: bool, text: bool) -> Iterator[CueEntry]:
    if mcn:
        yield from code_entries(MCN, _MCN)
    yield CueEntry(0, POSITION, data_form=0x41 if text else 0x01)
    end = start
    for number, (part, (pregap, begin, end)) in enumerate(
        zip(parts, _starts(parts, start), strict=True), first
    ):
        if part.isrc:
            yield from code_entries(ISRC, _CODE, number)
        if part.pregap:
            yield _position(part.control, number, 0, part.pregap_form, pregap)
        yield _position(part.control, number, 1, part.form, begin)
        if part.index:
            yield _position(part.control, number, 2, part.form, (begin + end) // 2)
    yield _position(0, LEAD_OUT_TNO, 1, 0x01, end)


def _position(control: int, track: int, index: int, form: int, lba: int) -> CueEntry:
    return CueEntry(control, POSITION, track, index, form, time=Msf.from_sectors(max(0, lba + 150)))


def _regions(parts: Sequence[Part], start: int) -> Iterator[tuple[int, int, int]]:
    for part, (pregap, begin, end) in zip(parts, _starts(parts, start), strict=True):
        for form, first, last in ((part.pregap_form, pregap, begin), (part.form, begin, end)):
            if first < last and not form & 0x3F:
                yield first, last, SECTOR_BYTES + RAW_BYTES * bool(form & 0xC0)


def _end(parts: Sequence[Part]) -> int:
    return max(end for _, _, end in _starts(parts, -PREGAP_SECTORS))


def _raw_sector(parts: Sequence[Part], lba: int, fill: int, with_sub: int) -> bytes:
    p, q = _raw_q(parts, lba)
    main = bytes((fill,)) * SECTOR_BYTES
    if with_sub == RAW_BYTES:
        return main + interleave(p, q)
    return main + q + bytes((0, 0, 0, 0x80 * p))


def _raw_q(parts: Sequence[Part], lba: int) -> tuple[bool, bytes]:
    places = list(_starts(parts, -PREGAP_SECTORS))
    if lba < -PREGAP_SECTORS:
        points = [(number, Msf.from_lba(begin)) for number, (_, begin, _) in enumerate(places, 1)]
        points += [(0xA0, Msf(1, 0, 0)), (0xA1, Msf(len(parts), 0, 0)), (0xA2, Msf.from_lba(_end(parts)))]
        point, time = points[lba % len(points)]
        return False, Q(POSITION, 0, 0, point, 0, time).to_bytes()
    if lba >= _end(parts):
        return True, Q(POSITION, 0, LEAD_OUT_TNO, 1, lba - _end(parts), Msf.from_lba(lba)).to_bytes()
    number, (_, begin, _) = next((n, p) for n, p in enumerate(places, 1) if lba < p[2])
    part = parts[number - 1]
    if part.isrc and lba % 100 == 50:
        return False, Q(ISRC, part.control, code=_CODE, frame=0).to_bytes()
    index = 0 if lba < begin else 1
    return index == 0, Q(
        POSITION, part.control, number, index, abs(lba - begin), Msf.from_lba(lba)
    ).to_bytes()
