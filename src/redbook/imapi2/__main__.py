"""python -m redbook.imapi2 SCRIPT [ARGUMENT ...]: run a pywin32 or comtypes script as it is.

Its imports of win32com, pythoncom, pywintypes, winerror and comtypes find redbook's modules of those names,
and `ctypes.windll` has what redbook replaces of it.
"""

import runpy
import sys
from importlib import import_module
from pathlib import Path

STAND_INS = (
    *("win32comext", "win32comext.shell"),
    *("win32com", "win32com.client", "win32com.client.gencache", "win32com.client.dynamic"),
    *("win32com.server", "win32com.server.util"),
    *("win32com.shell", "win32com.shell.shell", "win32com.shell.shellcon", "win32com.storagecon"),
    *("pythoncom", "pywintypes", "winerror"),
    *("comtypes", "comtypes.client", "comtypes.automation", "comtypes.gen", "comtypes.gen.IMAPI2"),
)


def install() -> None:
    """Let `import win32com.client` and the like find redbook's modules."""
    for name in STAND_INS:
        sys.modules[name] = import_module(f"redbook.imapi2.{name}")
    windll = import_module("redbook.imapi2.windll")
    windll.install()
    for name in ("shell", "shellcon"):
        sys.modules[f"win32comext.shell.{name}"] = sys.modules[f"win32com.shell.{name}"]


OTHER_LANGUAGES = {
    **dict.fromkeys((".vbs", ".vbe", ".wsf", ".hta"), "VBScript"),
    **dict.fromkeys((".js", ".jse"), "JScript"),
    **dict.fromkeys((".ps1", ".psm1"), "PowerShell"),
    **dict.fromkeys((".bat", ".cmd"), "a batch file"),
    ".au3": "AutoIt",
    ".cs": "C#",
    ".vb": "Visual Basic",
    ".exe": "a Windows program",
}


def main() -> None:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) < 2:
        sys.exit("usage: python -m redbook.imapi2 SCRIPT [ARGUMENT ...]")
    script = sys.argv[1]
    language = OTHER_LANGUAGES.get(Path(script).suffix.lower())
    if language is not None:
        sys.exit(f"redbook.imapi2: {script} is {language}; this runs Python scripts, so port it to Python")
    if not Path(script).exists():
        sys.exit(f"redbook.imapi2: {script}: there is no such file")
    install()
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
