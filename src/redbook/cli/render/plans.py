"""What a plan looks like: the table, what applies to the whole disc, the bar that shows its space."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text

from redbook.burning.remarks import conversion_in_words, remarks
from redbook.cli.describe import border_in_words, on_the_disc, pause_before, summary, title_of
from redbook.cli.render.page import PIPE_WIDTH, Page
from redbook.cli.render.words import plural, shown, titled
from redbook.cli.times import FRAMES_LEGEND, length, room

if TYPE_CHECKING:
    from redbook.burning.planning import Plan, PlannedTrack
    from redbook.engine.inspect import Abilities


def show_plan(page: Page, made: Plan, drive: str, speed: float | None) -> None:
    page.say(f"{made.drive.name} ({shown(drive)})", "bold")
    table = page.new_table()
    for name in ("#", "start", "length", "gap"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("track", overflow="fold")
    borders = {border.track: border for border in made.borders}
    for track, laid in zip(made.planned, made.layout.tracks, strict=True):
        border = borders.get(track.number)
        table.add_row(
            str(track.number),
            length(track.start_lba, page.detailed),
            length(track.sectors, page.detailed),
            pause_before(laid, page.detailed),
            _description(
                track,
                title_of(made.texts, track.number),
                border_in_words(border, laid, made.mode) if border else "",
                on_the_disc(laid, page.detailed),
            ),
        )
    page.table(table)
    for line in summary(made):
        page.say(line)
    _disc_bar(page, made)
    show_speeds(page, made.drive)
    page.say(f"writing speed: {speed_in_words(made.drive, speed)}")


def show_speeds(page: Page, abilities: Abilities) -> None:
    listed = ", ".join(f"{speed}x" for speed in abilities.write_speeds)
    if not listed:
        return
    advice = abilities.speeds
    best = f"; recommended for audio: {advice.recommended}x ({advice.reason})" if advice.recommended else ""
    page.say(f"writes at {listed}{best}")


def _disc_bar(page: Page, made: Plan) -> None:
    space = made.space
    capacity = max(1, space.last_lead_out_lba)
    width = max(10, min(page.results.width, PIPE_WIDTH) - 2)
    unicode = (page.results.encoding or "").lower().startswith("utf")
    full, other, gone, free = "█▓▒░" if unicode else "#=x."
    cells = [free] * width

    def fill(start: int, end: int, mark: str) -> None:
        for cell in range(start * width // capacity, max(1, -(-end * width // capacity))):
            if cell < width:
                cells[cell] = mark

    if space.next_lba:
        fill(0, space.next_lba, gone)
    for track in made.layout.tracks:
        fill(track.start_lba, track.end_lba, full if track.number % 2 else other)
    page.results.print(Text("[" + "".join(cells) + "]"))
    total = length(made.layout.lead_out_lba - space.next_lba, page.detailed)
    left, whole = (room(max(0, sectors), page.detailed) for sectors in (made.free_sectors_after, capacity))
    there = f"{left} of {whole} left"
    if made.free_sectors_after < 0:
        there = f"{length(-made.free_sectors_after, page.detailed)} more than the {whole} that the disc names"
    legend = f" ({FRAMES_LEGEND})" if page.detailed else ""
    page.say(f"{plural(len(made.planned), 'track')}, {total} in total; {there}{legend}")


def speed_in_words(abilities: Abilities, speed: float | None) -> str:
    """What a burn would ask for.  speed: as for `burn`"""
    if speed is None and abilities.speeds.recommended:
        return f"{abilities.speeds.recommended}x, as recommended (--speed sets another)"
    if speed is None or math.isinf(speed):
        return "as fast as the drive can" + (" (none is recommended)" if speed is None else "")
    closest = abilities.speeds.closest(speed)
    return f"{speed:g}x" + (f"; {closest}x is the closest on offer" if closest not in (None, speed) else "")


def _description(track: PlannedTrack, on_disc: str = "", *more: str) -> Text:
    """on_disc  its title as it will be on the disc; more: what else there is to say, one line each"""
    prepared = track.prepared
    text = Text()
    tags = prepared.tags
    if tags.title:
        text.append(titled(track) + (f" ({shown(tags.album)})" if tags.album else ""), "bold")
        text.append("\n")
    if on_disc and shown(on_disc) != titled(track):
        text.append(f"on the disc: {shown(on_disc)}\n", "bold")
    text.append(shown(track.source))
    text.append(f"\n{conversion_in_words(prepared)}", "dim")
    for remark in remarks(prepared):
        text.append(f"\n{remark.text}", "yellow" if remark.notable else "dim")
    for line in more:
        if line:
            text.append(f"\n{line}", "dim")
    return text
