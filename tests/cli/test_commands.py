"""The command line as its user meets it: real processes, real files, exit codes."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from redbook.image.state_json import VERSION
from redbook.virtual.medium import Medium
from redbook.virtual.recorder import VirtualRecorder
from tests.support import warm
from tests.support.at_once import announce, choose_session_at_once, one_track, write_from
from tests.support.drives import ready
from tests.support.sound import encode, noise, write_wav

REDBOOK = [sys.executable, "-m", "redbook"]
DRIVE = ["--drive", "virtual:my.disc"]


def redbook(
    *arguments: str | Path, code: int = 0, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A copy of a Python that has started, in which nobody waits; with `env` one that starts with that."""
    command = [*map(str, arguments)]
    if env is None:
        done = warm.run(*command, hurried=True)
    else:
        done = subprocess.run([*REDBOOK, *command], capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr + done.stdout
    return done


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"song {n}.wav", noise(588 * 300 + n * 100, n)) for n in (1, 2)]


def burned(*files: Path, options: tuple[str, ...] = ()) -> dict[str, Any]:
    return objects(redbook("burn", *files, *DRIVE, "--json", *options).stdout)[-1]


@pytest.mark.usefixtures("exact_recorder")
def test_the_last_line_of_a_burn_says_everything(songs: list[Path]) -> None:
    done = burned(*songs)
    assert done["event"] == "done"
    assert done["verified"] is True
    first, second = done["tracks"]
    assert (first["number"], first["sectors"], first["start_lba"]) == (1, 301, 0)
    assert (second["number"], second["sectors"], second["start_lba"]) == (2, 301, 301)
    assert first["source"] == str(songs[0])
    data = Path("my.disc/disc.bin").read_bytes()
    for track in done["tracks"]:
        start = track["start_lba"] * 2352
        audio = data[start : start + track["sectors"] * 2352]
        assert track["sha256"] == hashlib.sha256(audio).hexdigest()
        assert audio.startswith(noise(588 * 300 + track["number"] * 100, track["number"]))
        assert re.fullmatch("[0-9a-f]{8}", track["accuraterip_v1"])
        assert re.fullmatch("[0-9a-f]{8}", track["accuraterip_v2"])


def test_every_line_is_one_object(songs: list[Path]) -> None:
    kinds = [o["event"] for o in objects(redbook("burn", *songs, *DRIVE, "--json").stdout)]
    assert {"source_read", "phase_started", "track_started", "progress", "track_ended", "done"} <= set(kinds)


def test_the_offset_and_what_it_hides_are_told(songs: list[Path]) -> None:
    """A typical drive reads 6 samples late what it has written 30 samples early."""
    said = redbook("burn", *songs, *DRIVE).stdout
    assert "read back: identical, moved by -24 samples (the drive's offset)" in " ".join(said.split())
    assert "24 samples could not be compared (24 at the start of track 1)" in " ".join(said.split())
    done = objects(redbook("verify", *songs, *DRIVE, "--json").stdout)[-1]
    assert (done["offset_samples"], done["hidden_samples"]) == (-24, 24)
    verdicts = {check["promise"]: check["verdict"] for check in done["checks"]}
    assert verdicts.pop("edges") == "not-compared"
    assert {"table of contents", "audio"} <= verdicts.keys()
    assert set(verdicts.values()) == {"same"}
    info = redbook("info", *DRIVE, "--checksums").stdout
    assert "reads its own discs 24 samples early" in info
    assert "the offset is not corrected" in " ".join(info.split())


@pytest.mark.usefixtures("exact_recorder")
def test_plan_info_and_verify_agree(songs: list[Path]) -> None:
    plan = objects(redbook("plan", *songs, *DRIVE, "--json").stdout)[-1]
    assert not Path("my.disc").exists()
    done = burned(*songs)
    info = objects(redbook("info", *DRIVE, "--json", "--checksums").stdout)[-1]
    keys = ("number", "sectors", "start_lba", "sha256", "accuraterip_v1", "accuraterip_v2")
    assert all("source" in track for shape in (plan, done, info) for track in shape["tracks"])
    for shape in (plan, info):
        assert [[t[k] for k in keys] for t in shape["tracks"]] == [
            [t[k] for k in keys] for t in done["tracks"]
        ]
    assert info["musicbrainz_id"] == done["musicbrainz_id"]
    assert info["disc"]["status"] == "complete"
    assert plan["free_sectors_before"] == 359849
    assert plan["free_sectors_after"] == 359849 - done["lead_out_lba"]
    assert objects(redbook("verify", *songs, *DRIVE, "--json").stdout)[-1]["verified"] is True


def test_the_default_drive_takes_the_next_free_name(songs: list[Path]) -> None:
    assert "redbook.disc" in redbook("burn", songs[0]).stdout
    assert "redbook-2.disc" in redbook("burn", songs[1]).stdout
    assert "redbook-2.disc" in redbook("info").stdout
    redbook("verify", songs[1])
    assert redbook("drives").stdout.count("complete, 1 track") == 2


def test_a_named_disc_that_is_not_blank_is_never_overwritten(songs: list[Path]) -> None:
    burned(songs[0])
    before = Path("my.disc/disc.json").read_bytes()
    done = redbook("burn", songs[1], *DRIVE, "--json", code=5)
    assert "complete" in done.stderr
    last = objects(done.stdout)[-1]
    assert (last["event"], last["exit_code"]) == ("error", 5)
    assert Path("my.disc/disc.json").read_bytes() == before


def test_leave_open_append_and_close(songs: list[Path]) -> None:
    assert burned(songs[0], options=("--leave-open",))["finalized"] is False
    assert "--append" in redbook("burn", songs[1], *DRIVE, code=5).stderr
    done = burned(songs[1], options=("--append", "--leave-open"))
    assert [t["number"] for t in done["tracks"]] == [2]
    redbook("close", *DRIVE)
    redbook("verify", *songs, *DRIVE)
    assert "no session is open" in redbook("close", *DRIVE, code=5).stderr


def test_simulate_leaves_nothing(songs: list[Path]) -> None:
    redbook("disc", "new", "my.disc")
    done = burned(*songs, options=("--simulate",))
    assert (done["test_write"], done["verified"]) == (True, False)
    assert "blank" in redbook("info", *DRIVE).stdout


def test_blank_makes_a_cd_rw_blank_again(songs: list[Path]) -> None:
    redbook("disc", "new", "my.disc", "--type", "cd-rw", "--minutes", "74")
    burned(songs[0])
    redbook("blank", *DRIVE)
    assert "CD-RW, blank" in redbook("info", *DRIVE).stdout
    burned(songs[1])
    redbook("blank", *DRIVE, "--full", "--yes")
    redbook("disc", "new", "r.disc")
    redbook("burn", songs[0], "--drive", "virtual:r.disc")
    assert "CD-RW" in redbook("blank", "--drive", "virtual:r.disc", code=5).stderr


def test_verify_names_the_difference(songs: list[Path]) -> None:
    burned(*songs)
    with Path("my.disc/disc.bin").open("r+b") as file:
        file.seek((301 + 10) * 2352 + 8)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    done = redbook("verify", *songs, *DRIVE, "--json", code=6)
    (difference,) = objects(done.stdout)[-1]["differences"]
    assert (difference["track"], difference["sector"], difference["lba"]) == (2, 10, 311)
    assert (difference["first_sample"], difference["samples"]) == (5882 + 30, 1)  # written 30 samples early
    assert (difference["unreadable"], difference["offset"]) == (0, None)
    assert "sector 10 of the track, LBA 311" in done.stderr


def test_a_disc_new_is_what_was_asked_for() -> None:
    redbook("disc", "new", "a b.disc", "--type", "cd-rw", "--minutes", "90")
    info = objects(redbook("info", "--drive", "virtual:a b.disc", "--json").stdout)[-1]
    assert (info["disc"]["medium"], info["disc"]["free_sectors"]) == ("cd-rw", 404847)
    assert "already exists" in redbook("disc", "new", "a b.disc", code=5).stderr


BAD_SOURCES = {
    "missing": (["nowhere.wav"], "no such file"),
    "empty": (["empty.wav"], "empty"),
    "text": (["text.wav"], "not a sound file"),
    "folder": (["folder"], "there is no sound file in this folder"),
    "cut": (["cut.wav"], "cut short"),
    "no samples": (["none.wav"], "contains no samples"),
    "unnamed": ([""], "empty file name"),
}


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_a_bad_source_is_exit_3_and_nothing_is_written(name: str, songs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello " * 1000)
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.wav").write_bytes(songs[0].read_bytes()[:100_000])
    write_wav(tmp_path / "none.wav", b"")
    files, reason = BAD_SOURCES[name]
    done = redbook("burn", "-q", songs[0], *files, *DRIVE, code=3)
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not Path("my.disc").exists()


def test_too_many_tracks_are_exit_4(songs: list[Path]) -> None:
    assert "at most 99" in redbook("burn", *[songs[0]] * 100, *DRIVE, code=4).stderr
    assert not Path("my.disc").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "run_out"), [("tao", 2), ("sao", 0)])
def test_a_disc_may_be_full_to_the_last_sector_and_not_one_more(
    mode: str, run_out: int, tmp_path: Path
) -> None:
    redbook("disc", "new", "my.disc", "--minutes", "74")
    for sectors, code in ((336075 - run_out + 1, 4), (336075 - run_out, 0)):
        with (tmp_path / "long.raw").open("wb") as file:
            file.truncate(sectors * 2352)
        done = redbook("burn", "raw:long.raw", *DRIVE, "--no-verify", "--mode", mode, code=code)
    assert "done" in done.stdout.lower()


@pytest.mark.slow
def test_99_tracks_are_burned_and_verified(songs: list[Path]) -> None:
    done = burned(*[songs[0]] * 99)
    assert done["verified"]
    assert done["tracks"][98]["start_lba"] == 98 * 301


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--drive", "/dev/sr99"], "no such recorder"),
        (["--drive", "my.disc"], "no recorder called my.disc"),
        (["--drive", "virtual:/proc/x.disc"], "/proc"),
        (["--drive", "virtual:damaged.disc"], "damaged"),
        (["--drive", "virtual:half.disc"], "never finished"),
        (["--drive", "virtual:newer.disc"], "newer redbook"),
        (["--drive", "virtual:file"], "cannot be opened"),
        (["--drive", "virtual:protected.disc"], "write-protected"),
        (["--drive", "virtual:" + "x" * 300], "too long"),
    ],
)
def test_a_bad_drive_or_disc_is_exit_5(arguments: list[str], reason: str, songs: list[Path]) -> None:
    for name in ("damaged", "newer", "protected"):
        redbook("disc", "new", f"{name}.disc")
    Path("damaged.disc/disc.json").write_text("{]")
    change("newer.disc", version=VERSION + 1)
    change("protected.disc", write_protected=True)
    Path("half.disc").mkdir()
    Path("half.disc/disc.bin").write_bytes(b"x")
    Path("file").touch()
    done = redbook("burn", songs[0], *arguments, code=5)
    assert reason in done.stderr
    assert "Writing" not in done.stdout + done.stderr


def change(disc: str, **fields: Any) -> None:
    file = Path(disc) / "disc.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


@pytest.mark.parametrize(
    "arguments",
    [
        ["burn"],
        ["burn", "a.wav", "--speed", "0"],
        ["burn", "a.wav", "--speed", "fast"],
        ["burn", "a.wav", "--speed", "maxx"],
        ["burn", "a.wav", "--nonsense"],
        ["disc", "new"],
        ["disc", "new", "x.disc", "--minutes", "63"],
        ["nonsense"],
        ["plan", "a.wav", "--dither-seed", "-1"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    assert "Error" in redbook(*arguments, code=2).stderr
    last = objects(redbook(*arguments, "--json", code=2).stdout)[-1]
    assert (last["error"], last["exit_code"]) == ("UsageError", 2)


@pytest.mark.parametrize(("asked", "said"), [("max", 52), ("8", 8), ("16X", 16), ("3", 4)])
def test_speeds_are_asked_for_in_many_ways(asked: str, said: int, songs: list[Path]) -> None:
    assert burned(songs[0], options=("--speed", asked))["speed"] == said


@pytest.mark.parametrize("command", ["info", "verify a.wav", "blank", "close"])
def test_a_mistyped_disc_is_not_a_blank_one(command: str, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", noise(588 * 300))
    assert "there is no disc at typo" in redbook(*command.split(), "--drive", "virtual:typo", code=5).stderr


def test_help_version_and_completion() -> None:
    assert "Exit codes" in redbook("--help").stdout
    for command in ("burn", "plan", "verify", "blank", "info", "drives", "disc", "close"):
        assert "Usage" in redbook(command, "--help").stdout
    assert re.fullmatch(r"redbook \d+\.\d+\.\d+\n", redbook("--version").stdout)
    for shell in ("bash", "zsh", "fish"):
        assert "_REDBOOK_COMPLETE" in redbook("completion", shell).stdout


def test_completion_completes() -> None:
    wanted = {"_REDBOOK_COMPLETE": "bash_complete", "COMP_WORDS": "redbook bu", "COMP_CWORD": "1"}
    assert redbook(env=os.environ | wanted).stdout == "plain,burn\n"


def test_a_name_with_a_newline_and_other_script_is_shown_on_one_line(tmp_path: Path) -> None:
    name = "two\nlines 日本.wav"
    write_wav(tmp_path / name, noise(588 * 300))
    assert "two\\nlines 日本.wav" in redbook("plan", name, *DRIVE).stdout
    assert objects(redbook("plan", name, *DRIVE, "--json").stdout)[-1]["tracks"][0]["source"] == name


NASTY = "a\nb\x1b[31m\x9b2J\r\u202e"
"""A line break, an escape sequence in 7 and in 8 bits, a carriage return, and what turns text around."""


@pytest.mark.parametrize(
    "words",
    [
        ["info", "--drive", NASTY],
        ["info", "--drive", f"virtual:{NASTY}"],
        ["info", "--drive", f"/dev/{NASTY}"],
        ["plan", "a.wav", "--drive", f"virtual:{NASTY}"],
        ["info", "--drive", "virtual:a.wav/" + NASTY],
        ["burn", NASTY, *DRIVE],
        ["disc", "new", f"none/{NASTY}/x"],
        ["disc", "new", f"a.wav/{NASTY}/x"],
        ["burn", "a.wav", "--drive", f"virtual:{NASTY}"],
        ["share", "run", "--disc", f"a.wav/{NASTY}", "true"],
        ["info", *DRIVE, "--record", f"none/{NASTY}"],
        ["doctor", "--drive", f"/dev/{NASTY}"],
        ["-vvv", "info", "--drive", f"virtual:{NASTY}"],
        [NASTY],
        ["burn", "a.wav", "--speed", NASTY],
    ],
    ids=lambda words: " ".join(words).replace(NASTY, "NASTY"),
)
def test_no_name_tells_a_terminal_anything(words: list[str], songs: list[Path]) -> None:
    write_wav(Path("a.wav"), noise(588 * 300))
    burned(Path("a.wav"))
    done = subprocess.run([*REDBOOK, *words], capture_output=True, text=True, check=False, timeout=60)
    text = done.stdout + done.stderr
    assert "Traceback" not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text), text
    assert "\nb" not in text


def test_no_room_for_the_decoded_audio_is_not_the_source_s_fault(songs: list[Path]) -> None:
    """A limit on the size of files stands for a full disk: the song takes 700 kB."""
    command = f"ulimit -f 100; exec {shlex.join(REDBOOK)} burn '{songs[0]}' --drive virtual:my.disc"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"decoded audio cannot be stored in /\S+: .*set TMPDIR to", done.stderr)
    assert songs[0].name not in done.stderr


@pytest.mark.parametrize("name", ["", "  "])
def test_an_empty_drive_name_is_called_empty(name: str) -> None:
    assert "no recorder was named" in redbook("info", "--drive", name, code=5).stderr


@pytest.mark.parametrize("listener", [["head", "-1"], ["true"]])
def test_a_listener_that_leaves_does_not_cost_a_disc(listener: list[str], songs: list[Path]) -> None:
    with subprocess.Popen([*REDBOOK, "burn", *map(str, songs), *DRIVE], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as burn:  # fmt: skip
        subprocess.run(listener, stdin=burn.stdout, check=True, capture_output=True)
        assert burn.stdout is not None
        burn.stdout.close()
        assert burn.stderr is not None
        assert b"redbook:" not in burn.stderr.read()
    assert burn.returncode == 0
    redbook("verify", *songs, *DRIVE)


def to_full_disk(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    with Path("/dev/full").open("w") as full:
        return subprocess.run(
            [*REDBOOK, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize(
    "command",
    ["plan a.wav", "info", "drives", "disc list", "disc new new.disc", "verify a.wav", "doctor --drive NAME"],
)
def test_output_that_a_full_disk_does_not_take_is_an_error(command: str, form: list[str]) -> None:
    write_wav(Path("a.wav"), noise(588 * 300))
    burned(Path("a.wav"))
    words = command.replace("NAME", "virtual:my.disc").split()
    if words[0] in ("info", "verify"):
        words += DRIVE
    done = to_full_disk("-q", *words, *form)
    assert done.returncode == (5 if words[0] == "doctor" else 1)  # of a finished disc, on which nothing burns
    assert done.stderr.startswith("redbook: cannot write to standard output (No space left on device)")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["--help", "burn --help", "--version", "completion bash", "share --help"])
def test_so_it_is_with_what_is_only_printed(command: str) -> None:
    done = to_full_disk(*command.split())
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot write to standard output" in done.stderr


def test_wrong_usage_stays_wrong_usage_on_a_full_disk() -> None:
    done = to_full_disk("nonsense", "--json")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["plan a.wav", "--help", "completion bash", "drives", "info"])
@pytest.mark.parametrize("listener", ["head -1", "true"])
def test_a_listener_that_leaves_ends_it_quietly(command: str, listener: str) -> None:
    write_wav(Path("a.wav"), noise(588 * 300))
    burned(Path("a.wav"))
    drive = " --drive virtual:my.disc" if command == "info" else ""
    pipe = f"set -o pipefail; {shlex.join(REDBOOK)} -q {command}{drive} | {listener}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_burn_goes_on_without_output_and_says_so_in_the_end(songs: list[Path], form: list[str]) -> None:
    done = to_full_disk("burn", *songs, *DRIVE, *form)
    assert done.returncode == 1
    assert re.search(r"cannot write .* Done: 2 tracks on virtual:my.disc, read back: identical", done.stderr)
    redbook("verify", *songs, *DRIVE)


def test_output_that_was_closed_before_is_not_missed(songs: list[Path]) -> None:
    burned(*songs)
    done = subprocess.run(["sh", "-c", f"exec {shlex.join(REDBOOK)} info --drive virtual:my.disc >&- 2>&-"])
    assert done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["reading", "writing", "verifying"])
def test_a_signal_cancels_and_says_what_is_on_the_disc(number: int, moment: str, tmp_path: Path) -> None:
    # Writing takes no time but the host's own, reading back as much as on a drive.
    sectors = 40_000 if moment == "verifying" else 200_000
    with (tmp_path / "long.raw").open("wb") as file:
        file.truncate(sectors * 2352)
    with subprocess.Popen([*REDBOOK, "burn", "raw:long.raw", *DRIVE, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as burn:  # fmt: skip
        assert burn.stdout is not None
        lines = []
        for line in burn.stdout:
            lines.append(line)
            if f'"{moment}"' in line and (moment != "writing" or '"progress"' in line):
                burn.send_signal(number)
                break
        lines += list(burn.stdout)
        assert burn.stderr is not None
        said = burn.stderr.read()
    assert burn.returncode == 130, said
    last = json.loads(lines[-1])
    assert (last["event"], last["error"]) == ("error", "Cancelled")
    assert "Traceback" not in said
    if moment == "reading":
        assert "nothing was" in last["message"]
        assert not Path("my.disc").exists()
    elif moment == "writing":
        assert "the disc is spoiled" in last["disc_now"]
        assert "spoiled" in redbook("info", *DRIVE).stdout
    else:
        assert "session is closed" in last["disc_now"]
        assert "verified" in last["message"]


@pytest.mark.usefixtures("exact_recorder")  # reading back so much takes a typical drive its time
def test_two_programs_cannot_burn_to_one_disc(songs: list[Path], tmp_path: Path) -> None:
    redbook("disc", "new", "my.disc")
    with (tmp_path / "long.raw").open("wb") as file:
        file.truncate(60_000 * 2352)
    with subprocess.Popen(
        [*REDBOOK, "burn", "raw:long.raw", *DRIVE, "--json"], stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert any(b"track_started" in line for line in first.stdout)
        first.send_signal(signal.SIGSTOP)
        try:
            assert "in use by another program" in redbook("burn", songs[0], *DRIVE, code=5).stderr
        finally:
            first.send_signal(signal.SIGCONT)
        last = first.stdout.read().splitlines()[-1]
    assert first.returncode == 0
    assert json.loads(last)["verified"] is True


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_host_is_found_before_the_disc_is_touched(songs: list[Path], tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        done = redbook("burn", songs[0], "--drive", f"virtual:{small}/x.disc", code=5)
        assert "too little room" in done.stderr
        assert not (small / "x.disc").exists()
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a folder for reading only needs root")
def test_a_plan_is_made_in_a_folder_that_cannot_be_written_to(songs: list[Path], tmp_path: Path) -> None:
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    within = ["unshare", "-m", "sh", "-c", script, str(tmp_path)]
    done = subprocess.run([*within, *REDBOOK, "plan", songs[0].name], capture_output=True, text=True)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("this machine does not let root mount")
    assert "1 track, 0:04 in total" in done.stdout, done.stderr
    assert "will be made" not in done.stderr
    done = subprocess.run([*within, *REDBOOK, "burn", songs[0].name], capture_output=True, text=True)
    assert "cannot be written to; give another path" in done.stderr


def at_a_terminal(columns: int, *arguments: str | Path, **variables: str) -> str:
    """What a terminal of this width is sent."""
    environment = os.environ | {"COLUMNS": str(columns), "LINES": "24", "TERM": "xterm"} | variables
    parent, child = pty.openpty()
    with subprocess.Popen([*REDBOOK, *map(str, arguments)], stdout=child, stderr=child, stdin=child,
                          env=environment) as process:  # fmt: skip
        os.close(child)
        data = b""
        while True:
            try:
                part = os.read(parent, 65536)
            except OSError:
                break
            if not part:
                break
            data += part
    os.close(parent)
    assert process.returncode == 0, data
    return data.decode()


def test_a_narrow_terminal_shows_it_all(songs: list[Path]) -> None:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", at_a_terminal(60, "burn", *songs, *DRIVE))
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", text)]
    assert max(map(len, lines)) <= 60
    assert "0:04" in text
    assert "read back: identical" in " ".join(text.split())


def test_commands_log_what_is_sent_when_asked(songs: list[Path]) -> None:
    said = redbook("-vvv", "burn", songs[0], *DRIVE).stderr
    assert re.search(r"WRITE +2a 00 ff ff ff 6a 00 00 1b 00", said)


@pytest.mark.tools("ffmpeg")
def test_a_folder_and_a_playlist_stand_for_their_files(songs: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "album"
    folder.mkdir()
    for number in (2, 1):
        encode(songs[number - 1], folder / f"x{3 - number}.flac", "-metadata", f"track={number}")
    (tmp_path / "list.m3u").write_text("album/x1.flac\n")
    done = burned(folder, tmp_path / "list.m3u")
    assert [Path(t["source"]).name for t in done["tracks"]] == ["x2.flac", "x1.flac", "x1.flac"]
    assert done["tracks"][0]["bit_exact"]


def test_a_burn_can_be_repeated_exactly(tmp_path: Path) -> None:
    write_wav(tmp_path / "other.wav", noise(96_000 * 5), rate=96_000)
    first = burned(tmp_path / "other.wav")
    time.sleep(0.01)
    again = objects(redbook("burn", "other.wav", "--drive", "virtual:2.disc", "--json").stdout)[-1]
    assert first["tracks"][0]["sha256"] == again["tracks"][0]["sha256"]
    redbook("verify", "other.wav", *DRIVE)
    redbook("verify", "other.wav", *DRIVE, "--dither-seed", "5", code=6)


def test_the_exchange_is_recorded_on_request(songs: list[Path]) -> None:
    redbook("burn", songs[0], *DRIVE, "--record", "the burn.jsonl")
    head, *exchanges = objects(Path("the burn.jsonl").read_text())
    assert (head["transcript"], head["drive"]) == (1, "virtual:my.disc")
    commands = [exchange.get("command") for exchange in exchanges]
    assert commands.count("WRITE") == 17  # 150 and 301 sectors in 27s
    assert commands.count("READ CD") >= 12
    redbook("info", *DRIVE, "--record", "info.jsonl", "--json")
    assert objects(Path("info.jsonl").read_text())[1]["cdb"] == "000000000000"


@pytest.mark.parametrize(
    ("path", "reason"), [("there.jsonl", "already exists"), ("nowhere/x.jsonl", "No such file or directory")]
)
def test_a_record_that_cannot_be_written_ends_it_before_anything_is_sent(
    path: str, reason: str, songs: list[Path]
) -> None:
    Path("there.jsonl").write_text("mine")
    done = redbook("burn", songs[0], *DRIVE, "--record", path, code=2)
    assert reason in done.stderr
    assert Path("there.jsonl").read_text() == "mine"
    assert not Path("my.disc").exists()


def test_a_session_at_once_that_broke_off_is_said_to_have_spoiled_the_disc() -> None:
    recorder = VirtualRecorder(Medium.new_at(Path("broken.disc")))
    drive = ready(recorder)
    choose_session_at_once(drive)
    announce(drive, one_track(3000))
    write_from(drive, -150, 1000)
    recorder.cut_power()
    recorder.close()
    said = redbook("info", "--drive", "virtual:broken.disc").stdout
    assert "CD-R, spoiled" in said
    assert "no player can play it, and nothing can be added; use another disc" in " ".join(said.split())
    told = json.loads(redbook("info", "--drive", "virtual:broken.disc", "--json").stdout)
    assert told["disc"]["spoiled"] is True
    assert (told["tracks"], told["musicbrainz_id"]) == ([], None)
    redbook(
        "burn",
        "--append",
        write_wav(Path("a.wav"), noise(588 * 310)),
        "--drive",
        "virtual:broken.disc",
        code=5,
    )


def test_results_go_to_standard_output_and_the_rest_beside_it(songs: list[Path]) -> None:
    done = redbook("burn", *songs, *DRIVE)
    assert "Done: 2 tracks" in done.stdout
    assert "Done: 2 tracks" not in done.stderr
    for aside in ("will be created", "2 tracks, 0:08 in total", "Writing track 2", "Reading the disc back"):
        assert aside in done.stderr
        assert aside not in done.stdout
    assert "2 tracks, 0:08 in total" in redbook("plan", *songs).stdout


@pytest.mark.parametrize("place", [0, 1])
def test_quiet_leaves_the_result_alone(place: int, songs: list[Path]) -> None:
    words: list[str | Path] = ["burn", *songs, *DRIVE]
    words.insert(place, "-q")
    done = redbook(*words)
    assert done.stderr == ""
    assert "Done: 2 tracks" in done.stdout
    (last,) = objects(redbook("-q", "verify", *songs, *DRIVE, "--json").stdout)
    assert last["event"] == "done"


def test_verbose_says_more_and_exact_times(songs: list[Path]) -> None:
    usual, more = redbook("plan", *songs), redbook("plan", "-v", *songs)
    assert "0:04" in usual.stdout
    assert "00:04:01" not in usual.stdout
    assert "00:04:01" in more.stdout
    assert "75 frames to the second" in more.stdout
    most = redbook("burn", *songs, *DRIVE, "-vv")
    assert "host buffer at least" in most.stdout
    assert "Track 2 read back: identical" in most.stderr
    assert "DEBUG" in most.stderr
    assert "cannot be used together" in redbook("-q", "plan", "-v", songs[0], code=2).stderr


def test_notes_that_nobody_reads_cost_no_disc(songs: list[Path]) -> None:
    """Standard error is full, and later a pipe that nobody reads."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*REDBOOK, "burn", *map(str, songs), *DRIVE], stdout=subprocess.PIPE, stderr=full, text=True
        )
    assert done.returncode == 0
    assert "read back: identical" in done.stdout
    assert "same" in redbook("verify", *songs, *DRIVE).stdout
