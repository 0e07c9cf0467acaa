"""What people complain of with other programs, done here and read back by programs that are not ours.

The complaints are public: of cdrdao, bandcrash, fre:ac, flacon, trackfs, deadbeef, cantata, CUETools,
cuetools, mkpsxiso, psxtract and psysonic.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import redbook
from redbook.authoring.wishes import Wishes
from redbook.clock import ManualClock
from redbook.disc import SECTOR_BYTES
from redbook.drive import Drive
from redbook.errors import CueSheetRefused
from redbook.virtual.medium import Medium
from redbook.virtual.model import Model
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.read_back import (
    CD_INFO,
    DISK_INFO,
    PARANOIA,
    READ_TOC,
    Found,
    by_cd_info,
    by_cdrdao,
    programs,
)
from tests.support.sound import noise, tool, write_wav
from tests.support.vector_discs import OFFSETS, moved

pytestmark = pytest.mark.tools("umockdev-run", "cd-info", "cdrdao", "cd-paranoia")

S = 588


class Burned:
    """Notices, report and recorder of a burn on a model."""

    def __init__(
        self, sources: Path | Sequence[Path], model: str | Model, wishes: Wishes | None = None
    ) -> None:
        clock = ManualClock()
        self.recorder = VirtualRecorder(Medium.new(), model=model, clock=clock)
        self.notices: list[str] = []
        self.report = redbook.burn(
            sources, Drive(self.recorder), clock=clock, wishes=wishes or Wishes(), on_event=self._hear
        )
        assert self.report.verified
        self._offset = OFFSETS.get(self.recorder.model.name, 0)

    def _hear(self, event: redbook.Event) -> None:
        if isinstance(event, redbook.Notice):
            self.notices.append(event.text)

    def found(self) -> Found:
        """By cdrdao; cd-info has to tell the same of what it can tell."""
        Path("read.toc").unlink(missing_ok=True)
        cd_info, read_toc = programs(self.recorder, CD_INFO, READ_TOC)
        found, seen = by_cdrdao(read_toc, Path("read.toc")), by_cd_info(cd_info)
        assert [(t.start_lba, t.isrc, t.flags) for t in seen.tracks] == [
            (t.start_lba, t.isrc, t.flags) for t in found.tracks
        ]
        assert (seen.lead_out_lba, seen.mcn) == (found.lead_out_lba, found.mcn)
        return found

    def audio_is(self, pcm: bytes) -> None:
        """From LBA 0 on, by cd-paranoia."""
        Path("disc.raw").unlink(missing_ok=True)
        programs(self.recorder, PARANOIA)
        assert Path("disc.raw").read_bytes() == moved(pcm, self._offset)


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\r\n".join([*lines, ""]).encode(encoding))
    return path


def flac(path: Path, pcm: bytes, **tags: str) -> Path:
    wav = write_wav(path.with_suffix(".tmp.wav"), pcm)
    tool("flac", "-s", "-0", "-f", *(f"--tag={key}={text}" for key, text in tags.items()), "-o", path, wav)
    wav.unlink()
    return path


def starts(found: Found) -> list[tuple[int, int | None]]:
    return [(track.start_lba, track.index0_lba) for track in found.tracks]


@pytest.mark.tools("flac")
def test_gaps_at_the_ends_of_the_files_before(model: str, tmp_path: Path) -> None:
    """cdrdao says "Pregap out of range" of such sheets by EAC and whipper. The files are FLAC by now, too."""
    songs = [noise(S * sectors, sectors) for sectors in (700, 622, 431)]
    for number, pcm in enumerate(songs, 1):
        flac(tmp_path / f"{number} - a.flac", pcm)
    sheet = write(
        tmp_path / "album.cue",
        *('FILE "1 - a.wav" WAVE', "  TRACK 01 AUDIO", "    INDEX 01 00:00:00"),
        *("  TRACK 02 AUDIO", "    INDEX 00 00:08:33"),
        *('FILE "2 - a.wav" WAVE', "    INDEX 01 00:00:00"),
        *("  TRACK 03 AUDIO", "    INDEX 00 00:08:07"),
        *('FILE "3 - a.wav" WAVE', "    INDEX 01 00:00:00"),
    )
    burned = Burned(sheet, model)
    found = burned.found()
    assert starts(found) == [(0, -150), (700, 633), (1322, 700 + 607)]
    assert found.lead_out_lba == 1753
    burned.audio_is(b"".join(songs))


TITLES = ["Été \\ nuit", "Same", "Same", 'The "12" mix', "Señor, über alles in einer langen Zeile"]
PERFORMERS = ["The Band", "The Band", "Sølist"]


@pytest.mark.tools("cdrskin", "wodim")
def test_every_text_of_fourteen_tracks(model: str, tmp_path: Path) -> None:
    """Of cdrdao's twenty discs each had all its texts in the last track."""
    write_wav(tmp_path / "a.wav", noise(S * 14 * 300))
    titles = [f"{TITLES[n % 5]}" for n in range(14)]
    performers = [PERFORMERS[n % 3] for n in range(14)]
    lines = ['TITLE "Émile’s Album"', 'PERFORMER "The Band"', 'FILE "a.wav" WAVE']
    for n in range(14):
        lines += [f"TRACK {n + 1:02} AUDIO", f'TITLE "{titles[n]}"', f'PERFORMER "{performers[n]}"']
        lines += [f'SONGWRITER "Writer {n}"', f"INDEX 01 00:{4 * n:02}:00"]
    lines.insert(0, 'SONGWRITER "Writers"')
    sheet = write(tmp_path / "a.cue", *lines)
    message = "A message of a hundred and ten characters. ".ljust(110, "m")
    burned = Burned(sheet, model, Wishes(texts={"message": message}))
    rows = [("Émile's Album", "The Band", "Writers")]
    rows += [(titles[n], performers[n], f"Writer {n}") for n in range(14)]
    wanted = {
        (track, name): text
        for track, row in enumerate(rows)
        for name, text in zip(("title", "performer", "songwriter"), row, strict=True)
    }
    cd_info, read_toc, _, wodim = programs(
        burned.recorder,
        CD_INFO,
        READ_TOC,
        ["cdrskin", "dev=/dev/sr0", "cdtext_to_v07t=read.v07t"],
        ["wodim", "-vv", "-toc", "dev=/dev/sr0"],
    )
    assert by_cdrdao(read_toc, Path("read.toc")).texts == wanted
    assert by_cd_info(cd_info).texts == wanted
    assert f"MESSAGE: {message}" in cd_info
    sony = Path("read.v07t").read_text("latin-1")
    assert re.findall(r"^Track \d\d Title += (.*)$", sony, re.M) == titles
    assert re.findall(r"^Track \d\d Artist += (.*)$", sony, re.M) == performers
    assert re.search(rf"^Album Message += {message}$", sony, re.M)
    assert re.search(r"CD-Text len: \d{3,}", wodim)


def test_texts_that_are_too_many_are_shortened_and_told(model: str, tmp_path: Path) -> None:
    """A block has 253 packs of 12 characters for texts; 14 tracks of two texts of 150 want 350."""
    write_wav(tmp_path / "a.wav", noise(S * 14 * 300))
    lines = ['TITLE "Album"', 'FILE "a.wav" WAVE']
    for n in range(14):
        long = f"{n:02} ".ljust(150, "abcdefghij"[n % 10])
        lines += [f"TRACK {n + 1:02} AUDIO", f'TITLE "{long}"', f'PERFORMER "P {long}"']
        lines.append(f"INDEX 01 00:{4 * n:02}:00")
    burned = Burned(write(tmp_path / "a.cue", *lines), model)
    texts = burned.found().texts
    assert texts[0, "title"] == "Album"
    for n in range(14):
        shown = texts[n + 1, "title"]
        long = f"{n:02} ".ljust(150, "abcdefghij"[n % 10])
        assert len(shown) > 20 and long.startswith(shown.rstrip(".…"))
        told = [note for note in burned.notices if note.startswith(f"title of track {n + 1} is cut to")]
        assert told, f"nothing was said of track {n + 1}"


def test_later_indexes_are_on_the_disc(model: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", noise(S * 2000))
    sheet = write(
        tmp_path / "a.cue",
        *('FILE "a.wav" WAVE', "TRACK 01 AUDIO", "INDEX 01 00:00:00", "INDEX 02 00:04:01"),
        *(
            "TRACK 02 AUDIO",
            "INDEX 00 00:12:00",
            "INDEX 01 00:13:00",
            "INDEX 02 00:16:10",
            "INDEX 03 00:20:74",
        ),
    )
    found = Burned(sheet, model).found()
    assert [track.indexes for track in found.tracks] == [[301], [1210, 1574]]


OLD_TEXTS = {
    "cp1251": ("Песня", "Ночь и день", "?????", "???? ? ????"),
    "cp1252": ("Chanson d’été", "Mélodie", "Chanson d'été", "Mélodie"),
    "shift_jis": ("うたの本", "さくら", "????", "???"),
}


@pytest.mark.parametrize("encoding", OLD_TEXTS)
def test_sheets_in_old_encodings(encoding: str, model: str, tmp_path: Path) -> None:
    """Without a mark, names of files included. What is no ISO 8859-1 is told; Japanese has its own block."""
    first, second, first_shown, second_shown = OLD_TEXTS[encoding]
    pcm = noise(S * 700)
    write_wav(tmp_path / f"{first}.wav", pcm)
    sheet = write(
        tmp_path / "a.cue",
        *(f'TITLE "{first}"', f'FILE "{first}.wav" WAVE', "TRACK 01 AUDIO", f'TITLE "{second}"'),
        "INDEX 01 00:00:00",
        encoding=encoding,
    )
    burned = Burned(sheet, model)
    cd_info, read_toc = programs(burned.recorder, CD_INFO, READ_TOC)
    assert by_cdrdao(read_toc, Path("read.toc")).texts == {
        (0, "title"): first_shown,
        (1, "title"): second_shown,
    }
    if encoding == "shift_jis":
        assert by_cd_info(cd_info).texts == {(0, "title"): first, (1, "title"): second}
    else:
        told = [note for note in burned.notices if note.startswith("title of track 1:")]
        assert ("burned as ?" in "".join(told)) == ("?" in second_shown)
    burned.audio_is(pcm)


def test_pregap_in_front_of_the_first_track_and_codes_of_zeros(model: str, tmp_path: Path) -> None:
    songs = [noise(S * sectors, sectors) for sectors in (640, 500)]
    for number, pcm in enumerate(songs, 1):
        write_wav(tmp_path / f"{number}.wav", pcm)
    sheet = write(
        tmp_path / "a.cue",
        *("CATALOG 0000000000000", 'FILE "1.wav" WAVE', "  TRACK 01 AUDIO", "    ISRC 000000000000"),
        *("    PREGAP 00:00:33", "    INDEX 01 00:00:00", "  TRACK 02 AUDIO", "    ISRC 000000000000"),
        *("    INDEX 00 00:08:00", 'FILE "2.wav" WAVE', "    INDEX 01 00:00:00"),
    )
    burned = Burned(sheet, model)
    found = burned.found()
    assert starts(found) == [(33, -150), (33 + 640, 33 + 600)]
    assert (found.mcn, [track.isrc for track in found.tracks]) == (None, [None, None])
    burned.audio_is(bytes(33 * SECTOR_BYTES) + b"".join(songs))


def test_a_hidden_track_in_a_file_of_its_own(model: str, tmp_path: Path) -> None:
    hidden, song = noise(S * 400, 1), noise(S * 600, 2)
    write_wav(tmp_path / "h.wav", hidden)
    write_wav(tmp_path / "1.wav", song)
    sheet = write(
        tmp_path / "a.cue",
        *('FILE "h.wav" WAVE', "  TRACK 01 AUDIO", "    INDEX 00 00:00:00"),
        *('FILE "1.wav" WAVE', "    INDEX 01 00:00:00"),
    )
    burned = Burned(sheet, model)
    assert starts(burned.found()) == [(400, -150)]
    programs(
        burned.recorder,
        ["cd-paranoia", "-q", "-c", "-Z", "-d", "/dev/sr0", "-r", "[.0]-[.399]", "hidden.raw"],
    )
    assert Path("hidden.raw").read_bytes() == moved(hidden + song, OFFSETS.get(model, 0))[: len(hidden)]


CODES = (
    *("CATALOG 4006381333931", 'TITLE "Album"', 'FILE "x.flac" FLAC'),
    *("TRACK 01 AUDIO", "FLAGS PRE", "ISRC DEABC2500001", "INDEX 00 00:00:00", "INDEX 01 00:04:00"),
    *("TRACK 02 AUDIO", "INDEX 00 00:12:00", "INDEX 01 00:14:00", "INDEX 02 00:16:10"),
    *("TRACK 03 AUDIO", "INDEX 01 00:20:00"),
)


@pytest.mark.tools("flac", "metaflac")
def test_a_flac_with_a_sheet_inside_is_the_same_disc(model: str, tmp_path: Path) -> None:
    pcm = noise(S * 2000)
    file = flac(tmp_path / "x.flac", pcm)
    sheet = write(tmp_path / "x.cue", *CODES)
    of_sheet = Burned(sheet, model)
    tool("metaflac", f"--import-cuesheet-from={sheet}", file)
    sheet.unlink()
    of_file = Burned(file, model)
    discs = [burned.found() for burned in (of_sheet, of_file)]
    for found in discs:
        assert found.mcn == "4006381333931"
        assert starts(found) == [(300, -150), (1050, 900), (1500, None)]
        assert [track.indexes for track in found.tracks] == [[], [1210], []]
        assert [track.isrc for track in found.tracks] == ["DEABC2500001", None, None]
        assert [track.flags for track in found.tracks] == [["pre-emphasis"], [], []]
    assert discs[0].tracks == discs[1].tracks
    of_sheet.audio_is(pcm)
    of_file.audio_is(pcm)


def picky(habits: dict[str, Any]) -> Model:
    return Model.from_table(
        "picky", {"source": "here", "vendor": "REDBOOK", "product": "PICKY", "revision": "1", **habits}
    )


class TestCueSheetsThatDrivesRefuse:
    """Others end with "Failed to send Cue Sheet! Invalid Field in Parameter List"."""

    @pytest.fixture
    def sheet(self, tmp_path: Path) -> Path:
        write_wav(tmp_path / "x.wav", noise(S * 2000))
        return write(tmp_path / "x.cue", *("x.wav".join(line.split("x.flac")) for line in CODES))

    @pytest.mark.parametrize(
        ("habits", "form"),
        [
            ({"isrc_control": "without"}, "ISRC without control"),
            ({"lead_in_time": "true", "cd_text_block_type": "3"}, "true lead-in"),
            ({"needs_pregaps": True}, "pregaps of one sector"),
        ],
        ids=["ISRC", "lead-in", "pregaps"],
    )
    def test_another_form_is_tried_and_named(self, habits: dict[str, Any], form: str, sheet: Path) -> None:
        burned = Burned(sheet, picky(habits))
        assert any(form in notice and "5/26/00" in notice for notice in burned.notices)
        found = burned.found()
        assert [start for start, _ in starts(found)] == [300, 1050, 1500]
        assert found.mcn == "4006381333931"
        assert found.texts == {(0, "title"): "Album"}

    def test_where_every_form_is_refused_the_disc_is_blank(
        self, sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The pregap of the hidden audio is longer than the three seconds that this drive takes."""
        model = tmp_path / "strict.toml"
        model.write_text(
            'source = "drives of about 1999"\nvendor = "REDBOOK"\nproduct = "STRICT"\nrevision = "1"\n'
            "longest_pregap_sectors = 225\n"
        )
        monkeypatch.setenv("REDBOOK_MODEL", str(model))
        redbook.create_disc("my.disc")
        done = warm.run("burn", str(sheet), "--drive", "virtual:my.disc", "--json", hurried=True)
        assert done.returncode == 5
        last = json.loads(done.stdout.splitlines()[-1])
        assert last["error"] == CueSheetRefused.__name__
        for text in (" ".join(done.stderr.split()), last["message"]):
            assert "untouched" in text and "5/26/00" in text and "--mode tao" in text
        (text,) = programs(VirtualRecorder(Medium.at(Path("my.disc"))), DISK_INFO)
        assert "CD-R empty           : yes" in text
