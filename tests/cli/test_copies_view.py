"""What is shown while copies are made: at any width, in a log, and as JSON."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from redbook.cli.render.copies import Board, picture, short
from redbook.engine.events import Notice
from redbook.production.events import (
    CopyClaimed,
    CopyProgress,
    CopyState,
    DriveRests,
    NeedBlank,
    OrderNow,
    TakeDisc,
    as_json,
)

D1, D2, D3 = "rack:/home/anna/my rack/d1", "/dev/sr1", "/dev/sr2"


def order(good: int = 0, free: int = 20, **more: object) -> OrderNow:
    counts: dict[str, object] = {
        "state": "open",
        "wanted": 20,
        "checked": 0,
        "spoiled": 0,
        "lost": 0,
        "unknown": 0,
        "under_way": 0,
    }
    return OrderNow(3, good=good, free=free, **(counts | more))  # type: ignore[arg-type]


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def busy_board(clock: Clock) -> Board:
    board = Board(clock)
    board.hear(order())
    board.hear(CopyClaimed(3, 8, 9, D1))
    board.hear(CopyProgress(3, 8, 9, D1, "writing", 4500, 9000, 15.9, 130.0))
    board.hear(NeedBlank(D3))
    board.hear(TakeDisc(D2, 3, 7, True, f"Take the disc out of {D2}: copy 7 is good"))
    clock.seconds = 14 * 90.0
    board.hear(order(good=14, free=4, spoiled=1, under_way=2))
    return board


def drawn(board: Board, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(picture(board, width))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_what_a_person_must_do_comes_first_then_the_drives_then_the_order() -> None:
    lines = drawn(busy_board(Clock()), 100)
    assert lines[:2] == ["Put a blank disc into sr2", "Take the disc out of sr1: copy 7 is good"]
    assert [line.split()[0] for line in lines[2:5]] == ["sr1", "sr2", "d1"]
    assert lines[-1] == "order 3: 14 of 20 good, 1 spoiled, 6 to go; about 9 min"


@pytest.mark.parametrize("width", [120, 80, 60, 40])
def test_no_line_is_longer_than_the_terminal_and_what_counts_is_on_it(width: int) -> None:
    lines = drawn(busy_board(Clock()), width)
    assert max(map(len, lines)) <= width
    working = next(line for line in lines if line.startswith("d1"))
    assert "writing copy 8" in working and "2:10" in working
    assert ("15.9x" in working and "━" in working) == (width >= 80)
    assert ("50%" in working) == (width < 80)


def test_a_blank_is_asked_for_only_while_one_is_wanted() -> None:
    board = busy_board(Clock())
    board.hear(order(good=19, free=0, under_way=1))
    assert not any(text.startswith("Put") for text in board.todo.values())
    assert board.hear(NeedBlank(D1)) == "" and D1 not in board.todo
    board.hear(order(good=18, free=1, under_way=1, spoiled=1))
    assert "not blank" in board.hear(NeedBlank(D1, "the disc in it is not blank: CD-R, complete"))


def test_a_disc_that_is_not_known_asks_for_a_verdict_and_says_how() -> None:
    board = busy_board(Clock())
    line = board.hear(CopyState(3, 9, 12, D1, "unknown", "the disc is gone"))
    assert line == "d1: copy 9 is unknown (the disc is gone)"
    assert "redbook copies resolve 12 good|spoiled" in board.todo["attempt 12"]


def test_a_drive_that_rests_and_an_order_that_was_paused_say_why() -> None:
    board = busy_board(Clock())
    assert "2 discs spoiled" in board.hear(DriveRests(D2, "2 discs spoiled in a row\nmore"))
    assert board.hear(order(good=14, free=6, state="paused", why="5 discs spoiled")).endswith(
        "paused: 5 discs spoiled"
    )


def test_the_time_left_is_reckoned_from_what_was_made_in_this_run() -> None:
    clock = Clock()
    board = Board(clock)
    assert board.hear(order(good=10, free=10)).endswith("10 to go")  # made before
    clock.seconds = 120.0
    assert board.hear(order(good=12, free=8)).endswith("8 to go; about 8 min")


def test_progress_is_no_line_of_a_log_and_a_note_is() -> None:
    board = Board()
    assert board.hear(CopyProgress(3, 8, 9, D1, "writing", 1, 2)) == ""
    assert board.hear(Notice("sr1: the tray did not open")) == "sr1: the tray did not open"


def test_quick_checks_are_counted_apart() -> None:
    assert "2 of 20 made (2 checked quickly)" in Board().hear(order(checked=2, free=18))


def test_drives_have_short_names_that_harm_no_terminal() -> None:
    assert [short(name) for name in (D1, D2, "rack:x\x1b[2J")] == ["d1", "sr1", "rack:x\\x1b[2J"]


def test_events_as_json_have_their_kind() -> None:
    assert as_json(order())["event"] == "order"
    assert as_json(CopyClaimed(3, 8, 9, D1)) == {
        "event": "copy_claimed",
        "order": 3,
        "number": 8,
        "attempt": 9,
        "drive": D1,
    }
    assert as_json(NeedBlank(D1))["event"] == "need_blank"
    assert as_json(TakeDisc(D1, 3, 7, True, "x"))["event"] == "take_disc"
