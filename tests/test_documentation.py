"""The examples in the documentation run, and what it names is there."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from docs.tools import commands, pictures

import redbook
import redbook.testing
from redbook.cli.app import cli
from redbook.imapi2 import AudioStream, Dispatch, constants
from redbook.recorders.discs import discs
from tests import write_modules
from tests.support.sound import noise, write_wav

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def songs(tmp_path: Path) -> None:
    for number, name in enumerate(("a.wav", "b.wav", "c.wav")):
        write_wav(tmp_path / name, noise(588 * 310, number))


def test_the_readme_example_runs(songs: None, capsys: pytest.CaptureFixture[str]) -> None:
    code, _ = python_blocks(ROOT / "README.md")
    exec(code.replace("a.flac", "a.wav").replace("b.mp3", "b.wav"), {})
    assert "True" in capsys.readouterr().out


def test_the_readme_s_imapi2_example_runs(
    songs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    _, code = python_blocks(ROOT / "README.md")
    exec(code.replace("a.flac", "a.wav"), {})
    (disc,) = discs()
    assert "complete, 1 track" in disc.medium


def test_the_python_page_s_example_runs(songs: None, capsys: pytest.CaptureFixture[str]) -> None:
    exec(python_blocks(ROOT / "docs/python.md")[0], {})
    assert "COMPLETE" in capsys.readouterr().out


def test_the_python_page_s_other_discs_are_burned(songs: None) -> None:
    write_wav(Path("concert.wav"), noise(70 * 44_100))
    blocks = python_blocks(ROOT / "docs/python.md")
    with redbook.open_drive("virtual:as meant.disc") as drive:
        names: dict[str, object] = {"redbook": redbook, "drive": drive}
        exec(blocks[1], names)
        exec(blocks[2], names)
        told = redbook.disc_info(drive).labels
    assert told.mcn == "4006381333931"
    assert [track.isrc for track in told.tracks] == ["DEABC2500001", ""]
    assert told.texts[0].text(redbook.PackType.TITLE, 2) == "Second"


def test_the_python_page_s_discs_are_read_and_copied(songs: None, capsys: pytest.CaptureFixture[str]) -> None:
    with redbook.open_drive("virtual:demo.disc") as drive:
        redbook.burn(["a.wav", "b.wav"], drive)
    (block,) = (block for block in python_blocks(ROOT / "docs/python.md") if "redbook.copy" in block)
    exec(block, {"redbook": redbook})
    assert capsys.readouterr().out.startswith("True ['01.flac', '02.flac'] ")


def test_the_transcript_page_s_example_runs(songs: None, capsys: pytest.CaptureFixture[str]) -> None:
    exec(python_blocks(ROOT / "docs/transcripts.md")[0], {})
    assert capsys.readouterr().out == "True\n"


def test_the_virtual_recorder_page_s_example_runs() -> None:
    exec(python_blocks(ROOT / "docs/virtual-recorder.md")[0], {})


@pytest.mark.tools("umockdev-run", "wodim")
@pytest.mark.slow
def test_the_testing_page_s_examples_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(("a.wav", "b.wav")):
        write_wav(tmp_path / name, noise(588 * 375, number))
    *tests, script = python_blocks(ROOT / "docs/testing.md")
    (tmp_path / "test_page.py").write_text("\n".join(tests))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert "3 passed" in done.stdout, done.stdout
    exec(script, {})
    told = capsys.readouterr().out
    assert "ATIP start of lead in:  -11077 (97:34/23)" in told
    assert told.endswith("blank\n")


@pytest.mark.tools("umockdev-run", "wodim")
def test_the_sharing_page_s_example_runs(capfd: pytest.CaptureFixture[str]) -> None:
    exec(python_blocks(ROOT / "docs/sharing.md")[0], {})
    assert "ATIP start of lead in:  -11077 (97:34/23)" in capfd.readouterr().out


def test_the_imapi2_page_s_example_runs(
    songs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    exec(python_blocks(ROOT / "docs/imapi2.md")[0], {})
    assert "1 track, 359385 sectors free" in capsys.readouterr().out


def test_the_imapi2_page_s_example_of_disc_at_once_runs(
    songs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (block,) = (b for b in python_blocks(ROOT / "docs/imapi2.md") if "MsftRawCDImageCreator" in b)
    recorder = Dispatch("IMAPI2.MsftDiscRecorder2")
    recorder.InitializeDiscRecorder(Dispatch("IMAPI2.MsftDiscMaster2").Item(0))
    names = {"Dispatch": Dispatch, "AudioStream": AudioStream, "recorder": recorder}
    exec(block, names | {"album": [("a.wav", "DEABC2500001"), ("b.wav", "DEABC2500002")]})
    data = Dispatch("IMAPI2.MsftDiscFormat2Data")
    data.Recorder = recorder
    assert data.CurrentMediaStatus == constants.IMAPI_FORMAT2_DATA_MEDIA_STATE_FINALIZED


def test_the_example_script_runs(songs: None) -> None:
    command = [sys.executable, str(ROOT / "examples/burn.py"), "a.wav", "b.wav"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "verified: True" in done.stdout


def test_the_developers_guide_s_examples_run(songs: None, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = python_blocks(ROOT / "docs/guides/developer.md")
    exec(first, {})
    exec(second, {})
    assert "100 %, " in capsys.readouterr().out


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Files, and places in them; what the site makes of its own is checked when it is built."""
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
        if "://" in target or target == "../commands.md":
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), f"{target}#{anchor}"


GUIDES = [ROOT / f"docs/guides/{name}.md" for name in ("archivist", "musician", "testers", "windows")]
PAGES_WITH_COMMANDS = [ROOT / "README.md", ROOT / "docs/index.md", *GUIDES]


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS, ids=lambda p: p.name)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    shell = "".join(re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    lines = re.findall(r"(?:^|do )redbook (.+)$", shell, re.MULTILINE)
    assert lines
    for line in lines:
        words = shlex.split(re.split(r"#|\||&|;| -- ", line)[0])
        command = cli.get_command(click.Context(cli), words[0])
        assert command is not None, line
        if isinstance(command, click.Group):
            command = command.commands[words[1]]
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= options, line


@pytest.mark.tools("man")
def test_the_man_page_can_be_shown_and_has_every_option(tmp_path: Path) -> None:
    page = tmp_path / "redbook.1"
    page.write_text(commands.man(), encoding="utf-8")
    show = ["man", "--warnings", "-l", str(page)]
    done = subprocess.run(show, capture_output=True, text=True, env=os.environ | {"MANWIDTH": "200"})
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.replace("\N{HYPHEN}", "-").replace("\N{MINUS SIGN}", "-")
    for context in commands.commands():
        assert f"{context.command_path} [OPTIONS]" in shown
        for parameter in context.command.params:
            assert all(name in shown for name in parameter.opts if name.startswith("--")), parameter.opts


def test_the_api_page_has_every_public_name() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    named = re.findall(r"^::: redbook\.(\w+)$", page, re.MULTILINE)
    assert sorted(named) == sorted(set(redbook.__all__) - {"__version__"})
    for module, name in re.findall(r"^::: (redbook(?:\.\w+)*)\.(\w+)$", page, re.MULTILINE):
        assert hasattr(importlib.import_module(module), name), f"{module} has no {name}"
    for_tests = re.findall(r"^::: redbook\.testing\.(\w+)$", page, re.MULTILINE)
    assert sorted(for_tests) == sorted(redbook.testing.__all__)


@pytest.mark.parametrize("theme", pictures.THEMES)
@pytest.mark.parametrize("columns", pictures.WIDTHS)
def test_there_is_a_picture_of_a_burn(columns: int, theme: str) -> None:
    """They are taken of real burns by `python -m docs.tools.pictures`."""
    drawn = ElementTree.parse(pictures.PICTURES / f"burn-{columns}-{theme}.svg")
    text = "".join(drawn.getroot().itertext()).replace("\xa0", " ")
    assert "Writing track 3" in text
    assert "redbook burn" in text


NEEDS_A_REAL_ONE = ("/dev/", "--wait", "DDP", "redbook copy  ")
"""In a guide's command: what a machine without a recorder cannot do."""


@pytest.mark.slow
@pytest.mark.tools("flac")
@pytest.mark.parametrize("name", ["musician", "archivist"])
def test_the_commands_of_a_guide_run_from_top_to_bottom(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDBOOK_ACCURATERIP", "http://127.0.0.1:1")
    monkeypatch.setenv("REDBOOK_CTDB", "http://127.0.0.1:1")
    (tmp_path / "album").mkdir()
    for number in (1, 2):
        write_wav(tmp_path / "song.wav", noise(588 * 400, number))
        tags = [f"--tag=TITLE=Part {number}", "--tag=ALBUM=Both", "--tag=ARTIST=The Examples"]
        song = tmp_path / f"album/{number}.flac"
        subprocess.run(["flac", "-s", *tags, "-o", song, tmp_path / "song.wav"], check=True)
    (tmp_path / "masters").symlink_to("album")
    (tmp_path / "playlist.m3u").write_text("album/1.flac\nalbum/2.flac\n")
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / f"docs/guides/{name}.md").read_text(), re.DOTALL)
    lines = [
        line for line in "".join(blocks).splitlines() if not any(one in line for one in NEEDS_A_REAL_ONE)
    ]
    assert len(lines) >= 4
    define = f'redbook() {{ "{sys.executable}" -m redbook "$@"; }}\nset -e\n'
    done = subprocess.run(["bash", "-c", define + "\n".join(lines)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.tools("umockdev-run", "wodim", "cdrdao", "cdparanoia")
def test_the_examples_in_the_help_of_share_run_run(songs: None, tmp_path: Path) -> None:
    """One after the other, as they stand there."""
    share = cli.get_command(click.Context(cli), "share")
    assert isinstance(share, click.Group)
    examples = re.findall(r"^ *(redbook share run .*)$", share.commands["run"].help or "", re.MULTILINE)
    assert len(examples) == 2
    define = f'redbook() {{ "{sys.executable}" -m redbook "$@"; }}\nset -e\n'
    done = subprocess.run(["bash", "-c", define + "\n".join(examples)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "track02.cdda.wav").exists()


def test_the_list_of_commands_says_what_the_commands_say_of_themselves() -> None:
    """It has their sentences without importing them."""
    context = click.Context(cli)
    names = cli.list_commands(context)
    shown = context.get_help().partition("Commands:")[2]
    for name in names:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert re.search(rf"^  {name} +{re.escape(command.get_short_help_str(60)[:45])}", shown, re.MULTILINE)


def test_the_commands_in_the_readme_run_from_top_to_bottom(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (script,) = [b for b in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if b.startswith("redbook plan")]
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    define = f'redbook() {{ "{sys.executable}" -m redbook "$@"; }}\nset -e\n'
    done = subprocess.run(["bash", "-c", define + script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_project_speaks_of_itself_alone() -> None:
    """No absolute paths of a machine and no names of registries in what is committed."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if files.returncode:
        pytest.skip("not a git checkout")
    words = ("/" + "work/", "/" + "root/", "pypi" + ".org", "deb.debian" + ".org")
    for name in files.stdout.splitlines():
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".sh", "") and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [word for word in words if word in text], name


def test_the_files_that_the_architecture_page_tells_the_way_to_exist() -> None:
    text = write_modules.PAGE.read_text(encoding="utf-8")
    table = text.partition("| what | where |")[2].partition("\n\n")[0]
    files = re.findall(r"`([\w/.-]+/[\w.-]+)`", table)
    assert len(files) > 40
    assert [name for name in files if not (write_modules.PACKAGE / name).is_file()] == []


def test_every_module_stands_in_the_architecture_page() -> None:
    """And says in its first line what it is for."""
    assert write_modules.written(
        write_modules.PAGE.read_text(encoding="utf-8")
    ) == write_modules.PAGE.read_text(encoding="utf-8"), "run `python -m tests.write_modules`"
    unnamed = [path for path in write_modules.modules() if path.name != "__init__.py"]
    assert [str(path) for path in unnamed if not write_modules.purpose(path)] == []
