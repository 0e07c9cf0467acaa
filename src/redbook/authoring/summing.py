"""What is known about a disc's tracks once their audio is in the spool: fingerprints, SHA-256, AccurateRip.

None of this is needed before the first WRITE: by then, everything that makes a burn safe has been done
(every source is decoded to its end, and its own checksums are right). So a thread reads the spool once more,
which is still in the system's memory, while the disc is written and read back. First come the fingerprints
of all tracks, with which a verification finds its place on the disc; then the checksums that a report states.

All of this relies on the spool, and so do the burn and the comparison. At the end the spool is therefore
compared with what was put into it (`Spool.check`), because memory or a disk may have changed the audio.

Who touches what: the tasks are in a queue, and each is done once, by the thread or by a caller of `wait`. A
result is a Future: a caller that asks for it waits, and gets an error as an exception.
"""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, NamedTuple

from redbook.audio.checksum import AccurateRip
from redbook.audio.sectors import Spool
from redbook.authoring.arrange import Arrangement
from redbook.authoring.streams import ProgramStream, chunks, too_short
from redbook.disc import SECTOR_BYTES
from redbook.disc.layout import LaidTrack
from redbook.engine.fingerprint import Fingerprint, FingerprintMaker
from redbook.errors import Cancelled
from redbook.flag import Flag

_PIECE_BYTES = 222 * SECTOR_BYTES  # some 512 kB


class Hashes(NamedTuple):
    """The SHA-256 of a track, in hexadecimal.

    track  from its index 1 to its end
    area   from the start of what is sent before its index 1
    """

    track: str
    area: str


class Summing:
    """Sums up the tracks of a disc, in a thread of its own.  Call `end` before the spool is closed.

    hashes       of each track, when they are ready
    accuraterip  the two checksums of each track

    silent_sectors  between the last track's audio and the lead-out
    """

    def __init__(self, arrangement: Arrangement, spool: Spool, silent_sectors: int) -> None:
        self._arrangement = arrangement
        self._spool = spool
        self._silent = silent_sectors
        self._stopped = False
        self._cancel: Flag | None = None
        self._laid = laid = arrangement.layout.tracks
        self.hashes: list[Future[Hashes]] = [Future() for _ in laid]
        self.accuraterip: list[Future[tuple[int, int]]] = [Future() for _ in laid]
        self._marks: list[Future[Fingerprint]] = [Future() for _ in laid]
        self._checked: Future[None] = Future()
        self._tasks: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        for place, track in enumerate(laid):
            self._tasks.append((self._marks[place], partial(self._fingerprint, track)))
        # Separate tasks, though each reads the track again: then even one track is work for two threads.
        for place in range(len(laid)):
            self._tasks.append((self.hashes[place], partial(self._hash, place)))
            self._tasks.append((self.accuraterip[place], partial(self._accuraterip, place)))
        self._tasks.append((self._checked, self._check_spool))
        self._thread = threading.Thread(target=self._work, name="redbook-sums", daemon=True)
        self._thread.start()

    @property
    def fingerprints(self) -> list[Fingerprint]:
        """Of each track, with what is sent before its index 1; without SHA-256 and sums of sectors.

        raises  AudioError, Cancelled
        """
        return [mark.result() for mark in self._marks]

    @property
    def proofs(self) -> list[str]:
        """The SHA-256 of each track, with what is sent before its index 1.  raises  AudioError, Cancelled"""
        return [track.result().area for track in self.hashes]

    def whole_fingerprints(self) -> list[Future[Fingerprint]]:
        """Fingerprints with all that is needed to compare a disc without the audio; ready after `wait`."""
        whole: list[Future[Fingerprint]] = [Future() for _ in self._laid]
        for place, result in enumerate(whole):
            self._tasks.append((result, partial(self._whole_fingerprint, place)))
        return whole

    def wait(self, cancel: Flag | None = None) -> None:
        """Wait until everything is known, and help with the work.

        cancel  ends it early

        raises  AudioError  also if the spool does not hold what was put into it; Cancelled
        """
        self._cancel = cancel
        self._work()
        self._thread.join()
        self._checked.result()
        every: list[Future[Any]] = [*self._marks, *self.hashes, *self.accuraterip]
        for known in every:
            known.result()

    def stop(self) -> None:
        """Compute nothing more: a caller that asks for a result which is not known yet gets Cancelled."""
        self._stopped = True

    def end(self) -> None:
        """Wait until nothing is read from the spool any more, whatever went wrong."""
        self._thread.join()
        while self._tasks:
            self._tasks.popleft()[0].set_exception(_not_known())

    def _work(self) -> None:
        while True:
            try:
                result, task = self._tasks.popleft()
            except IndexError:
                return
            try:
                result.set_result(task())
            except BaseException as error:  # noqa: BLE001 - raised again when the result is asked for
                result.set_exception(error)

    def _check_cancel(self) -> None:
        if self._stopped or (self._cancel is not None and self._cancel.is_set()):
            raise _not_known()

    def _check_spool(self) -> None:
        self._spool.check(self._check_cancel)

    def _fingerprint(self, track: LaidTrack, sha256: str = "", *, sums: bool = False) -> Fingerprint:
        maker = FingerprintMaker(sums=sums)
        for pcm in self._pcm(track.sent_lba, track.end_lba):
            maker.update(pcm)
        return maker.finish(sha256)

    def _hash(self, place: int) -> Hashes:
        track = self._laid[place]
        of_track: Any = hashlib.sha256()
        of_area: Any = None
        if track.sent_lba < track.start_lba:
            of_area = hashlib.sha256()
            for pcm in self._pcm(track.sent_lba, track.start_lba):
                of_area.update(pcm)
        for pcm in self._pcm(track.start_lba, track.end_lba):
            of_track.update(pcm)
            if of_area is not None:
                of_area.update(pcm)
        found = str(of_track.hexdigest())
        return Hashes(found, found if of_area is None else str(of_area.hexdigest()))

    def _accuraterip(self, place: int) -> tuple[int, int]:
        """AccurateRip counts the audio before the next track's index 1 as part of this track."""
        track, laid = self._laid[place], self._laid
        last = place == len(laid) - 1
        sums = AccurateRip(first=track.number == 1, last=last, silent_sectors=self._silent)
        for pcm in self._pcm(track.start_lba, track.end_lba):
            sums.update(pcm)
        if not last:
            for pcm in self._pcm(laid[place + 1].sent_lba, laid[place + 1].start_lba):
                sums.update(pcm)
        return sums.v1, sums.v2

    def _whole_fingerprint(self, place: int) -> Fingerprint:
        return self._fingerprint(self._laid[place], self.hashes[place].result().area, sums=True)

    def _pcm(self, start_lba: int, end_lba: int) -> Iterator[memoryview]:
        """raises  AudioError, Cancelled"""
        self._check_cancel()
        missing = (end_lba - start_lba) * SECTOR_BYTES
        stream = ProgramStream(self._spool, self._arrangement.pieces_between(start_lba, end_lba))
        for pcm in chunks(stream, size=_PIECE_BYTES):
            self._check_cancel()
            missing -= len(pcm)
            yield pcm
        if missing:
            raise too_short()


def _not_known() -> Cancelled:
    return Cancelled("cancelled before the checksums of the tracks were known")
