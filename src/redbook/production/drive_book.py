"""The ledger's drives and hosts: a drive's failures and its current state; who owns a host's name."""

from __future__ import annotations

from collections.abc import Sequence

from redbook.errors import (
    HostNameTaken,
)
from redbook.production.book import Book
from redbook.production.moves import rest
from redbook.production.tables import (
    SIGHTING_COLUMNS,
    sighting_of,
)
from redbook.production.values import (
    DriveRecord,
    Place,
    Sighting,
)


class DriveBook(Book):
    """Methods of `Ledger`."""

    def drive(self, place: Place) -> DriveRecord:
        """The failures recorded against a drive; none for one that was never seen."""
        with self._store.read() as t:
            row = t.row(
                "SELECT spoiled_in_a_row, resting FROM drives WHERE host = ? AND drive = ?",
                place.host,
                place.drive,
            )
        return DriveRecord(place, *row) if row is not None else DriveRecord(place, 0, "")

    def drives(self) -> list[DriveRecord]:
        """Drives that have, or had, failures recorded against them."""
        with self._store.read() as t:
            rows = t.rows("SELECT host, drive, spoiled_in_a_row, resting FROM drives ORDER BY host, drive")
        return [DriveRecord(Place(row[0], row[1]), row[2], row[3]) for row in rows]

    def rest_drive(self, place: Place, why: str) -> None:
        """Prevent everyone from using a drive until `resume_drive`.  raises  ValueError  without a reason"""
        if not why.strip():
            raise ValueError(f"say why {place} should rest")
        with self._store.write() as t:
            rest(t, place, why)

    def resume_drive(self, place: Place) -> None:
        """A person has looked at the drive: forget the failures recorded against it."""
        with self._store.write() as t:
            t.run(
                "UPDATE drives SET spoiled_in_a_row = 0, resting = '' WHERE host = ? AND drive = ?",
                place.host,
                place.drive,
            )

    def see_drives(self, host: str, seen: Sequence[Sighting]) -> None:
        """Store the newest report on all drives of a host; drives that are not in it are gone.

        raises  ValueError  for a drive of another host
        """
        if strange := [str(s.place) for s in seen if s.place.host != host]:
            raise ValueError(f"{host} cannot speak for {', '.join(strange)}")
        drives = [s.place.drive for s in seen]
        with self._store.write() as t:
            t.run(
                f"DELETE FROM sightings WHERE host = ?{_not_in('drive', drives)}",
                host,
                *drives,
            )
            if seen:
                values: list[object] = []
                for s in seen:
                    values += (host, s.place.drive, s.model, s.serial, s.state, s.medium, s.attempt)
                    values += (s.done_sectors, s.total_sectors, s.speed, t.now)
                one = f"({', '.join('?' * len(SIGHTING_COLUMNS))})"
                newest = ", ".join(f"{name} = excluded.{name}" for name in SIGHTING_COLUMNS[2:])
                t.run(
                    f"INSERT INTO sightings ({', '.join(SIGHTING_COLUMNS)}) "
                    f"VALUES {', '.join([one] * len(seen))} ON CONFLICT (host, drive) DO UPDATE SET {newest}",
                    *values,
                )

    def sightings(self) -> list[Sighting]:
        """The newest report on every drive."""
        with self._store.read() as t:
            rows = t.rows(f"SELECT {', '.join(SIGHTING_COLUMNS)} FROM sightings ORDER BY host, drive")
        return [sighting_of(row) for row in rows]

    def sign_in(self, host: str, machine: str, *, take_over: bool = False) -> None:
        """A worker starts: from now on the host's name belongs to this machine.

        machine    what identifies machines: /etc/machine-id
        take_over  another machine had the name, and a person confirms that it is gone for good
        raises     HostNameTaken
        """
        with self._store.write() as t:
            t.run(
                "INSERT INTO hosts (host, machine, seen_at) VALUES (?, ?, ?) ON CONFLICT (host) DO NOTHING",
                host,
                machine,
                t.now,
            )
            row = t.row("SELECT machine FROM hosts WHERE host = ?" + t.lock, host)
            if row is not None and row[0] != machine and not take_over:
                raise HostNameTaken(
                    f"the name {host} belongs to another machine; give this one another name (--host), "
                    "or confirm that the other one is gone for good (--take-over)"
                )
            t.run("UPDATE hosts SET machine = ?, seen_at = ? WHERE host = ?", machine, t.now, host)


def _not_in(column: str, values: Sequence[object]) -> str:
    return f" AND {column} NOT IN ({', '.join('?' * len(values))})" if values else ""
