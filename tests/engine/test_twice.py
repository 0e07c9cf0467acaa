"""When a sector that was read counts: docs/reading.md, each of its rules with the readings that decide it.

The drive is played: each sector has a list of what comes at one reading after the other.

    a         what is on the disc; with ! the drive marks it (C2), as any other
    b to i    other audio
    1, 2, 3   what is on the disc, so many steps of some samples late
    -         nothing comes

Between two tries something far away is read; no sector of those has such a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from redbook.disc import SAMPLE_BYTES, SECTOR_BYTES
from redbook.engine.another_try import HOPELESS_RUNS, LOST_SECTORS
from redbook.engine.events import Notice
from redbook.engine.read_audio import ReadHabits
from redbook.engine.reading_speed import ReadingSpeed
from redbook.engine.steps import SectorsDone
from redbook.engine.twice import AreaToRead, RipState, Trouble, read_twice, stretches
from redbook.errors import IllegalRequest, NotReadWhole, ReadError, Sense
from redbook.mmc.control import SetCdSpeed
from redbook.mmc.read import C2, ReadCd
from tests.support.played import Played
from tests.support.sound import noise

END = 108
SPEED = 24.0
DISC = noise(588 * 700)
OTHER = {letter: noise(588, 10 + number) for number, letter in enumerate("bcdefghi")}
NEVER_THE_SAME = "b c d e f g h i"


def audio(lba: int, what: str = "a", disc: bytes = DISC, late: int = 5) -> bytes:
    if what in OTHER:
        return OTHER[what]
    begin = lba * SECTOR_BYTES - (late * int(what) * SAMPLE_BYTES if what.isdigit() else 0)
    return disc[begin : begin + SECTOR_BYTES]


class Scratched:
    """A drive with a disc some of whose sectors read otherwise than the rest.

    plans     by address: what comes at each reading, the last of it from then on
    readings  how often each of these was asked for
    """

    def __init__(self, plans: Mapping[int, str], disc: bytes = DISC, late: int = 5, c2: bool = True) -> None:
        self.plans = {lba: plan.split() for lba, plan in plans.items()}
        self.readings = dict.fromkeys(plans, 0)
        self.asked: list[ReadCd] = []
        self.disc, self.late, self.c2 = disc, late, c2

    def __call__(self, command: Any) -> object:
        if isinstance(command, SetCdSpeed):
            return None
        assert isinstance(command, ReadCd)
        if command.selection.c2 and not self.c2:
            raise IllegalRequest("no C2", command.NAME, Sense(5, 0x24, 0))
        self.asked.append(command)
        parts = [
            self.one(lba, command.selection.c2) for lba in range(command.lba, command.lba + command.sectors)
        ]
        if b"" in parts:
            raise ReadError("cannot be read", command.NAME, Sense(3, 0x11, 0))
        return b"".join(parts)

    def one(self, lba: int, c2: C2) -> bytes:
        what = "a"
        if lba in self.plans:
            plan, number = self.plans[lba], self.readings[lba]
            what = plan[min(number, len(plan) - 1)]
            self.readings[lba] += 1
        if what == "-":
            return b""
        marks = (bytes(293) + b"\x08" if what.endswith("!") else bytes(294)) if c2 else b""
        return audio(lba, what.rstrip("!"), self.disc, self.late) + marks


class Kept:
    """start: of the area that is read"""

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.audio = bytearray()
        self.trouble = Trouble()

    def __call__(self, first: int, data: Any, trouble: Trouble) -> None:
        assert (first - self.start) * SECTOR_BYTES == len(self.audio)
        self.audio += data
        self.trouble.add(trouble)

    def sector(self, lba: int) -> bytes:
        return bytes(self.audio[lba * SECTOR_BYTES : (lba + 1) * SECTOR_BYTES])


def state(**how: Any) -> RipState:
    usual = {"keep_going": True, "memory_kib": 2048, "c2": True, "done": 0, "total": END, "speed": SPEED}
    return RipState(habits=ReadHabits(), drive=ReadingSpeed(), **(usual | how))


def read(
    drive: Scratched, how: RipState | None = None, end: int = END, gaps: Any = ()
) -> tuple[Kept, Played]:
    kept, played = Kept(), Played(drive)
    played.run(read_twice(AreaToRead(0, end, gaps), how or state(), kept))
    return kept, played


RIGHT = [
    ("a", "a", 2, ()),
    ("a! a", "a", 2, ("c2",)),
    ("a a!", "a", 2, ("c2",)),
    ("a! a! a", "a", 3, ("again", "c2")),
    ("a b! a", "a", 3, ("again", "c2")),  # a reading with a mark is no rival
    ("b! a! a! a", "a", 4, ("again", "c2")),
    ("1! a", "a", 3, ("again", "c2")),
    ("a! b a! b!", "b", 4, ("again", "c2")),  # once without a mark is enough
    ("b a a a", "a", 4, ("again",)),  # two more than the rival
    ("a b b b", "b", 4, ("again",)),
    ("a b c a a", "a", 5, ("again",)),
    ("a b a b a a", "a", 6, ("again",)),
    ("a b a b a b a a", "a", 8, ("again",)),  # the sixth further reading decides
    ("1 a a a a a a", "a", 7, ("again",)),  # five more where the rival is beside its place
    ("a 1 2 a a a a a", "a", 8, ("again",)),
    ("a 1 c " + "a 1 " * 6 + "a a a a a", "a", 20, ("again",)),  # the eighteenth
]


@pytest.mark.parametrize(("readings", "right", "count", "told"), RIGHT)
def test_a_sector_counts_as_soon_as_enough_readings_are_the_same(
    readings: str, right: str, count: int, told: tuple[str, ...]
) -> None:
    drive = Scratched({40: readings})
    kept, _ = read(drive)
    assert kept.sector(40) == audio(40, right)
    assert drive.readings[40] == count
    assert kept.trouble == Trouble(**{name: [40] for name in told})
    assert kept.audio[: 40 * SECTOR_BYTES] == DISC[: 40 * SECTOR_BYTES]
    assert kept.audio[41 * SECTOR_BYTES :] == DISC[41 * SECTOR_BYTES : END * SECTOR_BYTES]


HOLES = [
    ("a! a!", "marked", "a", 8),
    ("a! b! a!", "marked", "a", 8),
    ("a! 1! a!", "marked", "a", 8),
    ("a! a! b c d e f g", "marked", "a", 8),
    ("a! b c! d! e! f! g! h!", "differing", "h", 8),
    ("a b c d e 1 b! 2", "differing", "b", 8),
    ("b c d e 1 2 3 a", "differing", "a", 8),  # the last one is kept
    ("a b a b a b a b", "differing", "a", 8),
    ("- - a -", "differing", "a", 9),  # with its neighbours, then alone, twice; it came once
    ("-", "unreadable", "", 10),
    ("a 1 " * 8 + "a a a a a", "differing", "a", 20),  # five more come one reading too late
]


@pytest.mark.parametrize(("readings", "called", "kept_as", "count"), HOLES)
def test_a_sector_of_which_no_reading_is_sure_is_called_a_hole(
    readings: str, called: str, kept_as: str, count: int
) -> None:
    drive = Scratched({40: readings})
    kept, _ = read(drive)
    assert kept.trouble.holes == getattr(kept.trouble, called) == [40]
    assert not kept.trouble.again
    assert kept.sector(40) == (audio(40, kept_as) if kept_as else bytes(SECTOR_BYTES))
    assert drive.readings[40] == count


@pytest.mark.parametrize(
    ("readings", "called"), [("a! a!", "marked"), (NEVER_THE_SAME, "differing"), ("-", "unreadable")]
)
def test_what_lies_before_the_first_hole_is_kept_where_holes_are_not_allowed(
    readings: str, called: str
) -> None:
    kept = Kept()
    drive = Scratched({30: "a! a", 70: readings, 97: "-"})
    said = {
        "marked": "marked it as damaged",
        "differing": r"different each time .*\(8 times",
        "unreadable": "cannot be read",
    }
    with pytest.raises(NotReadWhole, match=said[called]) as error:
        Played(drive).run(read_twice(AreaToRead(0, END), state(keep_going=False), kept))
    assert error.value.lba == 70
    assert kept.audio == DISC[: 70 * SECTOR_BYTES]
    assert kept.trouble == Trouble(c2=[30])


def test_nothing_is_kept_of_a_stretch_that_begins_with_a_hole() -> None:
    kept: list[object] = []
    reading = read_twice(AreaToRead(0, END), state(keep_going=False), lambda *one: kept.append(one))
    with pytest.raises(NotReadWhole):
        Played(Scratched({0: "-"})).run(reading)
    assert not kept


def test_where_holes_are_not_allowed_a_disc_without_any_is_read_whole() -> None:
    kept, _ = read(Scratched({40: "a b a"}), state(keep_going=False))
    assert kept.audio == DISC[: END * SECTOR_BYTES]


def test_a_hole_is_called_what_it_is_though_the_drive_has_missed_its_place_elsewhere() -> None:
    drive = Scratched({30: "1 a", 70: "a! a!"})
    with pytest.raises(NotReadWhole, match="marked it as damaged"):
        read(drive, state(keep_going=False))


SILENCE = bytes(len(DISC))


def test_silence_that_came_once_is_no_silence_yet() -> None:
    """With its neighbours it does not come, nor alone; then it does."""
    drive = Scratched({40: "- - a"}, SILENCE)
    kept, _ = read(drive)
    assert kept.trouble == Trouble(again=[40])
    assert drive.readings[40] == 2 + 2


def test_silence_is_not_beside_its_place() -> None:
    plans = spots(*["b a"] * 12)
    kept, _ = read(Scratched(plans, SILENCE))
    assert kept.trouble == Trouble(again=list(plans))


def test_audio_that_has_a_few_samples_in_common_is_not_the_same_beside_its_place() -> None:
    middle = audio(40)[1176 : 1176 + 64]
    OTHER["j"] = OTHER["b"][:400] + middle + OTHER["b"][464:]
    try:
        drive = Scratched({40: "j a"})
        read(drive)
    finally:
        del OTHER["j"]
    assert drive.readings[40] == 4


@pytest.mark.parametrize("late", [1, -1, 50, -50, 300, -300, 430, -430])
@pytest.mark.parametrize("quiet", [False, True])
def test_audio_beside_its_place_is_known_for_it_by_as_little_as_one_sample(late: int, quiet: bool) -> None:
    """Then one more reading the other way is not enough: seven are made, and not four."""
    click = bytes(40 * SECTOR_BYTES + 800) + b"\x11\x22\x33\x44"
    disc = click.ljust(len(DISC), b"\0") if quiet else DISC
    drive = Scratched({40: "1 a"}, disc, late)
    kept, _ = read(drive)
    assert kept.sector(40) == audio(40, disc=disc)
    assert drive.readings[40] == 7


def test_another_sector_s_audio_is_no_audio_beside_its_place() -> None:
    drive = Scratched({40: "1 a"}, late=588 * 3)
    read(drive)
    assert drive.readings[40] == 4


@pytest.mark.parametrize(
    ("first", "second", "believed"),
    [
        ("1 a 1 1 a", "1 a 1 a", True),  # 5 of 20 readings lay beside the place: no more than a quarter
        ("1 a 1 1 a", "1 a 1 1 a", False),  # 6 of 22: less than a third, and more than a quarter
    ],
)
def test_a_drive_that_is_beside_its_place_more_than_a_quarter_of_the_time_is_not_believed(
    first: str, second: str, believed: bool
) -> None:
    no_matter = {32: "a b a", 34: "a b c a", 36: "a c c b c", 38: "b a"}  # beside these no place was missed
    kept, _ = read(Scratched({30: first, 40: second, **no_matter, 70: "1 a"}))
    assert kept.trouble.again == [30, *no_matter, 40, *([70] if believed else [])]
    assert kept.trouble.differing == ([] if believed else [70])


def test_where_a_drive_is_not_believed_it_is_said_that_it_misses_its_position() -> None:
    drive = Scratched({30: "1 a 1 1 a", 40: "1 a 1 1 a", 70: "1 a"})
    with pytest.raises(NotReadWhole, match="several positions a few samples apart"):
        Played(drive).run(read_twice(AreaToRead(0, END), state(keep_going=False), Kept()))


def test_a_gap_that_cannot_be_read_is_silence_and_no_hole_and_costs_one_more_try() -> None:
    drive = Scratched(dict.fromkeys((39, 40, 41), "-"))
    kept, _ = read(drive, gaps=((39, 42),))
    assert kept.trouble == Trouble(gaps=[39, 40, 41])
    assert bytes(kept.audio[39 * SECTOR_BYTES : 42 * SECTOR_BYTES]) == bytes(3 * SECTOR_BYTES)
    assert drive.readings[39] == 2 * 2 + 1


def test_a_gap_that_reads_otherwise_each_time_is_silence() -> None:
    kept, _ = read(Scratched({40: "b c d"}), gaps=((40, 41),))
    assert kept.trouble == Trouble(gaps=[40])
    assert kept.sector(40) == bytes(SECTOR_BYTES)


def test_a_sector_beside_a_gap_is_read_again_as_often_as_any_other() -> None:
    drive = Scratched({39: "-", 40: "-"})
    kept, _ = read(drive, gaps=((40, 41),))
    assert kept.trouble == Trouble(gaps=[40], unreadable=[39])
    assert drive.readings[39] == 2 * 2 + 6


def spots(*plans: str) -> dict[int, str]:
    """Each with sound sectors on both sides."""
    return {30 + 3 * number: plan for number, plan in enumerate(plans)}


def test_where_no_further_reading_has_mended_anything_for_long_none_is_made() -> None:
    plans = spots(*[NEVER_THE_SAME] * (HOPELESS_RUNS + 2))
    drive = Scratched(plans)
    read(drive, end=200)
    assert list(drive.readings.values()) == [8] * HOPELESS_RUNS + [2, 2]


@pytest.mark.parametrize(("mended", "gap"), [("b a", False), (NEVER_THE_SAME, True)])
def test_one_that_was_mended_or_is_a_gap_begins_the_count_anew(mended: str, gap: bool) -> None:
    plans = spots(*[NEVER_THE_SAME] * (HOPELESS_RUNS - 1), mended, *[NEVER_THE_SAME] * HOPELESS_RUNS)
    drive = Scratched(plans)
    at = 30 + 3 * (HOPELESS_RUNS - 1)
    read(drive, end=250, gaps=((at, at + 1),) if gap else ())
    assert list(drive.readings.values())[HOPELESS_RUNS:] == [8] * HOPELESS_RUNS


def test_far_into_what_cannot_be_read_no_sector_is_asked_for_alone() -> None:
    """A drive tries each of them for seconds."""
    end = 700
    drive = Scratched(dict.fromkeys(range(100, end), "-"))
    kept, _ = read(drive, state(total=end), end)
    assert kept.trouble.unreadable == list(range(100, end))
    alone = {command.lba for command in drive.asked if command.sectors == 1}
    assert len(alone - set(range(100))) == LOST_SECTORS
    assert kept.audio[: 100 * SECTOR_BYTES] == DISC[: 100 * SECTOR_BYTES]


def test_behind_what_cannot_be_read_sectors_are_asked_for_alone_again() -> None:
    end = 700
    plans = dict.fromkeys(range(27, 540), "-") | {600: "-"}
    drive = Scratched(plans)
    kept, _ = read(drive, state(total=end), end)
    assert kept.trouble.unreadable == [*range(27, 540), 600]
    assert kept.audio[601 * SECTOR_BYTES :] == DISC[601 * SECTOR_BYTES :]


def test_a_stretch_is_read_twice_and_the_commands_begin_elsewhere_the_second_time() -> None:
    drive = Scratched({})
    read(drive)
    first = [(command.lba, command.sectors) for command in drive.asked]
    half = len(first) - next(n for n, (lba, _) in enumerate(reversed(first), 1) if lba == 0)
    assert [sum(count for _, count in some) for some in (first[:half], first[half:])] == [END, END]
    begins = [{lba for lba, _ in some if lba} for some in (first[:half], first[half:])]
    assert not begins[0] & begins[1]


def test_further_tries_are_made_at_8x_and_at_4x_and_the_rest_at_the_speed_that_was_asked_for() -> None:
    _, played = read(Scratched({40: "-"}))
    times = [command.read_kb // 176 for command in played.of(SetCdSpeed)]
    assert times == [8, 4, SPEED]


def test_a_drive_that_refuses_c2_is_asked_without_it_from_then_on() -> None:
    drive = Scratched({40: "a b a"}, c2=False)
    how = state()
    kept, played = read(drive, how)
    assert not how.c2
    assert [notice.text for notice in played.of(Notice)] == [
        "the drive does not say which sectors it could not correct (C2): no C2"
    ]
    assert kept.trouble == Trouble(again=[40])
    assert kept.audio == DISC[: END * SECTOR_BYTES]


def test_what_is_told_of_the_progress_goes_from_nothing_to_all_of_it() -> None:
    how = state(total=3 * END, done=END)
    _, played = read(Scratched({}), how)
    told = [(step.done, step.total) for step in played.of(SectorsDone)]
    assert {total for _, total in told} == {3 * END}
    done = [one for one, _ in told]
    assert done == sorted(set(done))
    assert END < done[0] < END + 27
    assert done[-1] == how.done == 2 * END


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, [0]), (1, [1]), (4500, [4500]), (8999, [8999]), (9000, [4500, 4500]), (14_000, [4666, 4667, 4667])],
)
def test_an_area_is_cut_into_stretches_of_a_minute_at_least(length: int, expected: list[int]) -> None:
    cut = list(stretches(AreaToRead(150, 150 + length), 4500))
    assert [end - first for first, end in cut] == expected
    assert cut[0][0] == 150
    assert cut[-1][1] == 150 + length
    assert [end for _, end in cut[:-1]] == [first for first, _ in cut[1:]]


@pytest.mark.parametrize("kib", [0, 512, 2048, 8192, 16_384])
def test_a_stretch_is_longer_than_what_the_drive_remembers_and_a_minute_at_least(kib: int) -> None:
    """The second reading comes when the drive's cache holds other sectors."""
    sectors = state(memory_kib=kib).stretch_sectors
    assert sectors * SECTOR_BYTES > kib * 1024
    assert sectors >= 60 * 75
    assert sectors == 60 * 75 or sectors * SECTOR_BYTES <= 2 * kib * 1024


def test_however_much_a_drive_says_it_remembers_a_stretch_fits_into_this_computer_s_memory() -> None:
    assert state(memory_kib=65_535).stretch_sectors * SECTOR_BYTES < 64 << 20


@pytest.mark.parametrize("start", [0, 300])
@pytest.mark.parametrize("hole", [40, 4540])
def test_what_was_read_until_a_hole_is_kept_wherever_area_and_stretch_begin(start: int, hole: int) -> None:
    kept: list[tuple[int, int]] = []

    def drive(command: Any) -> bytes | None:
        if isinstance(command, SetCdSpeed):
            return None
        if command.lba <= start + hole < command.lba + command.sectors:
            raise ReadError("cannot be read", command.NAME, Sense(3, 0x11, 0))
        marks = bytes(294) if command.selection.c2 else b""
        return (bytes(SECTOR_BYTES) + marks) * int(command.sectors)

    how = state(keep_going=False, memory_kib=0, total=9000)
    area = AreaToRead(start, start + 9000)
    with pytest.raises(NotReadWhole):
        Played(drive).run(
            read_twice(area, how, lambda *one: kept.append((one[0], len(one[1]) // SECTOR_BYTES)))
        )
    assert kept == [(start, 40)] if hole == 40 else [(start, 4500), (start + 4500, 40)]
    assert how.done == (0 if hole == 40 else 4500)


@pytest.mark.parametrize("start", [0, 27, 300])
def test_it_makes_no_difference_where_on_the_disc_an_area_begins(start: int) -> None:
    """Of each kind of sector one, and neighbours that did not come together."""
    plans = {
        30: "a! a",
        34: "-",
        35: "b a",
        36: "a! a!",
        40: NEVER_THE_SAME,
        58: "a b a",
        75: "- - a",
        79: "1 a",
    }
    drive = Scratched({start + lba: plan for lba, plan in plans.items()})
    kept, played = Kept(start), Played(drive)
    played.run(read_twice(AreaToRead(start, start + END), state(), kept))
    there = DISC[start * SECTOR_BYTES : (start + END) * SECTOR_BYTES]
    differing = {lba for lba in range(END) if kept.sector(lba) != there[lba * SECTOR_BYTES :][:SECTOR_BYTES]}
    assert differing == {34, 40}
    assert {lba - start for lba in kept.trouble.holes} == {34, 36, 40}
    assert kept.trouble.unreadable == [start + 34]
    assert kept.trouble.differing == [start + 40]
    assert {start + 58, start + 75, start + 79} <= set(kept.trouble.again)
    done = [step.done for step in played.of(SectorsDone)]
    assert done == sorted(set(done))
    assert (done[0], done[-1]) == (13, END)


def test_what_is_read_next_begins_where_the_disc_was_read_to() -> None:
    """Two stretches: what is told of the first one's sectors stays theirs."""
    end, how = 9000, state(total=9000, memory_kib=0)
    asked: list[tuple[int, int]] = []
    kept: list[tuple[int, int, Trouble]] = []

    def drive(command: Any) -> bytes | None:
        if isinstance(command, SetCdSpeed):
            return None
        asked.append((command.lba, command.sectors))
        marks = bytes(294) if command.selection.c2 else b""
        return (bytes(SECTOR_BYTES) + marks) * int(command.sectors)

    played = Played(drive)
    played.run(
        read_twice(
            AreaToRead(0, end), how, lambda *one: kept.append((one[0], len(one[1]) // SECTOR_BYTES, one[2]))
        )
    )
    assert kept == [(0, 4500, Trouble()), (4500, 4500, Trouble())]
    assert how.done == end
    done = [step.done for step in played.of(SectorsDone)]
    assert done == sorted(done)
    assert done[-1] == end
    assert (
        max(lba for lba, _ in asked[: len(asked) // 2])
        < 4500
        <= min(lba for lba, _ in asked[len(asked) // 2 :])
    )


def test_a_long_run_of_sectors_that_read_otherwise_each_time_is_given_up() -> None:
    """As many places one behind the other as would be given up if they lay apart."""
    end = 700
    plans = dict.fromkeys(range(100, 600), NEVER_THE_SAME)
    drive = Scratched(plans)
    read(drive, state(total=end), end)
    tried = [lba for lba, count in drive.readings.items() if count == 8]
    assert tried == list(range(100, 100 + len(tried)))
    assert HOPELESS_RUNS <= len(tried) < 500
    assert drive.readings[599] == 2


def test_neighbours_are_read_again_together() -> None:
    """What is read in between, far away, is read once for all of them."""
    alone, together = Scratched({40: "b a"}), Scratched(dict.fromkeys(range(40, 46), "b a"))
    read(alone)
    read(together)
    far = [sum(command.lba == END - 27 for command in drive.asked) for drive in (alone, together)]
    assert far == [1 + 2, 1 + 2]  # one of them is the first pass


def test_what_is_between_is_told_of_trouble_by_its_addresses() -> None:
    trouble = Trouble(*([lba, lba + 10] for lba in (1, 2, 3, 4, 5, 6)))
    assert trouble.between(3, 12) == Trouble([11], [], [3], [4], [5], [6])
    assert trouble.before(12) == Trouble([1, 11], [2], [3], [4], [5], [6])
    assert trouble.holes == [2, 3, 4, 12, 13, 14]
