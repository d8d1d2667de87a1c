"""A hundred clients of both eras, for a while, of which each knows what it is owed.

Every revision over every binding: some by themselves with a host of their own, most
by one host together. Each does what clients do, in an order that dice decide, which
fall alike in every run with the same seed: it calls tools with arguments that nobody
else has, follows progress, cancels, answers questions, listens to changes, runs
tasks, makes mistakes, hangs up in the middle, and comes back. Nothing may be wrong,
lost, said twice or meant for somebody else; nothing may follow a cancellation; and
the host may not grow.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from host import Server, Wharf, arguments
from life import ACTIONS, MODERN, REPLIES, Kind, Life, Places, Tally
from report import Report

REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN]
# What is shared by how many clients of each revision; and processes of one's own.
SHARED = {"http": 5, "http+unix": 3, "sse": 4, "ws": 4, "unix": 3}
OWN = {"stdio": 1}
SERVE = {"plugins": ["fixture-rogue", "fixture-everything", "conformance"]}
CONNECTING_AT_ONCE = 5
# How much more memory the host may use in the last quarter of the time than in the
# second. The allocator keeps some of what is freed.
MAX_GROWTH_MIB = 24


@dataclass
class Soak:
    """All clients, and how long they go on."""

    places: Places
    tally: Tally
    seed: str
    seconds: float
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONNECTING_AT_ONCE))
    missing: int = 0
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    over: float = float("inf")

    async def client(self, number: int, kind: Kind) -> None:
        """One client: life after life, until it is over."""
        dice = random.Random(f"{self.seed} {number}")
        lives = 0
        while time.monotonic() < self.over:
            lives += 1
            life = Life(f"client {number} life {lives}", kind, self.tally, dice)
            try:
                await self._live(life)
            except Exception as error:  # Whatever it is, the others go on.
                life.complain(f"it ended with {error!r}")
                await asyncio.sleep(1)
            self.tally.done["connections"] += 1
            self.tally.done["messages heard"] += life.counted

    async def _live(self, life: Life) -> None:
        async with self.door:
            await asyncio.wait_for(life.begin(self.places), 300)
        if not self.complete.is_set():
            self.missing -= 1
            if self.missing == 0:
                self.over = time.monotonic() + self.seconds
                self.complete.set()
            await self.complete.wait()
        lasts = min(self.over, time.monotonic() + life.dice.uniform(3, 40))
        while time.monotonic() < lasts:
            actions = [life.pick() for _ in range(life.dice.choice([1, 1, 1, 2, 4]))]
            # Of two waits for one change, one would be enough; so there is one at a time.
            actions = list({action.__name__: action for action in actions}.values())
            await asyncio.gather(*(action() for action in actions))
            for action in actions:
                self.tally.done[action.__name__] += 1
        if life.kind.binding != "stdio" and life.dice.random() < 0.3:
            await life.leave_something()
        await life.end()

    async def run(self, kinds: list[Kind]) -> None:
        """Lets everybody in, and waits until it is over."""
        self.missing = len(kinds)
        async with asyncio.TaskGroup() as tasks:
            for number, kind in enumerate(kinds):
                tasks.create_task(self.client(number, kind))
        while REPLIES:
            await asyncio.gather(REPLIES.pop(), return_exceptions=True)


class Memory:
    """How much memory the host uses, looked at now and then."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self.samples: list[tuple[float, int]] = []

    async def watch(self) -> None:
        """Looks, for ever."""
        while True:
            self.samples.append((time.monotonic(), self.now()))
            await asyncio.sleep(0.5)

    def now(self) -> int:
        """The resident memory, in KiB."""
        lines = self._status.read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    def between(self, begin: float, end: float) -> float:
        """What was usual in some of the time, in MiB."""
        return statistics.median(used for when, used in self.samples if begin <= when <= end) / 1024


def clients() -> list[Kind]:
    """Who takes part: every revision over every binding."""
    return [
        Kind(revision, binding)
        for revision in REVISIONS
        for binding, count in {**SHARED, **OWN}.items()
        for _ in range(count)
    ]


async def run(wharf: Wharf, report: Report, seconds: float, seed: str) -> None:
    """Runs it, and looks at how it went."""
    kinds, tally = clients(), Tally()
    with tempfile.TemporaryDirectory(prefix="wharf-soak-") as folder:
        lines, http = f"unix:{folder}/lines", f"unix:{folder}/http"
        listen = ["--listen", "127.0.0.1:0", "--listen", lines, "--listen", f"http+{http}"]
        command = wharf.serve(SERVE, Path(), *listen)
        with Server(command) as server:
            urls = {"http": server.url("mcp"), "http+unix": http, "unix": lines}
            places = Places(urls, wharf.serve(SERVE, Path(), "--stdio"))
            soak, memory = Soak(places, tally, seed, seconds), Memory(server.pid)
            watching = asyncio.create_task(memory.watch())
            await soak.run(kinds)
            watching.cancel()
            check(report, soak, memory, len(kinds))
            last = Life("the last client", Kind(MODERN, "http"), tally, random.Random(seed))
            await last.begin(places)
            report.equal("soak / the host still answers", await last.call("echo", {"text": "?"}), "?")
            await last.end()
            report.equal("soak / the host ends when asked to", server.stop(), 0)


def check(report: Report, soak: Soak, memory: Memory, count: int) -> None:
    """Looks at how it went."""
    for fault in soak.tally.faults:
        report.check("soak / a fault", fault)
    done = soak.tally.done
    for action in sorted({*ACTIONS, *done}):
        report.check(f"soak / {action}: {done[action]}", None if done[action] else "never")
    report.check(f"soak / {count} clients for {soak.seconds:.0f} s, {len(soak.tally.faults)} faults", None)
    quarter = soak.seconds / 4
    begun = soak.over - soak.seconds
    before = memory.between(begun + quarter, begun + 2 * quarter)
    after = memory.between(begun + 3 * quarter, soak.over)
    grown = None if after - before <= MAX_GROWTH_MIB else f"more than {MAX_GROWTH_MIB} MiB"
    report.check(f"soak / memory: {before:.0f} MiB in the second quarter, {after:.0f} in the last", grown)


def main() -> int:
    """Runs the suite. Returns the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long, by default 20")
    parser.add_argument("--seed", default="wharf", help="what chance begins with")
    options = parser.parse_args()
    report = Report()
    asyncio.run(run(Wharf(options.wharf, options.plugins), report, options.seconds, options.seed))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
