"""redbook does its jobs where it was installed, and nothing of the checkout is near."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.install import interpreters
from tests.install.environments import HERE, ROOT, WHAT_IS_THERE

ENVIRONMENTS: dict[str, str] = json.loads(WHAT_IS_THERE.read_text()) if WHAT_IS_THERE.exists() else {}
JOBS = sorted(path for path in (ROOT / "tests/jobs").iterdir() if path.suffix in (".sh", ".py"))


def outside(environment: str, tmp_path: Path) -> dict[str, str]:
    """What a person's shell has there: the environment's programs, the system's, a home of one's own."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": f"{ENVIRONMENTS[environment]}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "REDBOOK_SYSTEM_ROOT": str(tmp_path / "no recorders"),
    }


def run(command: list[str], environment: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    folder = tmp_path / "a folder of one's own"
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        command,
        cwd=folder,
        env=outside(environment, tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_there_are_environments() -> None:
    assert ENVIRONMENTS, "run `make test-install`"
    assert len(JOBS) == 8


def jobs_to_do() -> list[tuple[str, Path]]:
    """All of them with each wheel; with the sdist, whose package is the same, one."""
    of_wheels = [(name, job) for name in ENVIRONMENTS for job in JOBS if name.startswith("wheel")]
    return of_wheels + [
        (name, ROOT / "tests/jobs/rewritable.sh") for name in ENVIRONMENTS if name.startswith("sdist")
    ]


@pytest.mark.parametrize(
    ("environment", "job"), jobs_to_do(), ids=lambda value: getattr(value, "stem", value)
)
def test_a_job_is_done(environment: str, job: Path, tmp_path: Path) -> None:
    text = job.read_text()
    needed = re.search(r"^# needs:(.*)$", text, re.MULTILINE)
    assert needed is not None
    missing = [name for name in needed[1].split() if shutil.which(name) is None]
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            f"not installed: {', '.join(missing)}"
        )
    copy = shutil.copy(job, tmp_path)  # a script finds nothing beside itself
    done = run(["bash" if job.suffix == ".sh" else "python", str(copy)], environment, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_package_is_the_installed_one(environment: str, tmp_path: Path) -> None:
    done = run(["python", "-c", "import redbook; print(redbook.__file__)"], environment, tmp_path)
    assert done.stdout.startswith(ENVIRONMENTS[environment]), done.stdout + done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_runs_as_a_module(environment: str, tmp_path: Path) -> None:
    done = run(["python", "-m", "redbook", "--version"], environment, tmp_path)
    assert re.fullmatch(r"redbook \d+\.\d+\.\d+\S*\n", done.stdout), done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_module_can_be_imported(environment: str, tmp_path: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    absent = {re.split(r"\W", one)[0] for wanted in extras.values() for one in wanted}
    code = (
        "import importlib, pkgutil, redbook\n"
        "for found in pkgutil.walk_packages(redbook.__path__, 'redbook.'):\n"
        "    try:\n"
        "        found.name.endswith('__main__') or importlib.import_module(found.name)\n"
        "    except Exception as error:\n"
        "        while error is not None and not isinstance(error, ModuleNotFoundError):\n"
        "            error = error.__cause__\n"
        f"        if error is None or error.name not in {absent}: raise\n"
    )
    done = run(["python", "-W", "error", "-c", code], environment, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_recorder_s_models_are_is_packed_with_it(environment: str, tmp_path: Path) -> None:
    code = "from redbook.virtual.model import model_names; print(*model_names())"
    done = run(["python", "-c", code], environment, tmp_path)
    written = {path.stem for path in (ROOT / "src/redbook/virtual/models").glob("*.toml")}
    assert set(done.stdout.split()) == written, done.stderr


def test_the_sdist_holds_what_is_kept_in_git_and_nothing_else() -> None:
    (sdist,) = (HERE / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    belonging = set(kept.stdout.split("\0"))
    assert packed - belonging <= {"PKG-INFO"}
    assert not [
        name for name in belonging if name.startswith(("src/", "docs/", "tests/")) and name not in packed
    ]


def test_the_wheel_holds_the_package_alone() -> None:
    (wheel,) = (HERE / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        shared = {name for name in archive.namelist() if ".data/" in name}
    assert {top for top in tops if not top.startswith("redbook")} == set()
    assert [name.partition(".data/data/")[2] for name in shared] == ["share/man/man1/redbook.1"]


def test_the_versions_of_python_are_those_that_the_project_states() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert stated["requires-python"] == f">={interpreters.OLDEST[0]}.{interpreters.OLDEST[1]}"
    named = [int(word) for text in stated["classifiers"] for word in re.findall(r":: 3\.(\d+)$", text)]
    assert named == list(range(interpreters.OLDEST[1], named[-1] + 1))
    assert named[-1] <= interpreters.NEWEST[1]


@pytest.mark.parametrize("tool", ["uv", "pipx"])
def test_it_is_installed_as_a_tool(tool: str, tmp_path: Path) -> None:
    """As README says: a command `redbook` in an environment of its own."""
    (wheel,) = (HERE / "dist").glob("*.whl")
    programs, beside = tmp_path / "bin", Path(sys.executable).parent
    own = {
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(programs),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(programs),
    }
    command = {"uv": ["uv", "tool", "install"], "pipx": ["pipx", "install"]}[tool]
    done = subprocess.run(
        [str(beside / command[0]), *command[1:], str(wheel)],
        env=os.environ | own,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = subprocess.run([str(programs / "redbook"), "--version"], capture_output=True, text=True)
    assert told.stdout.startswith("redbook "), told.stderr
