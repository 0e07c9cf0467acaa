"""The names under which programs lock a drive."""

from __future__ import annotations

import re

_VALID = re.compile(r"[A-Za-z0-9 .,:;_-]{1,63}")


def is_valid_client_name(name: object) -> bool:
    """1 to 63 letters, digits, spaces and . , : ; - _

    Source: Windows' CD-ROM driver, IOCTL_CDROM_EXCLUSIVE_ACCESS; 63 and a zero fill its field of 64 bytes.
    """
    return isinstance(name, str) and _VALID.fullmatch(name) is not None
