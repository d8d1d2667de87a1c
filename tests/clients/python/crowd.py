"""Many clients at once, and some that do their worst.

Fifty clients over HTTP+SSE and fifty over Streamable HTTP call tools in a loop,
each with arguments of its own, while two more keep a plugin panicking and looping.
Everybody has to get their own answers, and no others.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.sse import sse_client

from host import Server, Wharf, arguments
from report import Report

CLIENTS_PER_TRANSPORT = 50
LOOP_SECONDS = 8.0
# What the host allows a call, which is how long the looping one takes.
SERVE = {"plugins": ["hello", "fixture-rogue"], "args": ["--timeout", "1s"]}
# A quick call may have to wait for its turn among a hundred on a small machine.
SLOWEST_SECONDS = 15.0
# On a machine that is too slow for that, the loop goes on.
FEWEST_CALLS = 6
CONNECTING_AT_ONCE = 5
OVER_AFTER_SECONDS = 300.0

PANIC = "The tool `panic` of the plugin `fixture-rogue` failed: it crashed: panicked at "
SPIN = "The tool `spin` of the plugin `fixture-rogue` failed: it did not finish within 1 s"


@dataclass
class Stay:
    """How it went for a client."""

    name: str
    calls: int = 0
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)

    async def expect(self, call: Awaitable[str], expected: str) -> None:
        """Makes a call and looks at the answer."""
        started = time.monotonic()
        answer = await call
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.calls += 1
        if answer != expected and not (expected == PANIC and answer.startswith(PANIC)):
            self.wrong.append(f"{self.name} expected {expected!r}, got {answer!r}")


class Crowd:
    """All clients, which come in a few at a time and begin together."""

    def __init__(self, size: int) -> None:
        self._missing = size
        self._complete = asyncio.Event()
        # All in one go, they would keep this process so busy with preparing their
        # connections that the first of them give up waiting.
        self._door = asyncio.Semaphore(CONNECTING_AT_ONCE)
        self._end = 0.0

    @asynccontextmanager
    async def join(self, connect: Callable[[], Client]) -> AsyncIterator[Client]:
        """Connects, and waits for everybody else."""
        async with AsyncExitStack() as stack:
            async with self._door:
                client = await stack.enter_async_context(connect())
            self._missing -= 1
            if self._missing == 0:
                self._end = time.monotonic() + LOOP_SECONDS
                self._complete.set()
            await self._complete.wait()
            yield client

    def goes_on(self, stay: Stay) -> bool:
        """Whether it is not over yet for somebody."""
        return time.monotonic() < self._end or stay.calls < FEWEST_CALLS


async def text(client: Client, tool: str, args: dict[str, Any], **options: Any) -> str:
    """Calls a tool that answers with a text."""
    result = await client.call_tool(tool, args, **options)
    [block] = result.content
    return block.text if block.type == "text" else str(block)


async def guest(crowd: Crowd, name: str, number: int, connect: Callable[[], Client]) -> Stay:
    """Somebody who behaves: three kinds of calls in turn, never the same one twice."""
    stay = Stay(name)
    async with crowd.join(connect) as client:
        turn = 0
        while crowd.goes_on(stay):
            turn += 1
            mine = f"{name}, turn {turn}"
            match turn % 3:
                case 0:
                    await stay.expect(text(client, "greet", {"name": mine}), f"Hello, {mine}!")
                case 1:
                    await stay.expect(text(client, "echo", {"text": mine}), mine)
                case 2:
                    await count(stay, client, 2 + number % 7)
    return stay


async def count(stay: Stay, client: Client, to: int) -> None:
    """A call with progress, whose messages tell whose they are."""
    heard: list[str | None] = []

    async def listen(_progress: float, _total: float | None, message: str | None) -> None:
        heard.append(message)

    await stay.expect(text(client, "count", {"n": to}, progress_callback=listen), "done")
    expected = [f"{step} of {to}" for step in range(1, to + 1)]
    # The result may be seen before the last reports have been handed on.
    for _ in range(100):
        if len(heard) >= to:
            break
        await asyncio.sleep(0.02)
    if heard != expected:
        stay.wrong.append(f"{stay.name} expected the reports {expected}, got {heard}")


async def troublemaker(
    crowd: Crowd, name: str, tool: str, answer: str, connect: Callable[[], Client]
) -> Stay:
    """Somebody who does nothing but harm."""
    stay = Stay(name)
    async with crowd.join(connect) as client:
        while crowd.goes_on(stay):
            await stay.expect(text(client, tool, {}), answer)
    return stay


def check(report: Report, name: str, stays: list[Stay]) -> None:
    """Looks at how it went for a group."""
    calls = sum(stay.calls for stay in stays)
    wrong = [line for stay in stays for line in stay.wrong]
    report.check(f"crowd / {name}: {calls} calls, each with its own answer", "\n".join(wrong[:20]) or None)
    worst = max(stay.slowest for stay in stays)
    late = None if worst < SLOWEST_SECONDS else f"more than {SLOWEST_SECONDS:.0f} s"
    report.check(f"crowd / {name}: the slowest call took {worst:.2f} s", late)


async def run(wharf: Wharf, report: Report) -> None:
    """Lets everybody in, and looks at how it went."""
    with Server(wharf.serve(SERVE, Path(), "--listen", "127.0.0.1:0")) as server:
        connections = {
            "HTTP+SSE": lambda: Client(sse_client(server.url("sse")), mode="legacy"),
            "Streamable HTTP with sessions": lambda: Client(server.url("mcp"), mode="legacy"),
            "Streamable HTTP without sessions": lambda: Client(server.url("mcp"), mode="2026-07-28"),
        }
        sse, sessions, stateless = connections
        groups = [sse] * CLIENTS_PER_TRANSPORT
        groups += [sessions, stateless] * (CLIENTS_PER_TRANSPORT // 2)
        crowd = Crowd(len(groups) + 2)
        async with asyncio.timeout(OVER_AFTER_SECONDS), asyncio.TaskGroup() as tasks:
            guests = [
                tasks.create_task(guest(crowd, f"client {number} over {group}", number, connections[group]))
                for number, group in enumerate(groups)
            ]
            panicking = tasks.create_task(
                troublemaker(crowd, "the panicking client", "panic", PANIC, connections[sse])
            )
            looping = tasks.create_task(
                troublemaker(crowd, "the looping client", "spin", SPIN, connections[stateless])
            )
        for group in connections:
            stays = [task.result() for task in guests if task.result().name.endswith(f"over {group}")]
            check(report, f"{len(stays)} clients over {group}", stays)
        check(report, "the panicking client", [panicking.result()])
        check(report, "the looping client", [looping.result()])
        async with connections[sessions]() as client:
            answer = await text(client, "greet", {"name": "nobody"})
        report.equal("crowd / the host still answers", answer, "Hello, nobody!")
        report.equal("crowd / the host ends when asked to", server.stop(), 0)


def main() -> int:
    """Runs the suite. Returns the exit status."""
    options = arguments(__doc__).parse_args()
    report = Report()
    asyncio.run(run(Wharf(options.wharf, options.plugins), report))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
