"""What is on a disc, and what it says about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redbook.cli import shapes
from redbook.cli.render.plans import show_speeds
from redbook.cli.render.sums import show_ids
from redbook.cli.render.words import beside, plural, shown
from redbook.cli.times import length, room, seconds
from redbook.disc import PREGAP_SECTORS
from redbook.disc.cd_text import PackType, Texts
from redbook.engine.complete_tracks import numbered
from redbook.engine.spoiled import spoiled_in_words

if TYPE_CHECKING:
    from redbook.burning.looking import DiscInfo
    from redbook.cli.render.page import Page
    from redbook.engine.labels import DiscLabels

WIDTH_WITH_SESSIONS = 75


def show_info(page: Page, found: DiscInfo, drive: str, sums: shapes.Checksums) -> None:
    abilities, disc = found.drive, found.disc
    page.say(f"{abilities.name} ({shown(drive)})", "bold")
    show_speeds(page, abilities)
    if found.offset_samples is not None:
        page.say(f"reads its own discs {beside(found.offset_samples)} (found when one was read back)")
    kind = shapes.disc(disc, abilities.profile)
    page.say(f"{(kind['medium'] or 'unknown disc').upper()}, {_status(found)}")
    if kind["atip_last_lead_out"]:
        page.say(f"ATIP: lead-in {kind['atip_lead_in_start']}, last lead-out {kind['atip_last_lead_out']}")
    if disc.spoiled:
        page.say(spoiled_in_words(disc.information), "yellow")
    if disc.space is not None:
        page.say(f"free for another track: {room(disc.space.free_sectors, page.detailed)}")
    if disc.open_track is not None:
        page.say(
            f"track {disc.open_track.number} was begun but never ended; the next burn (--append) or "
            "`redbook close` ends it",
            "yellow",
        )
    if disc.tracks:
        _tracks(page, found, sums)
        if disc.data_tracks:
            holds = "hold" if len(disc.data_tracks) > 1 else "holds"
            page.say(f"{numbered(disc.data_tracks)} {holds} data, which have no checksums")
        if sums and found.offset_samples:
            page.remark(
                f"the checksums are of the audio as this drive reads it, {beside(found.offset_samples)}; "
                "the offset is not corrected"
            )
        _labels(page, found)
    toc = disc.expected_toc()
    if toc is not None:
        show_ids(page, toc)
    for problem in disc.problems:
        page.remark(problem)


def _tracks(page: Page, found: DiscInfo, sums: shapes.Checksums) -> None:
    table = page.new_table()
    narrow = page.results.width < WIDTH_WITH_SESSIONS
    with_data = bool(found.disc.data_tracks)
    names = ["#", "start", "length", *(() if narrow else ("sectors", "session"))]
    names += ["type"] * with_data
    for name in names + (["AccurateRip v1", "v2"] if sums else []):
        table.add_column(name, justify="right", no_wrap=True)
    for t in found.disc.tracks:
        row = [str(t.number), *(length(n, page.detailed) for n in (t.start_lba, t.track_sectors))]
        row += [] if narrow else [str(t.track_sectors), str(t.session)]
        row += ["audio" if t.is_audio else "data"] * with_data
        table.add_row(*row, *sums.get(t.number, ("", "", ""))[1:] if sums else ())
    page.table(table)


def _labels(page: Page, found: DiscInfo) -> None:
    """CD-Text, codes and flags, where there are any."""
    labels = found.labels
    if labels.mcn:
        page.say(f"MCN {labels.mcn}")
    for texts in labels.texts:
        page.line(f"CD-Text ({texts.language}): {shown(_artist_and_title(texts, 0) or 'tracks only')}")
        for track in found.disc.tracks:
            if title := _artist_and_title(texts, track.number):
                page.line(f"  {track.number}  {shown(title)}")
        if texts.damaged:
            page.line(f"  on the disc, but damaged: {', '.join(texts.damaged_names)}")
    for track in found.disc.tracks:
        if track.is_audio and (words := _said_of(labels, track.number, track.control, page.detailed)):
            page.line(f"track {track.number}: {', '.join(words)}")


def _artist_and_title(texts: Texts, track: int) -> str:
    """Performer and title, as far as there are any."""
    parts = (texts.text(kind, track) for kind in (PackType.PERFORMER, PackType.TITLE))
    return " - ".join(part for part in parts if part)


def _said_of(labels: DiscLabels, number: int, control: int, frames: bool) -> list[str]:
    """What is worth a line: codes, flags, indexes, and a pregap other than the usual two seconds."""
    track = labels.of(number)
    words = [f"ISRC {track.isrc}"] if track is not None and track.isrc else []
    words += [text for bit, text in ((1, "pre-emphasis"), (2, "copying permitted")) if control & bit]
    pregap = labels.pregap_sectors(number)
    if pregap is not None and pregap != PREGAP_SECTORS:
        words.append(f"pregap {length(pregap, frames) if frames else seconds(pregap)}")
    indexes = track.indexes if track is not None else ()
    words += [f"index {index} at {length(lba, frames)}" for index, lba in enumerate(indexes, 2)]
    return words


def _status(found: DiscInfo) -> str:
    disc = found.disc
    # Where the drive tells nonsense of single tracks the table of contents may still have them all.
    listed = len(disc.toc.tracks) if disc.toc else 0
    count = plural(max(len(disc.tracks), listed), "track")
    if disc.status.name == "BLANK":
        return "blank"
    if disc.status.name == "COMPLETE":
        return f"complete, {count}"
    if disc.spoiled:
        return f"spoiled, {count} before" if disc.tracks else "spoiled"
    takes_more = disc.space is not None and disc.space.holds_a_track
    more = "tracks can be added" if takes_more else "no more tracks can be added"
    return f"{count}, session {disc.information.last_session_status.name.lower()}, {more}"
