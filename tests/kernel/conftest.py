"""The kernel that guests boot, or why there is none."""

from __future__ import annotations

import os
import platform

import pytest

from tests.kernel.debian_kernel import Kernel, NoKernel, cached
from tests.kernel.guest import missing


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    """Skips where there can be none; with CI=true that is a failure, except on another architecture."""
    if platform.machine() != "x86_64":
        pytest.skip("the guest is an x86-64 machine, and only such a host runs its own programs there")
    if absent := missing():
        _without(f"not installed: {', '.join(absent)}")
    try:
        return cached()
    except NoKernel as reason:
        return _without(str(reason))


def _without(reason: str) -> Kernel:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
