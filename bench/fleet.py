"""A fleet that is not there, on a ledger that is: what 1 to 1,000 hosts with ten drives each ask of it.

The ledger's own code runs on a real PostgreSQL, with fsync. Hosts, drives and time are simulated: a disc
takes about five minutes, some are spoiled, some hands die and are examined; each host tells its drives'
progress every five seconds. The simulation goes as fast as the database lets it; the last columns say what
the same fleet would ask of the database if its time were real.

    python bench/fleet.py [--hosts 1,10,100,1000] [--seed 1]
"""

from __future__ import annotations

import argparse
import heapq
import multiprocessing
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import itertools

from tests.support import postgres

from redbook.production.ledger import Ledger, open_ledger
from redbook.production.states import LIVE, AttemptState, Finding
from redbook.production.values import Blank, Place, Sighting, new_fence

MASTER = "ab" * 32
DRIVES_OF_A_HOST = 10
PROGRESS_SECONDS = 5.0
CLIENTS = 4
"""Processes that simulate hosts; each has one connection."""

PLAN, WRITE, CLOSE, VERIFY, CHANGE = 15.0, 195.0, 20.0, 60.0, 10.0
"""Seconds from claim to gate, of the burn, of closing, of reading back, until the next blank: 300 in all."""

SPOILED, KILLED = 0.02, 0.01
"""Of all discs: spoiled by the drive, left by a hand that died."""

SIMULATED_SECONDS = {1: 3600.0, 10: 1800.0, 100: 600.0, 1000: 120.0}


@dataclass
class Counts:
    """What one client did and how long it waited for it."""

    transactions: int = 0
    attempts: int = 0
    claims: list[float] = field(default_factory=list)

    def add(self, other: Counts) -> None:
        self.transactions += other.transactions
        self.attempts += other.attempts
        self.claims += other.claims


class Simulation:
    """Some hosts of the fleet, in simulated time."""

    def __init__(self, ledger: Ledger, hosts: range, seed: int) -> None:
        self.ledger = ledger
        self.random = random.Random(seed * 1000 + hosts.start)
        self.counts = Counts()
        self.events: list[tuple[float, int, Iterator[float]]] = []
        self.doing: dict[Place, Sighting] = {}
        for number in hosts:
            places = [Place(f"host{number:04}", f"/dev/sr{d}") for d in range(DRIVES_OF_A_HOST)]
            for place in places:
                self.doing[place] = Sighting(place, "SIM RECORDER", place.drive, "idle", "blank CD-R")
                self.start(self.drive(place), self.random.uniform(0, 300))
            self.start(self.tells_progress(places), self.random.uniform(0, PROGRESS_SECONDS))

    def start(self, process: Iterator[float], at: float) -> None:
        heapq.heappush(self.events, (at, id(process), process))

    def run_until(self, end: float) -> None:
        while self.events and self.events[0][0] < end:
            now, key, process = heapq.heappop(self.events)
            pause = next(process, None)
            if pause is not None:
                heapq.heappush(self.events, (now + pause, key, process))

    def about(self, seconds: float) -> float:
        return seconds * self.random.uniform(0.9, 1.1)

    def tells_progress(self, places: list[Place]) -> Iterator[float]:
        while True:
            self.counts.transactions += 1
            self.ledger.see_drives(places[0].host, [self.doing[place] for place in places])
            yield PROGRESS_SECONDS

    def drive(self, place: Place) -> Iterator[float]:
        """One drive for ever: blank in, claim, gate, burn, close, verify, out."""
        number = 0
        while True:
            number += 1
            before = time.perf_counter()
            claim = self.ledger.claim(Blank(place, f"{place.drive}/{number}"), masters=[MASTER])
            self.counts.claims.append(time.perf_counter() - before)
            self.counts.transactions += 1
            if claim is None:
                return
            self.counts.attempts += 1
            yield self.about(PLAN)
            hand = new_fence()
            self.ledger.gate(claim.attempt, claim.fence, hand)
            self.counts.transactions += 1
            yield self.about(WRITE)
            chance = self.random.random()
            if chance < KILLED:
                taken = self.ledger.take_up(claim.attempt, place.host)
                self.ledger.examined(taken.id, taken.fence, Finding.BROKEN)
                self.ledger.resume_drive(place)
                self.counts.transactions += 3
            elif chance < KILLED + SPOILED:
                self.ledger.step(claim.attempt, hand, AttemptState.SPOILED, why="3/0C/00")
                self.ledger.resume_drive(place)
                self.counts.transactions += 2
            else:
                self.ledger.step(claim.attempt, hand, AttemptState.CLOSING)
                yield self.about(CLOSE)
                self.ledger.step(claim.attempt, hand, AttemptState.VERIFYING)
                yield self.about(VERIFY)
                self.ledger.step(claim.attempt, hand, AttemptState.GOOD, report={"sha256": "cd" * 32})
                self.counts.transactions += 3
            yield self.about(CHANGE)


def client(
    address: str, hosts: range, seconds: float, seed: int, start: object, told: multiprocessing.Queue[Counts]
) -> None:
    """Simulate some hosts: five minutes in which every drive begins, then the time that is measured."""
    with open_ledger(address) as ledger:
        simulation = Simulation(ledger, hosts, seed)
        simulation.run_until(300)
        simulation.counts = Counts()
        start.wait()  # type: ignore[attr-defined]
        simulation.run_until(300 + seconds)
        told.put(simulation.counts)


def database_seconds(server: postgres.Server) -> float:
    """CPU that the server and its processes have used, those that have ended, too."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == server.process:
            ticks += sum(int(n) for n in fields[11:15])
        elif int(fields[1]) == server.process:
            ticks += sum(int(n) for n in fields[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(server: postgres.Server, hosts: int, seed: int) -> str:
    seconds = SIMULATED_SECONDS.get(hosts, 300.0)
    address = server.new_database()
    expected = int(hosts * DRIVES_OF_A_HOST * (seconds + 600) / 300)
    with open_ledger(address) as ledger:
        # A few orders that outlast the run, none of them paused for its spoiled discs.
        orders = [ledger.add_order(MASTER, expected // 4 + 1).id for _ in range(8)]
        with ledger._store.write() as t:
            t.run("UPDATE orders SET spoils_left = 1000000")
    context = multiprocessing.get_context("fork")
    clients = min(CLIENTS, hosts)
    start = context.Barrier(clients + 1)
    told: multiprocessing.Queue[Counts] = context.Queue()
    cuts = [hosts * n // clients for n in range(clients + 1)]
    processes = [
        context.Process(target=client, args=(address, range(a, b), seconds, seed, start, told))
        for a, b in itertools.pairwise(cuts)
    ]
    for process in processes:
        process.start()
    start.wait()
    began, cpu_before = time.perf_counter(), database_seconds(server)
    total = Counts()
    for _ in processes:
        total.add(told.get())
    took, cpu = time.perf_counter() - began, database_seconds(server) - cpu_before
    for process in processes:
        process.join()
    check(address, orders)
    latency = statistics.quantiles(total.claims, n=100)
    return (
        f"{hosts:>6} {hosts * DRIVES_OF_A_HOST:>7} {total.attempts:>9} {total.transactions / took:>10.0f}"
        f" {latency[49] * 1000:>10.1f} {latency[98] * 1000:>10.1f} {cpu / total.transactions * 1e6:>9.0f}"
        f" {total.transactions / seconds:>10.1f} {cpu / seconds * 100:>10.2f}"
    )


def check(address: str, orders: list[int]) -> None:
    """The account of every order is right, and no copy has two discs."""
    with open_ledger(address) as ledger:
        for order in orders:
            account = ledger.account(order)
            attempts = ledger.attempts(order)
            held = [a.number for a in attempts if a.state in LIVE or a.state is AttemptState.GOOD]
            assert len(held) == len(set(held))
            assert account.good == ledger.order(order).made
            assert account.free == account.wanted - len(held)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--hosts", default="1,10,100,1000")
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    print("                            ---- as fast as it goes ----  database   -- in real time --")
    print(" hosts  drives  attempts   tx/s     claim ms   claim ms  CPU us/tx       tx/s   CPU of a")
    print("                                      median       99 %                          core, %")
    with postgres.Server(fsync=True) as server:
        for hosts in chosen.hosts.split(","):
            print(measure(server, int(hosts), chosen.seed), flush=True)


if __name__ == "__main__":
    main()
