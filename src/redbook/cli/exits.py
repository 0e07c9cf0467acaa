"""Exit codes, and how errors become a line for people and one of them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from redbook.cli import begun
from redbook.errors import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redbook.cli.render import Renderer

DONE, NO_ROOM, USAGE, SOURCE, RULE, DRIVE, DIFFERS, CANCELLED = 0, 1, 2, 3, 4, 5, 6, 130

EPILOG = """\b
Exit codes:
  0  done, and verified          4  it does not fit, or breaks a rule
  1  no room on this computer:   5  drive or medium
     for the decoded audio, a    6  the disc read back differs
     report or standard output   130  cancelled
  2  wrong usage
  3  a source is unusable"""


@contextmanager
def reporting(out: Renderer) -> Iterator[None]:
    """Around a command's work: errors become a line for people and an exit code.

    Foreseen errors have no traceback.
    """
    from redbook import errors

    begun()
    try:
        yield
    except errors.VerificationFailed as error:
        out.failed(error, DIFFERS)
        sys.exit(DIFFERS)
    except errors.Cancelled as error:
        out.failed(error, CANCELLED)
        sys.exit(CANCELLED)
    except (KeyboardInterrupt, click.Abort):
        out.failed(errors.Cancelled("cancelled; nothing was written"), CANCELLED)
        sys.exit(CANCELLED)
    except OSError as error:
        where = printable(error.filename or "the system")
        out.failed(errors.DriveError(f"{where}: {error.strerror or error}"), DRIVE)
        sys.exit(DRIVE)
    except errors.NoRoom as error:
        out.failed(error, NO_ROOM)
        sys.exit(NO_ROOM)
    except errors.RedbookError as error:
        code = SOURCE if isinstance(error, errors.AudioError) else DRIVE
        if isinstance(error, errors.PlanError):
            code = RULE
        out.failed(error, code)
        sys.exit(code)
