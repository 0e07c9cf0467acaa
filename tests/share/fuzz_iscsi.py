"""The iSCSI target under atheris, led by coverage.  See test_iscsi_fuzz.py; not part of the suite."""

from __future__ import annotations

import logging
import sys


def main() -> None:
    import atheris

    logging.disable()
    with atheris.instrument_imports(include=["redbook.share"]):
        from tests.support.iscsi_fuzz import behave
    atheris.Setup(sys.argv, behave)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
