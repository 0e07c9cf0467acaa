"""The public names are counted."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import redbook


def test_every_public_name_is_there_and_documented() -> None:
    for name in redbook.__all__:
        value = getattr(redbook, name)
        if name != "__version__":
            assert inspect.getdoc(value), name


def test_list_and_module_agree() -> None:
    tree = ast.parse(Path(redbook.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("redbook.")
        for alias in node.names
        if alias.name != "import_module"
    }
    assert typed == set(redbook.__all__)
    assert set(redbook._HOMES) | {"__version__"} == set(redbook.__all__)


def test_help_imports_nothing_heavy() -> None:
    """Start-up: av, numpy, soxr, miniaudio, rich, databases and servers are for commands that need them."""
    code = (
        "import sys\n"
        "from redbook.cli.app import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "names = {'av', 'numpy', 'soxr', '_miniaudio', 'rich', 'redbook.burning.jobs',\n"
        "    'redbook.cli.commands.burn',\n"
        "    'sqlite3', 'psycopg', 'procrastinate', 'httpx', 'starlette', 'uvicorn', 'asyncio',\n"
        "    'redbook.production.ledger', 'redbook.cli.commands.serve', 'redbook.cli.commands.worker'}\n"
        "heavy = names & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_info_imports_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    """What lists real drives is for commands that choose one; anyone who reads JSON does without rich."""
    redbook.create_disc(tmp_path / "a.disc")
    code = (
        "import sys\n"
        "from redbook.cli.app import cli\n"
        f"cli.main(['info', '--json', '--drive', 'virtual:{tmp_path / 'a.disc'}'], standalone_mode=False)\n"
        "names = {'av', 'numpy', 'soxr', '_miniaudio', 'rich', 'ctypes', 'click.shell_completion',\n"
        "    'redbook.burning.jobs', 'redbook.recorders.choosing', 'redbook.recorders.real_drives',\n"
        "    'redbook.recorders.watching', 'redbook.virtual.rack', 'redbook.system.explain'}\n"
        "heavy = names & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert '"event"' in done.stdout


def test_the_man_page_is_made_with_click_alone() -> None:
    """It is made when a wheel is built, where nothing else is installed."""
    code = (
        "import sys\n"
        "from docs.tools.commands import man\n"
        "man()\n"
        "names = {'av', 'numpy', 'soxr', '_miniaudio', 'rich', 'httpx', 'psycopg', 'starlette'}\n"
        "heavy = names & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.returncode == 0, done.stderr
