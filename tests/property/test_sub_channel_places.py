"""The sub-channel that the recorder makes: each sector's P and Q against a plain walk over all tracks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from redbook.disc import LEAD_OUT, Msf
from redbook.disc.layout import LaidTrack
from redbook.disc.sub_channel import ISRC, MCN, POSITION, Q, interleave
from redbook.image.base import DiscState, HowWritten, RecordedSession, RecordedTrack, TrackState
from redbook.image.store import MemoryStore
from redbook.mmc.read import Selection, SubChannel
from redbook.virtual.blanks import blank_state
from redbook.virtual.medium import Medium
from redbook.virtual.reading import read_cd


@st.composite
def sessions(draw: st.DrawFn, first_track: int, free_from: int) -> RecordedSession:
    tracks: list[RecordedTrack] = []
    for number in range(first_track, first_track + draw(st.integers(1, 4))):
        pregap = draw(st.integers(0, 200)) + 150 * (number == 1)
        start, length = free_from + pregap, draw(st.integers(1, 200))
        inside = st.integers(start + 1, start + length - 1) if length > 1 else st.nothing()
        tracks.append(
            RecordedTrack(
                LaidTrack(
                    number,
                    start,
                    length,
                    pregap,
                    indexes=tuple(sorted(draw(st.sets(inside, max_size=3)))) if length > 1 else (),
                    control=draw(st.sampled_from([0, 1, 2, 8])),
                    copy_alternates=draw(st.booleans()),
                    isrc=draw(st.sampled_from(["", "DEABC2500001"])),
                ),
                length,
                TrackState.COMPLETE,
            )
        )
        free_from = start + length
    lead_out = free_from + draw(st.integers(0, 5))
    return RecordedSession(
        tracks, lead_out, HowWritten.SESSION_AT_ONCE, draw(st.sampled_from(["", "4006381333931"]))
    )


@st.composite
def discs(draw: st.DrawFn) -> DiscState:
    state = blank_state()
    state.sessions.append(draw(sessions(1, -150)))
    if draw(st.booleans()):
        state.sessions.append(draw(sessions(len(state.tracks) + 1, state.end_lba + 60)))
    return state


def expected(state: DiscState, lba: int) -> tuple[bool, bytes]:
    """P and Q by IEC 60908 clause 17 (and MMC-3 for copy bits that come and go), without any shortcut."""
    session = [s for s in state.sessions if s.tracks[0].pregap_lba <= lba][-1]
    track = ([t for t in session.tracks if t.pregap_lba <= lba] or session.tracks[:1])[-1]
    control = track.control
    if track.copy_alternates:
        control = control & 0xD | (2 if lba % 8 < 4 else 0)
    p = any(t.pregap_lba <= lba <= t.start_lba or 0 <= t.start_lba - lba <= 150 for t in session.tracks)
    if session.mcn and lba >= 0 and lba == put_off(session, lba, 25):
        return p, Q(MCN, control, code=session.mcn, frame=(lba + 150) % 75).to_bytes()
    if track.isrc and lba >= track.start_lba and lba == put_off(session, lba, 50):
        return p, Q(ISRC, control, code=track.isrc, frame=(lba + 150) % 75).to_bytes()
    number, index, relative = track.number, 0, track.start_lba - lba
    if session.lead_out_lba is not None and lba >= session.lead_out_lba:
        number, index, relative = LEAD_OUT, 1, lba - session.lead_out_lba
    elif lba >= track.start_lba:
        index, relative = 1 + len([i for i in track.indexes if i <= lba]), lba - track.start_lba
    return p, Q(POSITION, control, number, index, relative, Msf.from_sectors(lba + 150)).to_bytes()


def put_off(session: RecordedSession, lba: int, due: int) -> int:
    """Where what was due last goes: behind whatever begins there."""
    begins = [session.lead_out_lba]
    for track in session.tracks:
        begins += [track.pregap_lba, track.start_lba, *track.indexes]
    place = lba - (lba - due) % 98
    while place in begins:
        place += 1
    return place


class OnlySilence(MemoryStore):
    def read(self, lba: int, sectors: int) -> bytes:
        return bytes(sectors * 2352)


@settings(max_examples=60, deadline=None)
@given(discs(), st.data())
def test_p_and_q_of_any_sector_are_those_of_a_plain_walk(state: DiscState, data: st.DataObject) -> None:
    lba = data.draw(st.integers(-150, state.end_lba - 1))
    sectors = min(40, state.end_lba - lba)
    medium = Medium(state, OnlySilence())
    q = read_cd(medium, lba, sectors, 1, Selection(0, sub_channel=SubChannel.Q))
    raw = read_cd(medium, lba, sectors, 1, Selection(0, sub_channel=SubChannel.RAW))
    for number in range(sectors):
        p, expected_q = expected(state, lba + number)
        assert q[number * 16 : (number + 1) * 16] == expected_q + bytes((0, 0, 0, 0x80 * p))
        assert raw[number * 96 : (number + 1) * 96] == interleave(p, expected_q)


@settings(max_examples=60, deadline=None)
@given(discs())
def test_codes_stand_nowhere_that_something_begins_and_in_each_hundred(state: DiscState) -> None:
    """Of a track of 100 sectors at least; IEC 60908 17.5."""
    medium = Medium(state, OnlySilence())
    for session in state.sessions:
        for track in session.tracks:
            begins = [track.pregap_lba, track.start_lba, *track.indexes]
            for lba in (begin for begin in begins if begin >= -150):
                assert Q.from_bytes(read_cd(medium, lba, 1, 1, Q_ONLY)).adr == POSITION
            if len(track.indexes) > 2:
                continue  # three in a row may put a code off too far
            if session.mcn and track.sectors >= 100:
                assert_in_each_hundred(medium, track.start_lba, min(track.sectors, 400), MCN)
            if track.isrc and track.sectors >= 100:
                assert_in_each_hundred(medium, track.start_lba, min(track.sectors, 400), ISRC)


Q_ONLY = Selection(0, sub_channel=SubChannel.Q)


def assert_in_each_hundred(medium: Medium, first: int, sectors: int, adr: int) -> None:
    data = read_cd(medium, first, sectors, 1, Q_ONLY)
    modes = [data[number * 16] & 0xF for number in range(sectors)]
    for start in range(sectors - 99):
        assert adr in modes[start : start + 100]
