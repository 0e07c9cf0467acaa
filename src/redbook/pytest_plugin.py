"""The pytest plugin: fixtures `virtual_recorder` and `recorder_host`, and the marker for them.

Every pytest run loads it where redbook is installed, so it imports nothing of redbook until it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from redbook.testing import RecorderHost, TestRecorder

_MARKER = "redbook"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(model=None, medium='cd-r', minutes=80, disc=None, faults=(), speed=None, clock=None, "
        "faults_must_happen=True): the recorder that the fixtures virtual_recorder and recorder_host make",
    )


@pytest.fixture
def virtual_recorder(request: pytest.FixtureRequest) -> Iterator[TestRecorder]:
    """A virtual CD recorder with a blank disc in memory: redbook.testing.TestRecorder.

    @pytest.mark.redbook(model=..., medium=..., faults=[...]) says which. A fault that never happened is an
    error of the test, unless faults_must_happen=False: it would have passed for the wrong reason.
    """
    from redbook.testing import virtual_recorder as made

    marker = request.node.get_closest_marker(_MARKER)
    wanted = dict(marker.kwargs) if marker else {}
    must_happen = wanted.pop("faults_must_happen", True)
    with made(**wanted) as recorder:
        yield recorder
        left = recorder.faults_left
    if left and must_happen:
        pytest.fail("this fault never happened: " + "; ".join(left), pytrace=False)


@pytest.fixture
def recorder_host(virtual_recorder: TestRecorder) -> Iterator[RecorderHost]:
    """The same recorder as /dev/sr0 of the programs that `recorder_host.run([...])` starts."""
    from redbook.testing import recorder_host as made

    with made(virtual_recorder) as host:
        yield host
