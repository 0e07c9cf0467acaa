"""`redbook share iscsi` as a process: its first line, its end, its refusals."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from redbook.cli.app import cli
from redbook.mmc.write import Write10
from redbook.virtual.medium import Medium
from tests.share.test_iscsi_socket import Client
from tests.support import warm

COMMAND = [sys.executable, "-m", "redbook", "share", "iscsi"]
ADDRESS = re.compile(r"iscsi://127\.0\.0\.1:(\d+)/iqn\.2026-11\.example\.redbook:recorder/0\n")


MUTUAL = ["--chap", "a", "--chap-secret-file", "secret", "--chap-mutual", "b"]


def start(*options: str) -> tuple[subprocess.Popen[str], int]:
    """The process, when initiators may come, and its port."""
    process = subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = ADDRESS.fullmatch(line)
    assert found, line
    return process, int(found[1])


def refused(*options: str) -> tuple[int, str]:
    done = warm.run("share", "iscsi", *options)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    return done.returncode, " ".join(done.stderr.split())


def test_a_name_that_leads_to_this_machine_and_into_a_network_needs_chap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 3260)) for host in ("127.0.0.1", "192.0.2.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    done = CliRunner().invoke(cli, ["share", "iscsi", "--listen", "here:3260", "--disc", "a"])
    assert "lets other computers in" in " ".join(done.output.split())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_also_with_clients(number: signal.Signals) -> None:
    process, port = start("--disc", "my disc")
    client = Client(("127.0.0.1", port))
    client.log_in()
    client.command(bytes(6))
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    client.socket.close()
    assert process.returncode == 0
    assert (output, errors) == ("", "")
    assert not Path("my disc").exists()  # nothing was written on it


def test_the_disc_s_folder_is_held_and_released() -> None:
    subprocess.run([*COMMAND[:3], "disc", "new", "a.disc"], check=True, capture_output=True)
    process, _ = start("--disc", "virtual:a.disc")
    assert refused("--listen", "127.0.0.1:0", "--disc", "a.disc")[0] == 5
    process.terminate()
    process.communicate(timeout=30)
    Medium.open(Path("a.disc")).close()


def test_without_a_disc_it_says_which_it_took() -> None:
    process, _ = start()
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert errors == "redbook: no --disc was given: the disc in the recorder is virtual:redbook.disc\n"


def test_traffic_is_shown_on_request() -> None:
    process, port = start("--disc", "a.disc", "--log-traffic")
    client = Client(("127.0.0.1", port))
    client.log_in()
    client.command(bytes(6))
    process.terminate()
    _, errors = process.communicate(timeout=30)
    client.socket.close()
    assert re.search(r"LUN 0 +00 00 .*: 6/29/00", errors)


def test_an_address_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, said = refused("--listen", f"127.0.0.1:{port}", "--disc", "a")
    assert code == 5
    assert f"127.0.0.1:{port}: Address already in use; choose another address with --listen" in said


def test_an_address_that_this_computer_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sixteen bytes ab")
    code, said = refused(
        "--listen", "192.0.2.1:3260", "--disc", "a", "--chap", "me", "--chap-secret-file", "secret"
    )
    assert code == 5
    assert "192.0.2.1:3260" in said


@pytest.mark.parametrize(
    "options, said",
    [
        (["--listen", "0.0.0.0:3260"], "lets other computers in"),
        (["--listen", "[::]:3260"], "lets other computers in"),
        (["--listen", "3260"], "is not an address"),
        (["--listen", "localhost:http"], "is not an address"),
        (["--listen", "127.0.0.1:65536"], "is not an address"),
        (["--listen", ""], "is not an address"),
        (["--listen", "no.such.host.invalid:1"], "no.such.host.invalid"),
        (["--name", "recorder"], "is not a valid name for an iSCSI target"),
        (["--disc", "a", "--disc", "./a"], "is given twice"),
        (["--chap", "me"], "go together"),
        (["--chap-secret-file", "secret"], "go together"),
        (["--chap-mutual", "me", "--chap-mutual-secret-file", "secret"], "needs --chap"),
        (["--chap", "me", "--chap-secret-file", "short"], "has 5 bytes"),
        (["--chap", "me", "--chap-secret-file", "missing"], "does not exist"),
        (["--chap", "", "--chap-secret-file", "secret"], "CHAP needs a name"),
        ([*MUTUAL, "--chap-mutual-secret-file", "secret"], "must differ"),
        (["--disc", "a"] * 257, "256 recorders at most"),
    ],
)
def test_wrong_usage(options: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("sixteen bytes ab\r\n")
    (tmp_path / "short").write_text("short\n")
    code, errors = refused(*options)
    assert code == 2
    assert said in errors
    assert not Path("a").exists()


def test_a_folder_that_is_no_disc(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").write_text("")
    code, said = refused("--listen", "127.0.0.1:0", "--disc", "folder")
    assert code == 5
    assert "folder is not a virtual disc" in said


@pytest.mark.slow
def test_it_ends_by_itself_when_nobody_comes_any_more() -> None:
    process, port = start("--disc", "a.disc", "--idle", "4")
    client = Client(("127.0.0.1", port))
    client.log_in()
    with pytest.raises(subprocess.TimeoutExpired):  # somebody is there
        process.wait(5)
    assert client.command(bytes(6)).status in (0, 2)
    client.socket.close()
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_it_does_not_wait_for_the_first_for_ever() -> None:
    process, _ = start("--disc", "a.disc", "--idle", "0.2")
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--fault-must-happen",), 5)])
def test_a_fault_that_never_happened_is_said_at_the_end(options: tuple[str, ...], code: int) -> None:
    process, port = start(
        "--disc", "a.disc", "--fault", "timeout@blank", "--fault", "3/0C/00@write:1", *options
    )
    client = Client(("127.0.0.1", port))
    client.log_in()
    client.command(bytes(6))
    assert client.command(Write10(0, bytes(2352)).to_cdb(), bytes(2352)).status == 2
    client.socket.close()
    process.terminate()
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (code, "")
    assert errors == "redbook: --fault timeout@blank never happened: no command that it waits for arrived\n"
