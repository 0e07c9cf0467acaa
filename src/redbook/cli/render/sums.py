"""Checksums of tracks, and a disc's identifiers in databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from redbook.burning.planning import TrackReport
    from redbook.cli.render.page import Page
    from redbook.disc import Toc

WIDTH_WITH_SHA256 = 115


def show_sums(page: Page, tracks: list[TrackReport]) -> None:
    table = page.new_table()
    for name in ("#", "start", "sectors", "AccurateRip v1", "v2"):
        table.add_column(name, justify="right", no_wrap=True)
    wide = page.results.width >= WIDTH_WITH_SHA256
    if wide:
        table.add_column("SHA-256", no_wrap=True)
    for t in tracks:
        row = (str(t.number), str(t.start_lba), str(t.sectors), t.accuraterip_v1, t.accuraterip_v2)
        table.add_row(*row, *((t.sha256,) if wide else ()))
    page.table(table)
    if not wide:
        page.say("SHA-256 of each track: --json", "dim")


def show_ids(page: Page, toc: Toc) -> None:
    if not any(track.is_audio for track in toc.tracks):
        return
    page.say(f"IDs of this disc: MusicBrainz {toc.musicbrainz_id}  freedb {toc.freedb_id}")
    page.say(f"  AccurateRip {toc.accuraterip_id}")
