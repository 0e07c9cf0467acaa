"""Bytes as everything else that comes from outside: cue sheets, packs, Q, disc.json, faults, models."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Callable
from typing import Any

from redbook.disc import Msf, cd_text
from redbook.disc.sub_channel import Q, crc
from redbook.image import bincue, toc
from redbook.image.base import DiscState, HowWritten, RecordedSession, TrackState
from redbook.image.state_json import from_json, to_json
from redbook.mmc.disc_info import INVISIBLE_TRACK, ReadTrackInformation
from redbook.mmc.mode_pages import ModeSense10
from redbook.sheets.packs import PacksWrong, packs_in
from redbook.virtual import faults
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from redbook.virtual.refused import Refused
from redbook.virtual.writing.announced import understand

DISC_ERRORS = (KeyError, TypeError, ValueError, AttributeError)
"""Those that the folder makes an ImageError of."""


def cue_sheet(data: bytes) -> None:
    model = Model.load("redbook")
    with contextlib.suppress(Refused):
        found = understand(
            data,
            model,
            lead_in_start=Msf(97, 34, 23),
            start_lba=-150,
            first_track=1,
            last_lead_out_lba=359_849,
        )
        assert found.regions[0].start_lba <= -150
        assert found.regions[-1].end_lba == found.layout.lead_out_lba
        assert any(region.sector_bytes for region in found.regions)
        assert all(a.end_lba == b.start_lba for a, b in zip(found.regions, found.regions[1:], strict=False))
        session = RecordedSession.begun(found.layout, HowWritten.SESSION_AT_ONCE)
        session.lead_out_lba = found.layout.lead_out_lba
        for track in session.tracks:
            track.state, track.written_sectors = TrackState.COMPLETE, track.sectors
        state = DiscState("cd-r", 80, Msf(97, 34, 23), Msf(79, 59, 74), [session], finished=True)
        state.check()


def packs(data: bytes) -> None:
    """Also with a CRC that is right."""
    bodies = [data[i : i + 16] for i in range(0, len(data) - 15, 16)]
    sound = b"".join(cd_text.sealed(body) for body in bodies)
    for one in (data, sound):
        collector = cd_text.Collector()
        collector.take(cd_text.to_symbols(one))
        found = cd_text.parse(collector.packs)
        assert len(collector.packs) <= 8 * 256 * 18
        assert len(found) <= 8
        for texts in (*found, *cd_text.parse(one)):
            said = {(kind, track) for kind, by_track in texts.by_type.items() for track in by_track}
            assert not said & texts.damaged
            assert all(0 <= track <= 99 for _, track in said | texts.damaged)
    state = Medium.new().state
    session = json.loads(SESSION)
    session["cd_text"] = [pack.hex() for pack in cd_text.each_pack(sound)]
    state = from_json(to_json(state) | {"sessions": [session]})
    for sheet in (bincue.render(state, "disc.bin"), toc.render(state, "disc.bin")):
        sheet.encode("iso8859-1", "replace")
        assert all(line.count('"') in (0, 2) for line in sheet.splitlines())
        assert all(character.isprintable() or character == "\n" for character in sheet)


def packs_file(data: bytes) -> None:
    """What is taken is burned, so it has to be packs."""
    for one in (data, b"".join(pack[:16] + b"\0\0" for pack in cd_text.each_pack(data))):
        with contextlib.suppress(PacksWrong):
            found = packs_in(one)
            assert all(cd_text.is_sound(pack) for pack in cd_text.each_pack(found.packs))
            assert 0 < len(found.packs) <= len(one)
            assert len(found.texts) <= 8


def texts(data: bytes) -> None:
    """Any texts are a sound disc; and no pack of it that is lost moves one of them."""
    if len(data) < 4:
        return
    how, lost, first = data[0], data[1] << 8 | data[2], 1 + data[3] % 95
    said: dict[cd_text.PackType, dict[int, str]] = {}
    for number, part in enumerate(data[4:].split(b"\0")[:60]):
        kind = cd_text.TEXTS[(part[0] if part else 0) % len(cd_text.TEXTS)]
        track = number % 5 and first + number % 5 - 1
        said.setdefault(kind, {})[track] = part[1:].decode("utf-8", "surrogateescape") * (1 + (how & 3) ** 4)
    asked = cd_text.Texts(how >> 1, said)
    made = cd_text.encode(
        [asked] * (1 + how % 3), first, first + 3, transliterate=bool(how & 1), repeats=bool(how & 2)
    )
    assert cd_text.parse(made.packs) == list(made.texts)
    packs = list(cd_text.each_pack(made.packs))
    kept = [pack for number, pack in enumerate(packs) if number not in (lost % 97, lost % 89, lost >> 8)]
    for found in cd_text.parse(b"".join(kept)):
        whole = [texts for texts in made.texts if texts.language_code == found.language_code]
        for kind, by_track in found.by_type.items():
            for track, text in by_track.items():
                assert not whole or any(each.text(kind, track) == text for each in whole)


def q(data: bytes) -> None:
    body = data[:10].ljust(10, b"\0")
    try:
        value = Q.from_bytes(body + crc(body).to_bytes(2, "big"))
    except ValueError:
        return
    assert Q.from_bytes(value.to_bytes()) == value


def disc_json(data: bytes) -> None:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(data)
        if isinstance(found, dict) and found.get("version") in (1, 2):
            with contextlib.suppress(*DISC_ERRORS):
                state = from_json(found)
                use(state)


def use(state: DiscState) -> None:
    """A disc that was read can be worked with."""
    assert from_json(json.loads(json.dumps(to_json(state)))) == state
    if state.ended_tracks:
        bincue.render(state, "disc.bin")
        toc.render(state, "disc.bin")
    recorder = VirtualRecorder(Medium(state))
    for cdb in QUESTIONS:
        recorder.execute(cdb, data_in_length=0xFFFF)


def json_change(data: bytes) -> None:
    """A value somewhere in a good disc.json is another one."""
    found = json.loads(DISC)
    where: Any = found
    for step, byte in enumerate(data[:6]):
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            return
        key = keys[byte % len(keys)]
        if isinstance(where[key], dict | list) and where[key] and step < 5:
            where = where[key]
            continue
        where[key] = _value(data[step + 1 :])
        break
    with contextlib.suppress(*DISC_ERRORS):
        use(from_json(found))


def _value(data: bytes) -> Any:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    return text


def fault(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        found = faults.parse(text)
    except ValueError:
        return
    recorder = VirtualRecorder(Medium.new(), faults=[found])
    for cdb in QUESTIONS:
        with contextlib.suppress(faults.TransportError):
            recorder.execute(cdb, data_in_length=100)


def model(data: bytes) -> None:
    try:
        found = Model.from_table("fuzzed", tomllib.loads(data.decode("utf-8", "replace")))
    except (TypeError, ValueError, AttributeError, RecursionError):
        return
    recorder = VirtualRecorder(Medium.new("cd-rw"), model=found, speed=4)
    for cdb in QUESTIONS:
        recorder.execute(cdb, data_in_length=0xFFFF)
    page = recorder.execute(ModeSense10(5).to_cdb(), data_in_length=254).data[8:]
    if page:
        select = bytes(8) + page
        recorder.execute(bytes.fromhex("55 10 00 00 00 00 00 00") + bytes((len(select), 0)), select)
    for lba in range(3):
        recorder.execute(bytes((0x2A, 0, 0, 0, 0, lba, 0, 0, 1, 0)), bytes(2352))


QUESTIONS = [
    bytes(6),
    bytes(6),
    bytes.fromhex("12 00 00 00 ff 00"),
    bytes.fromhex("12 01 83 00 ff 00"),
    bytes.fromhex("46 00 00 00 00 00 00 ff ff 00"),
    bytes.fromhex("5a 00 3f 00 00 00 00 ff ff 00"),
    bytes.fromhex("51 00 00 00 00 00 00 ff ff 00"),
    *(bytes((0x43, 2, kind, 0, 0, 0, 0, 255, 255, 0)) for kind in range(6)),
    ReadTrackInformation(INVISIBLE_TRACK).to_cdb(),
    ReadTrackInformation(1).to_cdb(),
    bytes.fromhex("ac 00 00 00 00 00 00 00 00 20 03 00"),
    bytes.fromhex("ac 14 00 00 00 00 00 00 00 20 00 00"),
    bytes.fromhex("bb 00 ff ff ff ff 00 00 00 00 00 00"),
    bytes.fromhex("42 02 40 01 00 00 00 00 18 00"),
    bytes.fromhex("be 04 00 00 00 00 00 00 01 10 02 00"),
    bytes.fromhex("25 00 00 00 00 00 00 00 00 00"),
]

SESSION = """{"tracks": [
 {"number": 1, "start_lba": 0, "written_sectors": 300, "sectors": 300, "control": 0, "state": "complete",
  "pregap_sectors": 150, "indexes": [], "isrc": "", "copy_alternates": false, "data_mode": 0}],
 "lead_out_lba": 300, "written": "session-at-once", "mcn": "", "cd_text": []}"""

DISC = """{"format": "redbook-disc", "version": 2, "medium": "cd-rw", "minutes": 80,
 "lead_in_start": "97:34:23", "last_lead_out": "79:59:74", "sessions": [
 {"tracks": [
  {"number": 1, "start_lba": 0, "written_sectors": 600, "sectors": 600, "control": 0, "state": "complete",
   "pregap_sectors": 150, "indexes": [100], "isrc": "DEABC2500001", "copy_alternates": false},
  {"number": 2, "start_lba": 752, "written_sectors": 450, "sectors": 450, "control": 2, "state": "damaged",
   "pregap_sectors": 150, "indexes": [], "isrc": "", "copy_alternates": true}],
  "lead_out_lba": 1204, "written": "track-at-once", "mcn": "4006381333931", "cd_text": []},
 {"tracks": [
  {"number": 3, "start_lba": 12604, "written_sectors": 0, "sectors": 0, "control": 0, "state": "incomplete",
   "pregap_sectors": 150, "indexes": [], "isrc": "", "copy_alternates": false}],
  "lead_out_lba": null, "written": "track-at-once", "mcn": "", "cd_text": []}],
 "finished": false, "write_protected": false, "erase_count": 3}"""

KINDS: tuple[Callable[[bytes], None], ...] = (
    cue_sheet,
    packs,
    q,
    disc_json,
    json_change,
    fault,
    model,
    packs_file,
    texts,
)


def one(data: bytes) -> None:
    if data:
        KINDS[data[0] % len(KINDS)](data[1:])


SEEDS = [
    bytes((kind,)) + text
    for kind, text in (
        (
            0,
            bytes.fromhex(
                "0100000100000000 0101000000000000 0101010000000200 0102010000041c32 01aa010100073032"
            ),
        ),
        (1, bytes.fromhex("8F002A00010103000605040507060102 8000000041206e79207469746c650000")),
        (2, bytes.fromhex("21120101020300455974")),
        (2, bytes.fromhex("02400638133393100025")),
        (3, DISC.encode()),
        (4, bytes((6, 0, 0, 0)) + b"-1"),
        (5, b"3/0c/00@write:3x2"),
        (5, b"c2@lba:-3-5"),
        (6, b'source=""\nvendor="V"\nproduct="P"\nrevision="1"\ncurves.8={zones=[[0,4],[9,8]]}'),
        (6, b'source=""\nvendor="V"\nproduct="P"\nrevision="1"\npage_05h={link_size=3}\ncd_r_speeds=[8]'),
        (7, bytes.fromhex("8F002A000101030006050405070601024865")),
        (7, bytes.fromhex("001400008F002A00010103000605040507060102486500")),
        (8, "\x13\0\1\1\0Album\0\0One\0\0Zwö “quoted”\0\1Band\0\1さくら\0\7Rock\0\5long ".encode() * 9),
    )
]
"""Where a run begins: one of each kind."""
