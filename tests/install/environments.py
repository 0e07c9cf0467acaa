"""Build wheel and sdist, and install them into clean environments below .cache/install.

    python -m tests.install.environments [all]

One environment for the wheel and each of the oldest and the newest version of Python on this machine, or for
all of them, and one for the sdist. Where there is only one version, uv is asked to bring the newest; where it
cannot, that is said, and one is tested.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.install.interpreters import NEWEST, found

ROOT = Path(__file__).parents[2]
HERE = ROOT / ".cache/install"
WHAT_IS_THERE = HERE / "environments.json"
"""Name of each environment -> the folder that it is in."""


def make(*, every: bool = False) -> dict[str, str]:
    """The environments, by name ("wheel-3.12", "sdist-3.11").  every: also for versions between"""
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    wheel, sdist = build()
    interpreters = found()
    if len(interpreters) < 2:
        bring_one()
        interpreters = found()
    if len(interpreters) < 2:
        print("== only one version of Python is on this machine, and only that one is tested", flush=True)
    chosen = list(interpreters)
    if not every and len(chosen) > 2:
        chosen = [chosen[0], chosen[-1]]
    made = {}
    for version in chosen:
        made[f"wheel-{version}"] = environment(f"wheel-{version}", interpreters[version], wheel)
    made[f"sdist-{chosen[0]}"] = environment(f"sdist-{chosen[0]}", interpreters[chosen[0]], sdist)
    WHAT_IS_THERE.write_text(json.dumps(made, indent=1))
    return made


def build() -> tuple[Path, Path]:
    """Wheel and sdist of the checkout; the wheel is made from the sdist, as a release's is."""
    print("== building sdist and wheel", flush=True)
    _run([sys.executable, "-m", "build", "--outdir", str(HERE / "dist"), str(ROOT)])
    (wheel,) = (HERE / "dist").glob("*.whl")
    (sdist,) = (HERE / "dist").glob("*.tar.gz")
    return wheel, sdist


def bring_one() -> None:
    """Ask uv for another interpreter; it comes from the releases of python-build-standalone."""
    newest = ".".join(map(str, NEWEST))
    print(f"== asking uv for Python {newest}", flush=True)
    done = subprocess.run(
        [str(Path(sys.executable).with_name("uv")), "python", "install", newest],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        print(f"== uv could not bring it: {done.stderr.strip().splitlines()[-1:]}", flush=True)


def environment(name: str, python: str, package: Path) -> str:
    """A new environment with the package, and pytest for the job that needs it."""
    print(f"== installing {package.name} into a clean environment: {name}", flush=True)
    folder = HERE / name
    _run([python, "-m", "venv", str(folder)])
    _run([str(folder / "bin/python"), "-m", "pip", "install", "-q", str(package), "pytest"])
    return str(folder)


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


if __name__ == "__main__":
    make(every=sys.argv[1:] == ["all"])
