"""What is taken where the command line says nothing, and what a shell offers for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import objects, redbook
from tests.support.sound import noise, write_wav


@pytest.fixture(autouse=True)
def _song() -> None:
    write_wav(Path("a.wav"), noise(588 * 300))


def configure(text: str) -> None:
    Path(".config/redbook").mkdir(parents=True)
    Path(".config/redbook/config.toml").write_text(text)


def test_the_file_names_a_recorder_and_the_command_line_another(monkeypatch: pytest.MonkeyPatch) -> None:
    configure('drive = "virtual:filed.disc"\n[burn]\nno-verify = true\n[plan]\nmode = "tao"\n')
    done = redbook("burn", "a.wav")
    assert "virtual:filed.disc, not read back" in done.stdout
    assert "the configuration file names" in done.stderr
    assert "written track-at-once" in redbook("plan", "a.wav", "--drive", "virtual:b.disc").stdout
    monkeypatch.setenv("REDBOOK_DRIVE", "virtual:env.disc")
    assert "env.disc" in redbook("plan", "a.wav").stdout
    assert "given.disc" in redbook("plan", "a.wav", "--drive", "virtual:given.disc").stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("drvie = 'x'", "no command has an option --drvie"),
        ("[burn]\nwatch = true", "`redbook burn` has no option --watch"),
        ("[brun]\nspeed = '8'", "there is no command brun"),
        ("drive", "config.toml: "),
        ("[burn]\nspeed = 'fast'", "'fast' is not a speed"),
    ],
)
def test_what_the_file_cannot_mean_is_an_error(text: str, reason: str) -> None:
    configure(text)
    assert reason in " ".join(redbook("burn", "a.wav", code=2).stderr.split())
    assert not Path("redbook.disc").exists()


def test_the_file_costs_no_import_of_commands_that_are_not_called() -> None:
    configure(
        'drive = "virtual:x.disc"\nspeed = "8x"\n[copy]\nno-such-option = 1\n[disc.new]\ntype = "cd-rw"\n'
    )
    code = (
        "import sys\n"
        "from redbook.cli.app import cli, default_map\n"
        "cli.main(['disc', 'new', 'made.disc'], standalone_mode=False, default_map=default_map(cli))\n"
        "print(*sorted(name for name in sys.modules if name.startswith('redbook.cli.commands.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "made.disc: a blank CD-RW" in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "redbook.cli.commands.burn redbook.cli.commands.disc"


def test_a_model_and_a_fault_are_taken_by_a_virtual_recorder_only() -> None:
    usual = objects(redbook("plan", "a.wav", "--drive", "virtual:a", "--json").stdout)[-1]
    combo = objects(
        redbook("plan", "a.wav", "--drive", "virtual:a", "--model", "usb-combo", "--json").stdout
    )[-1]
    assert usual["product"] != combo["product"]
    done = redbook("burn", "a.wav", "--drive", "virtual:a", "--fault", "3/0C/00@write:3", code=5)
    assert "3/0C/00" in done.stderr
    done = redbook("burn", "a.wav", "--drive", "virtual:b", "--fault", "3/0C/00@write:900")
    assert "--fault 3/0C/00@write:900 never happened" in done.stderr
    done = redbook("info", "--drive", "/dev/sr0", "--pace", "4x", code=2)
    assert "for virtual recorders" in done.stderr
    done = redbook("burn", "a.wav", "--drive", "virtual:c,speed=4", code=2)
    assert "--pace" in done.stderr
    assert not Path("c,speed=4").exists()
    done = redbook("info", "--drive", "virtual:", code=2)
    assert "virtual:my.disc" in done.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("redbook info --drive virtual:d", "virtual:dir/my.disc"),
        ("redbook info --drive virtual:", "virtual:one.disc"),
        ("redbook info --model usb", "usb-combo"),
        ("redbook burn --speed 1", "16"),
        ("redbook share run --disc o", "one.disc"),
        ("redbook share run -- en", "env"),
    ],
)
def test_a_shell_is_offered(words: str, offered: str) -> None:
    Path("dir").mkdir()
    for path in ("dir/my.disc", "one.disc"):
        redbook("disc", "new", path)
    if "virtual:d" in words:
        words = words.replace("virtual:d", "virtual:dir/")
    wanted = {"_REDBOOK_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    said = redbook(env=os.environ | wanted).stdout.split()
    assert f"plain,{offered}" in said
