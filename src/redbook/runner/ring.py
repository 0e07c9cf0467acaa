"""The read-ahead: a ring of chunks that one thread fills while another empties it."""

from __future__ import annotations

import mmap
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from redbook.disc import SECTOR_BYTES
from redbook.engine.chunks import CHUNK_BYTES, CHUNK_SECTORS, SectorStream
from redbook.errors import AudioError

DEFAULT_RING_BYTES = 9_000_000  # 1.0 s at 52x
LONGEST_READ_SECONDS = 2.0  # how long closing waits for a read


def ring_bytes(sectors: int, most_bytes: int = DEFAULT_RING_BYTES, chunk_bytes: int = CHUNK_BYTES) -> int:
    """How many bytes a ring for this many sectors has: whole chunks, two at least.

    most_bytes  the limit for a long burn
    """
    return max(2, min(most_bytes, sectors * SECTOR_BYTES + chunk_bytes) // chunk_bytes) * chunk_bytes


class Ring:
    """Chunks of as many sectors as one command carries, in order, each within one track.

    Its memory is allocated once. A chunk stays valid until the next `take`. Each begins at a page, so that
    the kernel can pass it to a device without a copy.

    sectors       how many sectors one command carries, of audio without sub-channel
    sector_bytes  of the sectors that come, including their sub-channel if they have one
    times_empty   how often the ring was empty when a chunk was wanted
    """

    def __init__(
        self,
        streams: Sequence[SectorStream],
        size_bytes: int = DEFAULT_RING_BYTES,
        sectors: int = CHUNK_SECTORS,
        sector_bytes: int = SECTOR_BYTES,
    ) -> None:
        self._sector_bytes = sector_bytes
        self._chunk_bytes = max(1, sectors * SECTOR_BYTES // sector_bytes) * sector_bytes
        self._slot_bytes = -(-self._chunk_bytes // mmap.PAGESIZE) * mmap.PAGESIZE
        total_bytes = sum(stream.sectors for stream in streams) * sector_bytes
        whole = ring_bytes(-(-total_bytes // SECTOR_BYTES), size_bytes, self._chunk_bytes)
        slots = self._slots = whole // self._chunk_bytes
        self._filled_ever = self._taken_ever = 0  # chunks; each is counted by one thread alone
        self._lowest = slots
        self._all_read = self._waiting = False
        self.times_empty = 0
        self._memory = memoryview(mmap.mmap(-1, slots * self._slot_bytes))
        self._free: SimpleQueue[int] = SimpleQueue()
        self._filled: SimpleQueue[tuple[int, int] | Exception] = SimpleQueue()
        for slot in range(slots):
            self._free.put(slot)
        self._held: int | None = None
        self._stopped = threading.Event()
        self._full = threading.Event()
        self._streams = streams
        self._thread = threading.Thread(target=self._run, name="redbook-read-ahead", daemon=True)

    @property
    def size_bytes(self) -> int:
        return self._slots * self._chunk_bytes

    @property
    def filled_bytes(self) -> int:
        """Approximate: the last chunk of a track counts as a whole one."""
        return (self._filled_ever - self._taken_ever) * self._chunk_bytes

    @property
    def lowest_fill(self) -> float:
        """0.0 .. 1.0: how full it was at its emptiest, while there was more to read."""
        return self._lowest / self._slots

    def start(self) -> None:
        self._thread.start()

    def wait_until_full(self, seconds: float) -> bool:
        """Wait until nothing more fits in, or the input has ended; False if that takes longer."""
        return self._full.wait(seconds)

    def take(self, seconds: float | None = None) -> memoryview | None:
        """The next chunk; an empty one at the end of each track; None if none comes within `seconds`.

        raises  what reading raised
        """
        self._give_back()
        self._note_level()
        try:
            entry = self._filled.get(timeout=seconds)
        except Empty:
            return None
        self._waiting = False
        if isinstance(entry, Exception):
            self._filled.put(entry)  # a second `take` gets the same, and does not wait for ever
            raise entry
        slot, length = entry
        self._held = slot
        self._taken_ever += bool(length)
        start = slot * self._slot_bytes
        return self._memory[start : start + length]

    def close(self) -> None:
        """End the thread. If it hangs in a read, this waits 2 s; the thread ends when the read returns."""
        self._stopped.set()
        self._free.put(-1)
        if self._thread.is_alive():
            self._thread.join(LONGEST_READ_SECONDS)

    def _note_level(self) -> None:
        if self._all_read:
            return
        self._lowest = min(self._lowest, self._filled_ever - self._taken_ever)
        if self._filled.empty() and not self._waiting:
            self._waiting = True
            self.times_empty += 1

    def _give_back(self) -> None:
        if self._held is not None:
            self._free.put(self._held)
            self._held = None

    def _run(self) -> None:
        try:
            for number, stream in enumerate(self._streams, 1):
                left = stream.sectors * self._sector_bytes
                while left:
                    left -= self._fill(stream, min(left, self._chunk_bytes), number)
                self._all_read = number == len(self._streams)
                self._filled.put((self._next_free(), 0))
            self._filled.put(AudioError("there is no audio for another track"))
        except _Stopped:
            pass
        except Exception as error:  # noqa: BLE001 - it is handed over, and take() raises it
            self._filled.put(error)
        self._full.set()

    def _fill(self, stream: SectorStream, length: int, number: int) -> int:
        slot = self._next_free()
        start = slot * self._slot_bytes
        chunk = self._memory[start : start + length]
        done = 0
        while done < length:
            try:
                got = stream.read_into(chunk[done:])
                if not got:
                    raise AudioError(f"the audio of track {number} ended before its length was reached")
            except Exception:
                self._hand_over(slot, chunk, done)
                raise
            done += got
        self._filled_ever += 1
        self._filled.put((slot, length))
        return length

    def _hand_over(self, slot: int, chunk: memoryview, length: int) -> None:
        """Hand over what was read before the failure, with its last sector padded with silence."""
        whole = -(-length // self._sector_bytes) * self._sector_bytes
        if whole:
            chunk[length:whole] = bytes(whole - length)
            self._filled_ever += 1
            self._filled.put((slot, whole))

    def _next_free(self) -> int:
        if self._free.empty():
            self._full.set()
        slot = self._free.get()
        if self._stopped.is_set():
            raise _Stopped
        return slot


class _Stopped(Exception):
    """The ring was closed while it was being filled."""
