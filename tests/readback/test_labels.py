"""Everything that the sheets of a disc can say, read by libcdio, cdrdao and cuetools.

cdrdao 1.2.4 takes INDEX 02 and later of a CUE sheet as if they counted from the track's start; in a track
that does not begin at 0 it refuses the sheet for it ("Index beyond track end") or shows another place.
cuetools reads the same lines as they are meant. So for cdrdao there is the TOC file.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.album import END, ISRCS, MCN, PERFORMERS, STARTS, TITLES, burn_album
from tests.support.at_once import sector
from tests.support.sound import tool


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "my.disc"
    burn_album(path)
    return path


def cdrdao(action: str, sheet: str, disc: Path) -> str:
    done = subprocess.run(["cdrdao", action, sheet], cwd=disc, capture_output=True)
    text = (done.stdout + done.stderr).decode("latin-1")
    assert done.returncode == 0, text
    return text


def without_later_indexes(disc: Path) -> str:
    lines = (disc / "disc.cue").read_text("latin-1").splitlines(keepends=True)
    kept = [line for line in lines if not re.search(r"INDEX (0[2-9]|[1-9]\d)", line)]
    (disc / "plain.cue").write_text("".join(kept), "latin-1")
    return "plain.cue"


@pytest.mark.tools("cdrdao")
class TestCdrdao:
    def test_the_toc_file_has_every_place(self, disc: Path) -> None:
        text = cdrdao("show-toc", "disc.toc", disc)
        assert [int(n) for n in re.findall(r"START +[\d:]+\( *(\d+)\)", text)] == STARTS
        assert [int(n) for n in re.findall(r"PREGAP +[\d:]+\( *(\d+)\)", text)] == [500, 75]
        found = re.findall(r"INDEX +(\d+) [\d:]+\( *(\d+)\)", text)
        assert found == [("2", "1200"), ("3", "1300")]
        assert [int(n) for n in re.findall(r"END +[\d:]+\( *(\d+)\)", text)] == [1000, 1400, END]

    def test_the_cue_sheet_has_the_same_tracks(self, disc: Path) -> None:
        text = cdrdao("show-toc", without_later_indexes(disc), disc)
        assert [int(n) for n in re.findall(r"START +[\d:]+\( *(\d+)\)", text)] == STARTS
        assert [int(n) for n in re.findall(r"PREGAP +[\d:]+\( *(\d+)\)", text)] == [500, 75]

    @pytest.mark.parametrize("sheet", ["disc.toc", "plain.cue"])
    def test_codes_and_flags(self, sheet: str, disc: Path) -> None:
        without_later_indexes(disc)
        text = cdrdao("show-toc", sheet, disc)
        assert f"CATALOG NUMBER: {MCN}" in text
        found = ["".join(parts) for parts in re.findall(r"ISRC (\w\w) (\w{3}) (\d\d) (\d{5})", text)]
        assert found == [code for code in ISRCS if code]
        assert re.findall(r"COPY (NOT )?PERMITTED", text) == ["", "NOT ", "NOT "]
        assert re.findall(r"(NO )?PRE-EMPHASIS", text) == ["NO ", "", "NO "]

    @pytest.mark.parametrize("sheet", ["disc.toc", "plain.cue"])
    def test_all_the_audio(self, sheet: str, disc: Path) -> None:
        without_later_indexes(disc)
        assert f"Read {END} blocks" in cdrdao("read-test", sheet, disc)


@pytest.mark.tools("cd-info", "cd-paranoia")
class TestLibcdio:
    def test_tracks_flags_codes_and_texts(self, disc: Path) -> None:
        text = tool("cd-info", "--no-device-info", "-c", disc / "disc.cue").decode("latin-1")
        rows = re.findall(r"^ *(\d+): [\d:]+ +(\d{6}) audio +false +(\w+) +2 +(\w+)", text, re.MULTILINE)
        starts = [f"{start:06d}" for start in STARTS]
        assert rows == [
            ("1", starts[0], "yes", "no"),
            ("2", starts[1], "no", "yes"),
            ("3", starts[2], "no", "no"),
        ]
        assert f"Media Catalog Number (MCN): {MCN}" in text
        parts = re.split(r"CD-TEXT for (?:Disc|Track +\d+):", text)[1:]
        for part, title, performer in zip(parts, TITLES, PERFORMERS, strict=True):
            assert title in part.encode("latin-1").decode("utf-8", "replace")
            assert performer in part

    def test_the_hidden_track_is_track_0(self, disc: Path, tmp_path: Path) -> None:
        tool("cd-paranoia", "-q", "-c", "-Z", "-d", disc / "disc.cue", "-r", "0", tmp_path / "0.raw")
        found = (tmp_path / "0.raw").read_bytes()
        assert found == b"".join(map(sector, range(500)))

    def test_the_rest_is_what_was_sent(self, disc: Path, tmp_path: Path) -> None:
        tool("cd-paranoia", "-q", "-c", "-Z", "-d", disc / "disc.cue", "-r", "1-", tmp_path / "all.raw")
        assert (tmp_path / "all.raw").read_bytes() == b"".join(map(sector, range(500, END)))


@pytest.mark.tools("cueprint", "cueconvert")
class TestCuetools:
    def test_codes_and_texts(self, disc: Path) -> None:
        def fields(template: str) -> list[str]:
            text = tool("cueprint", "-t", template + "\\n", disc / "disc.cue").decode("latin-1")
            return text.splitlines()

        assert fields("%t") == TITLES[1:]
        assert fields("%p") == PERFORMERS[1:]
        assert fields("%i") == ISRCS

    def test_pregaps_and_indexes(self, disc: Path) -> None:
        text = tool("cueconvert", "-i", "cue", "-o", "toc", disc / "disc.cue").decode("latin-1")
        assert f'CATALOG "{MCN}"' in text
        assert re.findall(r"^START ([\d:]+)", text, re.MULTILINE) == ["00:06:50", "00:01:00"]
        assert re.findall(r"^INDEX ([\d:]+)", text, re.MULTILINE) == ["00:02:50", "00:04:00"]
