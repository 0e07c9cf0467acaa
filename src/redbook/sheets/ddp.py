"""A DDP set: the folder that a mastering studio sends to a plant, as a program.

Nothing in a master is repaired. A contradiction is refused, with file and field; the notes say what was
checked and what was not.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from redbook.audio.source import Source
from redbook.authoring.arrange import cut
from redbook.authoring.program import Piece, Program, ProgramTrack, Segment
from redbook.disc import PREGAP_SECTORS, SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES, duration
from redbook.disc.cd_text import PackType, Texts, each_pack, name_of
from redbook.disc.cd_text.packs import ASCII, MS_JIS
from redbook.errors import SheetError
from redbook.sheets.codes import check_digit, read_isrc, read_mcn
from redbook.sheets.ddp_files import OnPart, SetFiles
from redbook.sheets.ddp_pq import Pq, understand
from redbook.sheets.ddp_records import (
    IDENTIFIER_BYTES,
    LEVELS,
    MAP_BYTES,
    PQ_BYTES,
    Identifier,
    MapPacket,
    PqPacket,
)
from redbook.sheets.options import DEFAULTS, Notebook, SheetOptions, shown
from redbook.sheets.packs import MOST_FILE_BYTES, Packs, PacksDamaged, PacksWrong, check_tracks, packs_in

IDENTIFIER, MAP = "DDPID", "DDPMS"
_STREAMS = ("D0", "D2", "D3", "S0", "T0", "T1", "T2", "T3")


def folder_of_set(name: str | os.PathLike[str]) -> Path | None:
    """The folder of a DDP set, if a name means one: the folder itself, its DDPID or its DDPMS."""
    path = Path(name)
    try:
        if path.name.upper() in (IDENTIFIER, MAP) and path.is_file():
            return path.parent
        if not path.is_dir():
            return None
        with os.scandir(path) as entries:
            there = any(entry.name.upper() in (IDENTIFIER, MAP) for entry in entries)
    except (OSError, ValueError):
        return None
    return path if there else None


def read_ddp(
    folder: Path, name: str, options: SheetOptions = DEFAULTS, on_part: OnPart = lambda part: None
) -> Program:
    """The program that a DDP set asks for.

    name     of the set as the user gave it, for messages
    on_part  called with how much of the data with checksums was read, 0 to 1; may raise to end the reading

    raises  SheetError  with file, packet and field, for what is missing, damaged, contradictory or no CD;
                        what `on_part` raises
    """
    return _Set(folder, name, options, on_part).program()


class _Set:
    def __init__(self, folder: Path, name: str, options: SheetOptions, on_part: OnPart) -> None:
        self.notes = Notebook(name, options.strict, options.keep_going)
        self._options = options
        self._files = SetFiles(folder, self.notes, on_part)
        self._map: list[MapPacket] = []

    def _wrong(self, text: str) -> SheetError:
        return self.notes.error(text)

    # ---- the set

    def program(self) -> Program:
        raw_id = self._files.read(IDENTIFIER, "it says what the set is")
        raw_map = self._files.read(MAP, "it names the files of the set")
        sums = self._files.sums({IDENTIFIER.lower(), MAP.lower()})
        small = {IDENTIFIER, MAP}
        self._files.check_sums(sums, lambda name: name.upper() in small)
        identifier = self._identifier(raw_id)
        level = identifier.level
        self._map = self._files.records(raw_map, MAP_BYTES, MAP, lambda one: MapPacket.from_bytes(one, level))
        self._check_map()
        found = self._only("PQ DESCR")
        if found is None:
            raise self._wrong(f"{MAP}: no packet has SUB PQ DESCR: it does not say where tracks begin")
        pq_place, pq_packet = found
        text = self._only("CDTEXT")
        subcodes = {p.name.lower() for p in self._map if p.stream != "D0"}
        self._files.check_sums(sums, lambda name: name.lower() in subcodes)
        pq, pq_name = self._pq(pq_place, pq_packet)
        sources, stream = self._streams(pq, pq_name)
        self._files.check_sums(sums, lambda name: name.upper() not in small and name.lower() not in subcodes)
        self._files.tell_sums(sums, [IDENTIFIER, MAP, *(packet.name for packet in self._map)], MAP)
        found_packs = self._packs(text, len(pq.tracks)) if text else Packs(b"")
        packs, texts = found_packs.packs, found_packs.texts
        mcn = self._mcn(identifier, pq, pq_name)
        isrcs = self._isrcs(pq, pq_name)
        if text and packs:
            self._check_texts(packs, texts, mcn, isrcs, self._files.path(text[1].name, MAP).name, pq_name)
        self._tell_pause(sources, stream)
        self._tell_checked(identifier, pq, bool(sums), bool(packs))
        tracks = tuple(self._track(pq, number, stream, isrcs) for number in range(len(pq.tracks)))
        return Program(sources, tracks, mcn, texts, packs, self.notes.notes)

    def _identifier(self, data: bytes) -> Identifier:
        found = self._files.records(data, IDENTIFIER_BYTES, IDENTIFIER, Identifier.from_bytes)
        one = found[0]
        if len(found) > 1:
            raise self._wrong(f"{IDENTIFIER}: {len(data)} bytes; expected one packet of {IDENTIFIER_BYTES}")
        if one.level not in LEVELS:
            why = "2.10 and later are for DVDs" if one.level.startswith("DDP") else "this is not a DDP set"
            raise self._wrong(
                f"{IDENTIFIER}, level: {shown(one.level)} is neither DDP 2.00 nor DDP 1.01: {why}"
            )
        if one.disc_type not in ("", "CD"):
            raise self._wrong(f"{IDENTIFIER}, TYPE: {shown(one.disc_type)} is not a CD (bytes 87 and 88)")
        numbers = (("MED", one.media), ("sides", one.sides), ("side", one.side))
        for what, number in (*numbers, ("layers", one.layers), ("layer", one.layer)):
            if number not in (None, 0, 1):
                raise self._wrong(
                    f"{IDENTIFIER}, {what}: {number}; a CD comes on one medium and has one layer"
                )
        return one

    def _map_wrong(self, place: int, text: str) -> NoReturn:
        raise self._wrong(f"{MAP}, packet {place}, {text}")

    def _check_map(self) -> None:
        for place, one in enumerate(self._map, 1):
            if one.stream not in _STREAMS:
                self._map_wrong(
                    place, f"DST: {shown(one.stream)} is not a stream of an audio CD (bytes 4 and 5)"
                )
            if not one.name:
                self._map_wrong(
                    place, "DSI: it names no file; redbook does not read a set on tape (bytes 74 to 90)"
                )
            if one.media not in (None, 0, 1):
                self._map_wrong(place, f"MED: {one.media}; one medium is expected (byte 54)")
            if one.new not in ("", "0"):
                self._map_wrong(
                    place,
                    f"NEW: {shown(one.new)}, another session; only one can be burned at a time (byte 91)",
                )
            if one.stream.startswith("S") and one.subcode not in ("PQ DESCR", "CDTEXT"):
                self._map_wrong(
                    place, f"SUB: {shown(one.subcode)}: R-W (CD+G) is not burned (bytes 30 to 37)"
                )
            if one.stream == "D0":
                self._check_audio(place, one)
            elif one.subcode != "CDTEXT" and not one.stream.startswith("S"):
                self.notes.note(f"{MAP}, packet {place}: {one.stream}, {shown(one.name)}, is not burned")

    def _check_audio(self, place: int, one: MapPacket) -> None:
        if one.mode != "DA":
            self._map_wrong(
                place, f"CDM: {shown(one.mode)} is not audio; redbook burns audio only (bytes 38, 39)"
            )
        if one.storage not in (None, 0, 7):
            self._map_wrong(
                place, f"SSM: {one.storage}; 7, whole sectors of 2352 bytes, is expected (byte 40)"
            )
        if one.length is None or not one.length:
            self._map_wrong(place, "DSL: the length of the stream is missing (bytes 14 to 21)")
        fields = (("PRE1", one.pregap_1), ("PAUSEADD", one.pause_added), ("PRE1NXT", one.pregap_next))
        for what, number in fields:
            if number:
                self._map_wrong(
                    place, f"{what}: {number}; expected blank or 0: the meaning of other values is not known"
                )
        if one.offset and one.offset % SAMPLE_BYTES:
            self._map_wrong(place, f"OFS: {one.offset} is not a whole number of samples (bytes 104 to 112)")

    def _only(self, subcode: str) -> tuple[int, MapPacket] | None:
        found = [(place, one) for place, one in enumerate(self._map, 1) if one.subcode == subcode]
        if len(found) > 1:
            self._map_wrong(found[1][0], f"SUB: a second {subcode}; expected only one")
        return found[0] if found else None

    def _pq(self, place: int, packet: MapPacket) -> tuple[Pq, str]:
        data = self._files.read(packet.name, f"{MAP}, packet {place}, DSI")
        name = self._files.path(packet.name, MAP).name
        self._check_bytes(place, packet, len(data), name)

        def wrong(text: str, number: int) -> NoReturn:
            raise self._wrong(f"{shown(name)}{f', packet {number}' if number else ''}, {text}")

        return understand(self._files.records(data, PQ_BYTES, shown(name), PqPacket.from_bytes), wrong), name

    def _check_bytes(self, place: int, packet: MapPacket, size: int, name: str) -> None:
        if packet.length is not None and packet.length != size:
            text = (
                f"DSL: {packet.length} bytes, but {shown(name)} has {size}: another file, or it was cut short"
            )
            self._map_wrong(place, f"{text} (bytes 14 to 21)")

    def _streams(self, pq: Pq, pq_name: str) -> tuple[tuple[Source, ...], tuple[Piece, ...]]:
        """The audio from LBA -150 on; any part of the pause not in the set is silence.  raises  SheetError"""
        packets = [(place, one) for place, one in enumerate(self._map, 1) if one.stream == "D0"]
        if not packets:
            raise self._wrong(f"{MAP}: no packet of audio (DST D0)")
        total = sum(one.length or 0 for _, one in packets)
        at = start = self._first_sector(packets[0], total, pq)
        paths: list[Path] = []
        pieces = []
        ends: dict[Path, int] = {}
        cut_short: set[Path] = set()
        for place, one in packets:
            if one.start is not None and one.start != at and place != packets[0][0]:
                self._map_wrong(
                    place, f"DSS: {one.start}, where the streams before it end at {at} (bytes 22 to 29)"
                )
            self._check_track(place, one, at, pq, pq_name)
            path = self._files.path(one.name, f"{MAP}, packet {place}, DSI")
            first, length = (one.offset or 0) // SAMPLE_BYTES, one.length or 0
            size, end = self._files.size(path), (one.offset or 0) + length * SECTOR_BYTES
            there = length * SAMPLES_PER_SECTOR
            if size < end:
                there = max(0, size // SAMPLE_BYTES - first)
                hole = f"{duration(at + there // SAMPLES_PER_SECTOR)} to {duration(at + length)}"
                self.notes.wrong(
                    f"{MAP}, packet {place}, DSL: {length} sectors, but {shown(path.name)} has {size} bytes "
                    f"of {end}: it was cut short",
                    f"silence is burned from {hole}",
                )
                cut_short.add(path)
            ends[path] = max(end, ends.get(path, 0))
            if path not in paths:
                paths.append(path)
            pieces.append(Piece(paths.index(path), first, there))
            pieces.append(Piece.silence(length * SAMPLES_PER_SECTOR - there))
            at += length
        for path, end in ends.items():
            if path not in cut_short and (size := self._files.size(path)) != end:
                self.notes.wrong(
                    f"{shown(path.name)} has {size} bytes, and {MAP} (DSL) speaks of {end}",
                    "the others are left out",
                )
        if at != pq.lead_out:
            raise self._wrong(
                f"{MAP}, DSL and DSS: the audio ends at {duration(at)}, and {shown(pq_name)} has the "
                f"lead-out (AA) at {duration(pq.lead_out)}: the set contradicts itself"
            )
        silence = (Piece.silence(start * SAMPLES_PER_SECTOR),) if start else ()
        return tuple(Source(str(path), path, "little") for path in paths), (*silence, *pieces)

    def _first_sector(self, first: tuple[int, MapPacket], total: int, pq: Pq) -> int:
        """The sector where the first stream begins; 0 if track 1's pause is in it."""
        place, one = first
        pause, start = one.pause or 0, one.start
        if pause and pause > pq.tracks[0].start:
            self._map_wrong(place, f"PRE2: {pause} sectors of pause, but index 01 is at {pq.tracks[0].start}")
        if start is not None:
            if start > PREGAP_SECTORS:
                self._map_wrong(
                    place, f"DSS: {start}; the audio begins at 0 or {PREGAP_SECTORS} (bytes 22 to 29)"
                )
            if pause and start + pause not in (PREGAP_SECTORS, pq.tracks[0].start):
                self._map_wrong(
                    place,
                    f"PRE2: {pause} sectors of pause are in the stream, but according to DSS it begins at "
                    f"{start}",
                )
            return start
        if pause:
            return max(0, PREGAP_SECTORS - pause)
        return PREGAP_SECTORS if total == pq.lead_out - PREGAP_SECTORS else 0

    def _check_track(self, place: int, one: MapPacket, at: int, pq: Pq, pq_name: str) -> None:
        """Check a stream that says which track it belongs to."""
        if not one.track.isdecimal() or int(one.track) == 0:
            return
        number = int(one.track)
        if number > len(pq.tracks):
            self._map_wrong(place, f"TRK: {one.track}, but {shown(pq_name)} has {len(pq.tracks)} tracks")
        track = pq.tracks[number - 1]
        if at not in (*track.times, 0, PREGAP_SECTORS):
            self.notes.wrong(
                f"{MAP}, packet {place}, TRK: track {number} begins at {at} here, in {shown(pq_name)} at "
                f"{track.start}",
                f"it begins where {shown(pq_name)} says",
            )
        if one.isrc and track.isrc and one.isrc != track.isrc:
            self.notes.wrong(
                f"{MAP}, packet {place}, ISRC: {shown(one.isrc)}, in {shown(pq_name)} {shown(track.isrc)}",
                f"that of {shown(pq_name)} is burned",
            )

    def _track(self, pq: Pq, place: int, stream: Sequence[Piece], isrcs: Sequence[str]) -> ProgramTrack:
        track = pq.tracks[place]
        end = pq.tracks[place + 1].times[0] if place + 1 < len(pq.tracks) else pq.lead_out
        times = [*track.times, end]
        if place == 0 and track.first == 1:
            times.insert(0, 0)
        first = 0 if place == 0 else track.first
        segments = []
        for index, (begin, stop) in enumerate(pairwise(times), first):
            begin = max(begin, PREGAP_SECTORS)
            pieces = cut(stream, begin * SAMPLES_PER_SECTOR, stop * SAMPLES_PER_SECTOR)
            if pieces or index:
                segments.append(Segment(index, pieces))
        return ProgramTrack(
            tuple(segments),
            isrc=isrcs[place],
            pre_emphasis=bool(track.control & 1),
            copy_permitted=bool(track.control & 2),
            four_channels=bool(track.control & 8),
            copy_alternates=track.scms,
        )

    # ---- codes and texts

    def _mcn(self, identifier: Identifier, pq: Pq, pq_name: str) -> str:
        codes = {}
        for who, written in ((f"{IDENTIFIER}, UPC", identifier.upc), (f"{shown(pq_name)}, UPC", pq.upc)):
            code, note = read_mcn(written, keep=True, who="")
            if written.strip("0 ") and not code:
                self.notes.wrong(f"{who}: {note}", "it is left out")
            if code and check_digit(code[:12]) != int(code[12]):
                if self._options.keep_mcn:
                    self.notes.note(f"{who}: the check digit of {written} is wrong; it is burned")
                else:
                    due = check_digit(code[:12])
                    wrong = f"{who}: the check digit of {written} is wrong, {due} would be right"
                    self.notes.wrong(wrong, "it is left out", "--keep-mcn burns it")
                    code = ""
            codes[who] = code
        (_, in_id), (_, in_pq) = codes.items()
        if in_id and in_pq and in_id != in_pq:
            self.notes.wrong(
                f"{IDENTIFIER} has UPC {in_id}, {shown(pq_name)} has {in_pq}: the set contradicts itself",
                f"that of {shown(pq_name)} is burned",
            )
        if in_id and not in_pq:
            self.notes.note(f"UPC {in_id} is in {IDENTIFIER} only, and not in {shown(pq_name)}; it is burned")
        return in_pq or in_id

    def _isrcs(self, pq: Pq, pq_name: str) -> list[str]:
        found: list[str] = []
        for track in pq.tracks:
            where = f"{shown(pq_name)}, packet {track.packet}, ISRC"
            code = read_isrc(track.isrc)
            if code is None:
                wrong = f"{where}: {shown(track.isrc)} of track {track.number} is not an ISRC"
                self.notes.wrong(wrong, "it is left out")
            elif code and code in found:
                other = found.index(code) + 1
                wrong = f"{where}: {code} is also that of track {other}; no two recordings have the same"
                self.notes.wrong(wrong, f"it is left out of track {track.number}")
                code = ""
            found.append(code or "")
        return found

    def _packs(self, entry: tuple[int, MapPacket], tracks: int) -> Packs:
        place, packet = entry
        who = f"{MAP}, packet {place}, DSI"
        if not self._files.has(packet.name):
            missing = f"{shown(packet.name)} is missing ({who}): the set is incomplete"
            self.notes.wrong(missing, "no CD-Text is burned", "get it again")
            return Packs(b"")
        data = self._files.read(packet.name, who, MOST_FILE_BYTES)
        name = self._files.path(packet.name, MAP).name
        try:
            self._check_bytes(place, packet, len(data), name)
            packs = packs_in(data)
            check_tracks(packs.packs, 1, tracks)
        except PacksDamaged as error:
            self.notes.wrong(f"{shown(name)}: {error}", error.rest)
            return Packs(b"", rescued=error.whole)
        except PacksWrong as error:
            self.notes.wrong(f"{shown(name)}: {error}", "no CD-Text is burned")
            return Packs(b"")
        for text in packs.odd:
            self.notes.note(f"{shown(name)}: {text}")
        return packs

    def _check_texts(
        self, packs: bytes, texts: Sequence[Texts], mcn: str, isrcs: Sequence[str], name: str, pq_name: str
    ) -> None:
        for number, pack in enumerate(each_pack(packs), 1):
            block = texts[min(pack[3] >> 4 & 7, len(texts) - 1)]
            body = pack[4:16]
            if not 0x80 <= pack[0] <= 0x86 or block.character_set == MS_JIS or pack[3] & 0x80:
                continue
            alien = [
                byte for byte in body if 0x80 <= byte < 0xA0 or (block.character_set == ASCII and byte > 0x7F)
            ]
            if alien or _is_utf_8(body):
                what = f"byte {alien[0]:02X}h" if alien else "what is UTF-8"
                self.notes.wrong(
                    f"{shown(name)}, pack {number}, text of track {pack[1]}: {what} is not in its character "
                    f"set (ISO 8859-1), so players show something else",
                    "it is burned as it is",
                    "have the set made again",
                )
        for one in texts[:1]:
            for track, written in one.by_type.get(PackType.CODE, {}).items():
                there = isrcs[track - 1] if 0 < track <= len(isrcs) else mcn
                here = read_isrc(written) if track else read_mcn(written, keep=True)[0]
                if here != there and written.strip("0 "):
                    self.notes.wrong(
                        f"{shown(name)}: {name_of(PackType.CODE, track)} is {shown(written)}, but "
                        f"{shown(pq_name)} says {there or 'none'}: the set contradicts itself",
                        "each is burned as it is",
                    )

    # ---- notes

    def _tell_pause(self, sources: Sequence[Source], stream: Sequence[Piece]) -> None:
        for piece in cut(stream, 0, PREGAP_SECTORS * SAMPLES_PER_SECTOR):
            if piece.source is None:
                continue
            try:
                with sources[piece.source].path.open("rb") as file:
                    file.seek(piece.first * SAMPLE_BYTES)
                    silent = not any(file.read((piece.samples or 0) * SAMPLE_BYTES))
            except OSError as error:
                raise self._wrong(f"{shown(sources[piece.source].path.name)}: {error.strerror}") from error
            if not silent:
                self.notes.note(
                    "there is audio in the two seconds before 00:02:00; silence is burned there, because no "
                    "player reaches them"
                )

    def _tell_checked(self, identifier: Identifier, pq: Pq, sums: bool, text: bool) -> None:
        named = f" {shown(identifier.master_id)}" if identifier.master_id else ""
        parts = ["files and their lengths", "the map against the PQ descriptor", "tracks, indexes and flags"]
        parts += [
            "UPC and ISRC",
            *(["checksums"] if sums else []),
            *(["CD-Text against the PQ descriptor"] if text else []),
        ]
        self.notes.remark(
            f"{identifier.level} set{named}, {len(pq.tracks)} tracks. Checked: {', '.join(parts)}"
        )
        self.notes.remark(
            "not checked: whether codes and titles are those of this recording, what it sounds like, and "
            "what a pressing plant requires beyond the public facts of the format"
        )


def _is_utf_8(body: bytes) -> bool:
    """Whether it holds a letter of two bytes that would make no sense in ISO 8859-1."""
    return any(a in (0xC2, 0xC3) and 0x80 <= b < 0xC0 for a, b in pairwise(body))
