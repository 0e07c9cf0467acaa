"""Python's collector, which looks seldom while a command starts, and as usual when it works."""

from __future__ import annotations

import subprocess
import sys

LOOK = """
import gc, sys
usual = gc.get_threshold()
from redbook import cli
from redbook.drive import Drive
send = Drive.run

def look(drive, command):
    seen.add(gc.get_threshold() == usual)
    return send(drive, command)

seen, Drive.run = set(), look
sys.argv = ["redbook", *sys.argv[1:]]
try:
    cli.main()
finally:
    print(seen)
"""


def test_what_a_command_makes_is_collected_as_usual_once_it_talks_to_a_drive() -> None:
    """Decoders of sound files are held by cycles: 99 of them would take 50 MB more."""
    command = [sys.executable, "-c", LOOK, "info", "--drive", "virtual:new.disc"]
    subprocess.run([sys.executable, "-m", "redbook", "disc", "new", "new.disc"], check=True)
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "{True}"
