"""Burn two files to a virtual recorder and say what came out.

python examples/burn.py FILE FILE ...
"""

from __future__ import annotations

import sys

import redbook


def show(event: redbook.Event) -> None:
    if isinstance(event, redbook.Progress):
        print(f"{event.phase}: track {event.track}, {100 * event.sectors_done // event.sectors} %")
    elif isinstance(event, redbook.Notice):
        print(event.text)


def main(files: list[str]) -> None:
    with redbook.open_drive("virtual:example.disc") as drive:
        plan = redbook.plan(files, drive)
        print(f"{len(plan.tracks)} tracks, {plan.free_sectors_after // 75} s left")
        report = redbook.burn(plan, drive, speed=None, finalize=True, on_event=show)
    print(f"verified: {report.verified}, MusicBrainz {report.toc.musicbrainz_id}")
    for track in report.tracks:
        print(track.number, track.source, track.accuraterip_v1, track.accuraterip_v2)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: burn.py FILE ...")
    main(sys.argv[1:])
