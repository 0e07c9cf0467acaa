"""Any album, written as any dialect has it, is the same disc when it is read back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from redbook.authoring.arrange import Arrangement
from redbook.disc.cd_text import PackType
from tests.support.sheets import Desk, S, marks, runs, text


@dataclass
class Song:
    """gap: sectors before its start; steps: sectors from its start to index 2, and so on to its end"""

    gap: int
    steps: list[int]
    isrc: str = ""
    flags: list[str] = field(default_factory=list)
    title: str = ""

    @property
    def sectors(self) -> int:
        return sum(self.steps)


titles = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='"\\'), max_size=20)
songs = st.builds(
    Song,
    gap=st.one_of(st.just(0), st.just(150), st.integers(1, 600)),
    steps=st.builds(
        lambda first, rest: [first, *rest], st.integers(300, 900), st.lists(st.integers(1, 90), max_size=4)
    ),
    isrc=st.one_of(st.just(""), st.from_regex(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{6}[1-9]", fullmatch=True)),
    flags=st.lists(st.sampled_from(["PRE", "DCP", "4CH", "SCMS"]), unique=True),
    title=titles,
)
albums = st.lists(songs, min_size=1, max_size=8)


@dataclass
class Hand:
    """How a sheet is written."""

    upper: bool
    indent: str
    end: str
    encoding: str

    def write(self, lines: list[str]) -> bytes:
        found = []
        for line in lines:
            word, rest = line.split(" ", 1)
            found.append(self.indent + (word if self.upper else word.lower()) + " " + rest)
        return (self.end.join(found) + self.end).encode(self.encoding)


hands = st.builds(
    Hand,
    upper=st.booleans(),
    indent=st.sampled_from(["", "  ", "\t"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)


def time(sectors: int) -> str:
    return f"{sectors // 4500:02d}:{sectors // 75 % 60:02d}:{sectors % 75:02d}"


def head(number: int, song: Song) -> list[str]:
    lines = [f"TRACK {number:02d} AUDIO"]
    lines += [f'TITLE "{song.title}"'] if song.title else []
    lines += [f"FLAGS {' '.join(song.flags)}"] if song.flags else []
    lines += [f"ISRC {song.isrc}"] if song.isrc else []
    return lines


def indexes(song: Song, start: int) -> list[str]:
    """From index 1 on, the song beginning there in its file."""
    places = [start + sum(song.steps[:n]) for n in range(len(song.steps))]
    return [f"INDEX {n:02d} {time(place)}" for n, place in enumerate(places, 1)]


def single_file(desk: Desk, album: list[Song]) -> list[str]:
    lines, at = ['FILE "all.wav" WAVE'], 0
    for number, song in enumerate(album, 1):
        lines += head(number, song)
        lines += [f"INDEX 00 {time(at)}"] if song.gap else []
        lines += indexes(song, at + song.gap)
        at += song.gap + song.sectors
    desk.put("all.wav", at)
    return lines


def gaps_left_out(desk: Desk, album: list[Song]) -> list[str]:
    """With what AccurateRip's identifier is: else two seconds before track 1 would be those of every disc."""
    starts, at = [], 0
    for song in album:
        starts.append(at + song.gap)
        at += song.gap + song.sectors
    first = sum(starts) + at
    second = sum(max(1, start) * number for number, start in enumerate([*starts, at], 1))
    lines = [f"REM ACCURATERIPID {first:08x}-{second:08x}-{_freedb(starts, at)}"]
    for number, song in enumerate(album, 1):
        desk.put(f"{number}.wav", song.sectors)
        lines += [f'FILE "{number}.wav" WAVE', *head(number, song)]
        lines += [f"PREGAP {time(song.gap)}"] if song.gap else []
        lines += indexes(song, 0)
    return lines


def _freedb(starts: list[int], end: int) -> str:
    """As the DISCID HOWTO of freedb has it."""
    seconds = [(start + 150) // 75 for start in starts]
    digits = sum(sum(map(int, str(second))) for second in seconds)
    return f"{digits % 255:02x}{(end + 150) // 75 - seconds[0]:04x}{len(starts):02x}"


def gaps_before(desk: Desk, album: list[Song]) -> list[str]:
    lines = []
    for number, song in enumerate(album, 1):
        desk.put(f"{number}.wav", song.gap + song.sectors)
        lines += [f'FILE "{number}.wav" WAVE', *head(number, song)]
        lines += ["INDEX 00 00:00:00"] if song.gap else []
        lines += indexes(song, song.gap)
    return lines


def gaps_behind(desk: Desk, album: list[Song]) -> list[str]:
    """The first one in a file of its own."""
    lines, before = [], 0
    if album[0].gap:
        desk.put("0.wav", album[0].gap)
        lines.append('FILE "0.wav" WAVE')
    for number, song in enumerate(album, 1):
        following = album[number].gap if number < len(album) else 0
        desk.put(f"{number}.wav", song.sectors + following)
        file = f'FILE "{number}.wav" WAVE'
        if song.gap:
            lines += [*head(number, song), f"INDEX 00 {time(before)}", file]
        else:
            lines += [file, *head(number, song)]
        lines += indexes(song, 0)
        before = song.sectors
    return lines


DIALECTS = (single_file, gaps_left_out, gaps_before, gaps_behind)


def expected(album: list[Song]) -> list[tuple[int | None, int, tuple[int, ...]]]:
    rows: list[tuple[int | None, int, tuple[int, ...]]] = []
    at = 0
    for song in album:
        start = at + song.gap
        more = tuple(start + sum(song.steps[:n]) for n in range(1, len(song.steps)))
        index0 = -150 if not rows else at if song.gap else None
        rows.append((index0, start, more))
        at = start + song.sectors
    return rows


def stream(made: Arrangement, names: list[str]) -> list[tuple[str, int, int]]:
    return [("silence" if of == "s" else names[int(of)], first, samples) for of, first, samples in runs(made)]


def expected_stream(dialect: object, album: list[Song]) -> list[tuple[str, int, int]]:
    if dialect is single_file:
        return [("all.wav", 0, sum(song.gap + song.sectors for song in album) * S)]
    rows = []
    for number, song in enumerate(album, 1):
        if dialect is gaps_left_out:
            rows += [("silence", 0, song.gap * S)] if song.gap else []
            rows.append((f"{number}.wav", 0, song.sectors * S))
        elif dialect is gaps_before:
            rows.append((f"{number}.wav", 0, (song.gap + song.sectors) * S))
        else:
            if number == 1 and song.gap:
                rows.append(("0.wav", 0, song.gap * S))
            following = album[number].gap if number < len(album) else 0
            rows.append((f"{number}.wav", 0, (song.sectors + following) * S))
    return rows


@given(albums, st.sampled_from(DIALECTS), hands)
def test_an_album_is_the_same_disc_in_every_dialect(album: list[Song], dialect: object, hand: Hand) -> None:
    assert callable(dialect)
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        sheet = hand.write(dialect(desk, album))
        program = desk.read(sheet)
        made = desk.arranged(program)
        assert marks(made) == expected(album)
        assert made.layout.lead_out_lba == sum(song.gap + song.sectors for song in album)
        assert stream(made, [source.path.name for source in program.sources]) == expected_stream(
            dialect, album
        )
        for number, (song, track) in enumerate(zip(album, made.layout.tracks, strict=True), 1):
            assert track.isrc == song.isrc
            bits = ("PRE" in song.flags) | ("DCP" in song.flags) << 1 | ("4CH" in song.flags) << 3
            assert track.control == bits
            assert track.copy_alternates == ("SCMS" in song.flags)
            assert text(program, PackType.TITLE, number) == song.title
