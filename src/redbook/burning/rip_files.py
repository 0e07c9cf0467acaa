"""The files of a disc that was read: its audio, sheets that burn it again, the report."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from redbook.burning.rip_report import ReadReport, ReadTrack, as_json, as_text
from redbook.burning.unfinished import Unfinished, store
from redbook.disc import SAMPLE_BYTES, SAMPLES_PER_SECTOR, SECTOR_BYTES
from redbook.disc.cd_text import PackType, each_pack, is_sound, parse
from redbook.disc.layout import Item, LaidTrack
from redbook.drive import Drive
from redbook.engine.events import Phase, PhaseStarted, Waiting, Working
from redbook.engine.original import Original
from redbook.engine.twice import RipState
from redbook.errors import Cancelled, PlanError, printable
from redbook.runner.caller import Listener
from redbook.runner.cancel import UNCHANGED

if TYPE_CHECKING:
    from redbook.audio.sound_files import SoundFormat
    from redbook.authoring.program import Program
    from redbook.burning.databases import DatabaseAnswer

CUE_FILE, TOC_FILE, PACKS_FILE = "disc.cue", "disc.toc", "disc.cdt"
TEXT_REPORT, JSON_REPORT = "report.txt", "report.json"
_BLOCK_SECTORS = 75


class RipFiles:
    """Makes the files of a disc from what was read.

    sound         "flac" or "wav"
    offset        stereo samples that are removed
    known_offset  by which the drive was found to read its own discs late; None while unknown
    look_up       whether databases are asked over the network
    goes_on       whether an earlier reading was continued
    """

    def __init__(
        self,
        original: Original,
        kept: Unfinished,
        drive: Drive,
        how: RipState,
        *,
        sound: str,
        offset: int,
        known_offset: int | None,
        look_up: bool,
        goes_on: bool,
    ) -> None:
        self._original = original
        self._kept = kept
        self._sound_format = sound
        self._look_up = look_up
        self._offset = offset
        self._known = known_offset
        self._drive = drive
        self._how = how
        self._goes_on = goes_on
        self._files: list[str] = []
        self._notes = list(original.remarks)

    def save(self, emit: Listener, stop: Callable[[], bool]) -> tuple[ReadReport, Program | None]:
        """Write the tracks, the sheets and the reports into the folder.

        Returns the report, and a program that burns the disc again; None if no sheet can describe the disc.

        raises  NoRoom, Cancelled, PlanError
        """
        from redbook.audio.checksum import Ctdb

        emit(PhaseStarted(Phase.SAVING))
        self._emit, self._stop = emit, stop
        self._done = 0
        layout, areas = self._original.layout, self._original.areas
        disc_samples = sum(end - start for start, end in self._extents()) * SAMPLES_PER_SECTOR
        self._disc_ctdb = Ctdb(first=True, last=True, disc_samples=disc_samples)
        hidden = None
        if self._original.hidden_sectors > 0:
            hidden = self._hidden(areas[0].start_lba, layout.tracks[0].start_lba)
        tracks = [
            self._track(track, start, end, disc_samples)
            for track, (start, end) in zip(layout.tracks, self._extents(), strict=True)
        ]
        program = self._sheets(tracks, hidden)
        report = self._report(tracks, hidden, program)
        self._store(TEXT_REPORT, as_text(report).encode("utf-8", "backslashreplace"))
        self._store(JSON_REPORT, (json.dumps(as_json(report), indent=1) + "\n").encode())
        return report, program

    def _extents(self) -> list[tuple[int, int]]:
        """Of each track, as rippers read it."""
        starts = [track.start_lba for track in self._original.layout.tracks]
        ends = []
        for number, start in enumerate(starts):
            area = next(area for area in self._original.areas if area.start_lba <= start < area.end_lba)
            following = starts[number + 1] if number + 1 < len(starts) else area.end_lba
            ends.append(min(area.end_lba, following))
        return list(zip(starts, ends, strict=True))

    def _blocks(self, start_lba: int, end_lba: int) -> Iterator[bytes]:
        """The audio of this many sectors, with the offset corrected."""
        area = next(area for area in self._original.areas if area.start_lba <= start_lba < area.end_lba)
        low, high = area.start_lba * SECTOR_BYTES, area.end_lba * SECTOR_BYTES
        for lba in range(start_lba, end_lba, _BLOCK_SECTORS):
            if self._stop():
                raise Cancelled(
                    f"cancelled; the audio is kept in {printable(self._kept.folder)}, and the same command "
                    "continues from there",
                    UNCHANGED,
                )
            sectors = min(_BLOCK_SECTORS, end_lba - lba)
            begin = lba * SECTOR_BYTES + self._offset * SAMPLE_BYTES
            end = begin + sectors * SECTOR_BYTES
            first, last = min(max(begin, low), high), max(min(end, high), low)
            data = self._kept.read(first, max(0, last - first))
            yield bytes(min(first, end) - begin) + data + bytes(max(0, end - max(last, begin)))
            self._done += sectors
            self._emit(Working(Phase.SAVING, self._done / max(1, self._original.sectors)))

    def _missing(self, start_lba: int, end_lba: int) -> tuple[int, int]:
        """Samples at its start and its end that the offset moves to where nothing can be read."""
        for area in self._original.areas:
            if area.start_lba <= start_lba < area.end_lba:
                room = (end_lba - start_lba) * SAMPLES_PER_SECTOR
                head = -self._offset - (start_lba - area.start_lba) * SAMPLES_PER_SECTOR
                tail = self._offset - (area.end_lba - end_lba) * SAMPLES_PER_SECTOR
                return min(room, max(0, head)), min(room, max(0, tail))
        return 0, 0

    def _hidden(self, start: int, end: int) -> ReadTrack:
        silent = not any(any(block) for block in self._blocks(start, end))
        self._done = 0
        if silent:
            sha256 = _sha256_of(self._blocks(start, end))
            name = ""
        else:
            name, sha256 = self._sound(0, self._blocks(start, end), {})
        trouble = self._kept.trouble.between(start, end)
        head, tail = self._missing(start, end)
        return ReadTrack(0, name, start, end - start, None, sha256, "", "", "", trouble, head, tail)

    def _track(self, track: LaidTrack, start: int, end: int, disc_samples: int) -> ReadTrack:
        from redbook.audio.checksum import AccurateRip, Ctdb

        tracks = self._original.layout.tracks
        first, last = track is tracks[0], track is tracks[-1]
        rip = AccurateRip(first=first, last=last)
        ctdb = Ctdb(first=first, last=last, disc_samples=disc_samples)

        def summed() -> Iterator[bytes]:
            for block in self._blocks(start, end):
                rip.update(block)
                ctdb.update(block)
                self._disc_ctdb.update(block)
                yield block

        name, sha256 = self._sound(track.number, summed(), self._tags(track))
        head, tail = self._missing(start, end)
        return ReadTrack(
            track.number,
            name,
            start,
            end - start,
            track,
            sha256,
            f"{rip.v1:08x}",
            f"{rip.v2:08x}",
            f"{ctdb.value:08x}",
            self._kept.trouble.between(start, end),
            head,
            tail,
        )

    def _tags(self, track: LaidTrack) -> dict[str, str]:
        """What the disc says about the track, in the words of sound files."""
        tags = {"TRACKNUMBER": str(track.number)}
        if track.isrc:
            tags["ISRC"] = track.isrc
        for texts in self._original.labels.texts[:1]:
            by_name = {
                "TITLE": texts.text(PackType.TITLE, track.number),
                "ARTIST": texts.text(PackType.PERFORMER, track.number),
                "ALBUM": texts.text(PackType.TITLE, 0),
                "ALBUMARTIST": texts.text(PackType.PERFORMER, 0),
            }
            tags |= {name: text.replace("\0", " ") for name, text in by_name.items() if text}
        return tags

    def _sound(self, number: int, blocks: Iterator[bytes], tags: dict[str, str]) -> tuple[str, str]:
        """A file's name, and the SHA-256 of its samples as they were read back from it."""
        from redbook.audio.sound_files import SoundFormat, write_sound

        kind: SoundFormat = SoundFormat(self._sound_format)
        name = f"{number:02d}.{kind.value}"
        target = self._target(name)
        temporary = target.with_name(f".{name}.new")
        temporary.unlink(missing_ok=True)
        sha256 = write_sound(temporary, kind, blocks, tags)
        temporary.replace(target)
        self._files.append(name)
        return name, sha256

    def _target(self, name: str) -> Path:
        """raises  PlanError  for a file that someone else has put there"""
        target = self._kept.folder / name
        if os.path.lexists(target) and name not in self._kept.saved:
            raise PlanError(
                f"{printable(target)} already exists, and is not from this reading: move it elsewhere; what "
                "was read is kept"
            )
        self._kept.about_to_save(name)
        return target

    def _store(self, name: str, data: bytes) -> None:
        store(self._target(name), data)
        self._files.append(name)

    def _sheets(self, tracks: Sequence[ReadTrack], hidden: ReadTrack | None) -> Program | None:
        """The packs, a cue sheet and a TOC file, as far as they can express the disc."""
        from redbook.audio.source import Source
        from redbook.burning.from_disc import check_one_run, program_of
        from redbook.errors import SheetError
        from redbook.sheets.write_cue import write_cue
        from redbook.sheets.write_toc import write_toc

        layout, folder = self._original.layout, self._kept.folder
        packs = self._packs()
        if layout.cd_text:
            self._store(PACKS_FILE, layout.cd_text)
        first_lba = self._original.areas[0].start_lba
        sources = [Source(track.file, folder / track.file) for track in tracks]
        before = Source(hidden.file, folder / hidden.file) if hidden is not None and hidden.file else None
        texts = [one for one in parse(layout.cd_text, layout.tracks[0].number) if not one.is_empty]
        try:
            check_one_run(layout, [track.start_lba + track.sectors for track in tracks])
            program, differences = program_of(layout, sources, before, first_lba, texts, packs)
        except PlanError as error:
            self._notes.append(f"no sheet was written: {error}")
            return None
        self._notes += [f"burning it gives a disc that differs: {one}" for one in differences]
        samples = [track.sectors * SAMPLES_PER_SECTOR for track in tracks]
        if before is not None and hidden is not None:
            samples.insert(0, hidden.sectors * SAMPLES_PER_SECTOR)
        for name in (CUE_FILE, TOC_FILE):
            try:
                if name == CUE_FILE:
                    written = write_cue(
                        program, samples, folder / name, packs_file=PACKS_FILE if packs else ""
                    )
                else:
                    written = write_toc(program, samples, folder / name)
            except (SheetError, PlanError) as error:
                self._notes.append(f"{name} was not written: {error}")
                continue
            self._store(name, written.text.encode("utf-8"))
            self._notes += [str(note) for note in written.notes]
        return program

    def _packs(self) -> bytes:
        """The packs that can be burned with these tracks; packs for other tracks are only kept as a file."""
        layout = self._original.layout
        packs = layout.cd_text
        wrong = sum(not is_sound(pack) for pack in each_pack(packs))
        if wrong:
            self._notes.append(
                f"{wrong} of the {len(packs) // 18} packs of CD-Text have wrong checksums on the disc; they "
                "are kept and burned as they are"
            )
        listed = [entry.number for entry in self._original.toc.tracks]
        own = [track.number for track in layout.tracks]
        if packs and (own != listed or own[0] != 1):
            self._notes.append(
                f"CD-Text is kept in {PACKS_FILE} as it is; the sheets have its texts only, because its "
                "packs count tracks that they do not have"
            )
            return b""
        return packs

    def _report(
        self, tracks: Sequence[ReadTrack], hidden: ReadTrack | None, program: Program | None
    ) -> ReadReport:
        original = self._original
        if self._how.beside:
            self._notes.append(
                f"the drive missed its position in {self._how.beside} readings, as other readings showed; "
                "if it misses twice in the same way, nobody can tell: compare with another drive"
            )
        if self._how.memory_kib * 1024 >= original.sectors * SECTOR_BYTES:
            self._notes.append(
                f"the whole disc fits into the drive's memory ({self._how.memory_kib} KiB), so the second "
                "reading may have come from its memory"
            )
        sheet = self._kept.folder / CUE_FILE
        return ReadReport(
            self._kept.folder,
            sheet if CUE_FILE in self._files else None,
            self._drive.name,
            original.abilities.name,
            original.toc,
            original.layout.lead_out_lba,
            original.layout.mcn,
            original.labels.texts,
            original.layout.cd_text,
            tuple(tracks),
            hidden,
            f"{self._disc_ctdb.value:08x}",
            self._offset,
            self._known,
            self._how.c2,
            tuple(sorted({*self._files, TEXT_REPORT, JSON_REPORT})),
            tuple(_untold(original)),
            original.left_out,
            tuple(self._notes),
            self._goes_on,
            self._asked(tracks) if self._look_up else (),
        )

    def _asked(self, tracks: Sequence[ReadTrack]) -> tuple[DatabaseAnswer, ...]:
        from redbook.burning.databases import TIMEOUT_SECONDS, look_up

        def before(database: str) -> None:
            self._emit(Waiting(f"an answer from {database}", 0, TIMEOUT_SECONDS))

        return look_up(self._original.toc, tracks, f"{self._disc_ctdb.value:08x}", before)


def _sha256_of(blocks: Iterator[bytes]) -> str:
    import hashlib

    total = hashlib.sha256()
    for block in blocks:
        total.update(block)
    return total.hexdigest()


def _untold(original: Original) -> Iterator[str]:
    from redbook.engine.complete_tracks import in_words

    by_item: dict[Item, list[int]] = {}
    own = {track.number for track in original.layout.tracks} | {0}
    for item, number in sorted(original.untold, key=lambda pair: (pair[0].value, pair[1])):
        if number in own:
            by_item.setdefault(item, []).append(number)
    for item, numbers in by_item.items():
        of = [number for number in numbers if number]
        yield (
            f"{item.value}{f' of {in_words(of)}' if of else ''}: the drive does not report it, so it is "
            "missing from the files"
        )
