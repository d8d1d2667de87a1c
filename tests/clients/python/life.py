"""One of the clients of the soak, and what it is owed.

What it does and what comes back is checked here, message by message, apart from how
many clients there are and how long they go on.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from raw import Lines, Message, Sse, Streamable, WebSocket, where

MODERN = "2026-07-28"
# An answer may take long among a hundred clients on a small machine. One that takes
# so long is lost.
LOST_AFTER_SECONDS = 60.0
# A change is told as soon as its client can be written to; lists are read again first.
TOLD_AFTER_SECONDS = 15.0
CAN_BE_ASKED: dict[str, Any] = {"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}
TASKS = "io.modelcontextprotocol/tasks"
META = "io.modelcontextprotocol/"


class Wrong(Exception):
    """Something is not as it should be."""


@dataclass
class Tally:
    """What all clients have done, and what went wrong."""

    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    heralded: list[float] = field(default_factory=list)

    def fault(self, who: str, what: str) -> None:
        """Notes something that went wrong."""
        self.faults.append(f"{time.monotonic():.2f} {who}: {what[:600]}")


@dataclass
class Pending:
    """A request without its answer."""

    answer: asyncio.Future[dict[str, Any]]
    reports: int | None = None
    heard: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Kind:
    """How a client connects, and in which revision."""

    revision: str
    binding: str

    @property
    def modern(self) -> bool:
        """Whether there are no sessions."""
        return self.revision == MODERN

    @property
    def posts(self) -> bool:
        """Whether each request has a response of its own."""
        return self.binding in ("http", "http+unix")


@dataclass(frozen=True)
class Places:
    """Where hosts are."""

    urls: dict[str, str]
    command: list[str]


class Life:
    """One connection of one client, from its beginning to its end."""

    def __init__(self, name: str, kind: Kind, tally: Tally, dice: random.Random) -> None:
        self.name, self.kind, self.tally, self.dice = name, kind, tally, dice
        self.uri = f"item:///{name.replace(' ', '-')}"
        self._ids = 0
        self._open: dict[int, Pending] = {}
        self._answered: set[int] = set()
        self._given_up: set[int] = set()
        self._asked: set[Any] = set()
        # The questions that this client expects, by what is in them.
        self._answers: dict[str, dict[str, Any]] = {}
        self._updates = 0
        self._updated = asyncio.Event()
        self._lists: list[float] = []
        self._since = 0.0
        self._listening: int | None = None
        self._acknowledged = asyncio.Event()
        self.counted = 0

    # === Beginning and end ===

    async def begin(self, places: Places) -> None:
        """Connects, and does what has to be done first."""
        match self.kind.binding:
            case "stdio":
                channel: Any = Lines(self.hear)
                await channel.spawn(places.command)
            case "unix":
                channel = Lines(self.hear)
                await channel.connect(places.urls["unix"])
            case "ws":
                channel = WebSocket(self.hear)
                await channel.connect(where(places.urls["http"]))
            case "sse":
                channel = Sse(self.hear)
                await channel.connect(where(places.urls["http"]))
            case binding:
                channel = Streamable(self.hear, self.complain, self.kind.revision)
                await channel.connect(where(places.urls[binding]))
        self.channel = channel
        if self.kind.modern:
            await self._listen()
        else:
            await self._open_session()
        self._since = time.monotonic()

    async def _open_session(self) -> None:
        answer = await self.ask(
            "initialize",
            {
                "protocolVersion": self.kind.revision,
                "capabilities": CAN_BE_ASKED,
                "clientInfo": {"name": self.name, "version": "0"},
            },
        )
        self.expect(answer["result"]["protocolVersion"], self.kind.revision)
        await self.channel.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        self.expect((await self.ask("logging/setLevel", {"level": "info"}))["result"], {})
        if self.kind.posts:
            self.channel.listen()
        self.expect((await self.ask("resources/subscribe", {"uri": self.uri}))["result"], {})

    async def _listen(self) -> None:
        wanted = {"toolsListChanged": True, "resourceSubscriptions": [self.uri]}
        self._listening, _ = await self._send("subscriptions/listen", {"notifications": wanted})
        await self._within(self._acknowledged.wait(), "the acknowledgement of listening")

    async def leave_something(self) -> None:
        """Calls that are still running when their client goes."""
        for tool, arguments in (("sleep", {"ms": 29_000}), ("count", {"n": 3_000, "delay_ms": 5})):
            await self._send("tools/call", {"name": tool, "arguments": arguments}, 3_000)
        self.tally.done["calls left behind"] += 2

    async def end(self) -> None:
        """Hangs up. Whatever is owed by then is not asked for."""
        if self._listening is not None:
            self._given_up.add(self._listening)
            if self.kind.posts:
                await self.channel.give_up(self._listening)
            else:
                await self._take_back(self._listening)
        self._check_lists(time.monotonic())
        await self.channel.close()
        if isinstance(self.channel, Streamable):
            self.tally.done["streams left and come back to"] += self.channel.resumed

    def _check_lists(self, now: float) -> None:
        for when in self.tally.heralded:
            there = self._since < when < now - TOLD_AFTER_SECONDS and self.kind.binding != "stdio"
            if there and not any(when <= heard <= when + TOLD_AFTER_SECONDS for heard in self._lists):
                self.complain(f"the tools that changed at {when:.2f} are lost, heard {self._lists}")

    # === Hearing ===

    def complain(self, what: str) -> None:
        """Notes something that went wrong."""
        self.tally.fault(f"{self.name} ({self.kind.revision} over {self.kind.binding})", what)

    def hear(self, message: Message, asked: int | None) -> None:
        """Takes in what the host says."""
        self.counted += 1
        if isinstance(message, list):
            for each in message:
                self.hear(each, None)
        elif "method" not in message:
            self._hear_answer(message, asked)
        elif "id" in message:
            self._hear_question(message)
        else:
            self._hear_notice(message["method"], message.get("params", {}), asked)

    def _hear_answer(self, message: dict[str, Any], asked: int | None) -> None:
        number: Any = message.get("id")
        pending = self._open.pop(number, None)
        if number in self._answered:
            self.complain(f"answered twice: {message}")
        elif number in self._given_up:
            self.complain(f"answered after it was cancelled: {message}")
        elif pending is None:
            self.complain(f"an answer to nothing: {message}")
        elif asked is not None and asked != number:
            self.complain(f"the answer to {number} in the response to {asked}")
        else:
            if pending.reports is not None and pending.heard != pending.reports:
                self.complain(f"{pending.heard} reports of {pending.reports} before the answer to {number}")
            self._answered.add(number)
            pending.answer.set_result(message)

    def _hear_question(self, message: dict[str, Any]) -> None:
        if self.kind.modern:
            self.complain(f"a request: {message}")
        elif message["method"] == "ping":
            self._reply(message["id"], {})
        elif message["id"] in self._asked:
            self.complain(f"asked twice: {message}")
        else:
            self._asked.add(message["id"])
            self._reply(message["id"], self._answer(message["method"], message.get("params", {})))

    def _reply(self, number: Any, result: dict[str, Any]) -> None:
        reply = self.channel.send({"jsonrpc": "2.0", "id": number, "result": result})
        REPLIES.append(asyncio.create_task(reply))

    def _answer(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        match method:
            case "roots/list":
                return {"roots": [{"uri": f"file:///{self.uri[8:]}"}]}
            case "elicitation/create":
                about = params["message"]
            case _:
                about = params["messages"][0]["content"]["text"]
        if about not in self._answers:
            self.complain(f"a question for somebody else: {params}")
        self.tally.done["questions"] += 1
        return self._answers.get(about, {"action": "cancel"})

    def _hear_notice(self, method: str, params: dict[str, Any], asked: int | None) -> None:
        if self.kind.modern and "subscriptionId" in "".join(params.get("_meta", {})):
            number = params["_meta"][f"{META}subscriptionId"]
            if str(number) != str(self._listening):
                self.complain(f"a change for the subscription {number}, not {self._listening}")
        match method:
            case "notifications/progress":
                self._hear_progress(params, asked)
            case "notifications/resources/updated":
                self._updates += 1
                self._updated.set()
                if params["uri"] != self.uri:
                    self.complain(f"a change of {params['uri']}")
            case "notifications/tools/list_changed":
                self._lists.append(time.monotonic())
            case "notifications/subscriptions/acknowledged":
                self._acknowledged.set()
            case "notifications/message" | "notifications/tasks/status":
                pass
            case _:
                self.complain(f"a notice that nobody wants: {method} {params}")

    def _hear_progress(self, params: dict[str, Any], asked: int | None) -> None:
        token = params["progressToken"]
        number = int(str(token).rpartition(" ")[2])
        pending = self._open.get(number)
        if token != self._token(number) or (asked is not None and asked != number):
            self.complain(f"a report for somebody else: {params} in the response to {asked}")
        elif number in self._given_up:
            self.complain(f"a report after the cancellation: {params}")
        elif pending is None or pending.reports is None:
            self.complain(f"a report after the answer, or that nobody wants: {params}")
        elif params["progress"] != pending.heard + 1:
            self.complain(f"after report {pending.heard} comes {params}")
        else:
            pending.heard += 1
            pending.begun.set()

    # === Asking ===

    def _token(self, number: int) -> str | int:
        # Both kinds that there are.
        return number if number % 2 else f"{self.name} {number}"

    async def _send(
        self, method: str, params: dict[str, Any], reports: int | None = None, **options: Any
    ) -> tuple[int, Pending]:
        number = self._ids
        self._ids += 1
        pending = Pending(asyncio.get_running_loop().create_future(), reports)
        self._open[number] = pending
        await self.channel.send(self._request(number, method, params, reports), **options)
        return number, pending

    def _request(
        self, number: int, method: str, params: dict[str, Any], reports: int | None = None
    ) -> dict[str, Any]:
        meta: dict[str, Any] = {} if reports is None else {"progressToken": self._token(number)}
        if self.kind.modern:
            meta[f"{META}protocolVersion"] = MODERN
            meta[f"{META}clientInfo"] = {"name": self.name, "version": "0"}
            meta[f"{META}clientCapabilities"] = {**CAN_BE_ASKED, "extensions": {TASKS: {}}}
        whole = {**params, "_meta": meta} if meta else params
        return {"jsonrpc": "2.0", "id": number, "method": method, "params": whole}

    async def ask(
        self, method: str, params: dict[str, Any], reports: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Makes a request. Returns the message that answers it."""
        _, pending = await self._send(method, params, reports, **options)
        answer: dict[str, Any] = await self._within(pending.answer, f"the answer to {method} {params}")
        return answer

    async def _within(self, awaited: Awaitable[Any], what: str) -> Any:
        try:
            return await asyncio.wait_for(awaited, LOST_AFTER_SECONDS)
        except TimeoutError:
            raise Wrong(f"{what} is lost") from None

    async def finish(self, method: str, params: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Makes a request, and again with answers as long as there are questions."""
        extra: dict[str, Any] = {}
        while True:
            answer = await self.ask(method, {**params, **extra}, **options)
            result = answer.get("result", {})
            if result.get("resultType", "complete") != "input_required":
                return answer
            answers = {
                key: self._answer(each["method"], each.get("params", {}))
                for key, each in result["inputRequests"].items()
            }
            extra = {"inputResponses": answers, "requestState": result["requestState"]}

    async def call(self, tool: str, arguments: dict[str, Any], **options: Any) -> str:
        """Calls a tool. Returns the text it answers with, or its error."""
        answer = await self.finish("tools/call", {"name": tool, "arguments": arguments}, **options)
        if "error" in answer:
            return f"{answer['error']['code']} {answer['error']['message']}"
        return "".join(block["text"] for block in answer["result"]["content"])

    def expect(self, actual: Any, expected: Any) -> None:
        """Looks at what came back."""
        if actual != expected:
            self.complain(f"expected {expected!r}, got {actual!r}")

    def unique(self) -> str:
        """A text that nobody else has."""
        return f"{self.name} {self.dice.getrandbits(64):x}"

    # === What clients do ===

    async def echo(self) -> None:
        """A call whose answer nobody else may get."""
        mine = self.unique() * (1 if self.dice.random() < 0.9 else 400)
        self.expect(await self.call("echo", {"text": mine}), mine)

    async def count(self) -> None:
        """A call that reports its progress. Over HTTP, some leave in between and come back."""
        steps = self.dice.randint(1, 12)
        arguments = {"n": steps, "delay_ms": self.dice.choice([0, 0, 1, 10])}
        options: dict[str, Any] = {}
        if self.kind.posts and not self.kind.modern and self.dice.random() < 0.4:
            options["leave_after"] = self.dice.randint(1, 2 * steps)
        self.expect(await self.call("count", arguments, reports=steps, **options), "done")

    async def count_quietly(self) -> None:
        """A call that could report its progress, to a client that does not want to know."""
        self.expect(await self.call("count", {"n": 3}), "done")

    async def change_mind(self) -> None:
        """A call that is cancelled. Once the host has read that, it says no more of it."""
        in_session = self.kind.posts and not self.kind.modern
        steps = in_session or self.dice.random() < 0.5
        tool, arguments = ("count", {"n": 3_000, "delay_ms": 10}) if steps else ("sleep", {"ms": 29_000})
        params = {"name": tool, "arguments": arguments}
        number, pending = await self._send("tools/call", params, 3_000)
        wait = self.dice.choice([0, 0.01, 0.05, 0.3])
        if in_session:
            # On a connection of its own, a cancellation may overtake its request.
            await self._within(pending.begun.wait(), "the first report")
        await asyncio.sleep(wait)
        if not self.kind.posts:
            await self._take_back(number)
            # What it had said by then may be on its way; it comes before what it says next.
            await self.echo()
        elif in_session:
            await self._take_back(number)
            await self._within(self.channel.ended(number), "the end of a stream")
        else:
            await self.channel.give_up(number)
        self._given_up.add(number)
        self._open.pop(number, None)
        if pending.answer.done():
            self.complain(f"answered though cancelled: {pending.answer.result()}")

    async def _take_back(self, number: int) -> None:
        params: dict[str, Any] = {"requestId": number, "reason": "changed my mind"}
        if self.kind.modern:
            params["_meta"] = {f"{META}protocolVersion": MODERN}
        await self.channel.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})

    async def fill_in(self) -> None:
        """A question for the person, who may say no."""
        about, mine = self.unique(), self.unique()
        if self.kind.revision < "2025-06-18":
            answer = "this needs a client that can be asked for a form"
        elif self.dice.random() < 0.3:
            action = self.dice.choice(["decline", "cancel"])
            self._answers[about] = {"action": action}
            answer = f"User response: action={action}, content={{}}"
        else:
            content = {"username": mine, "email": "a@example.com"}
            self._answers[about] = {"action": "accept", "content": content}
            order = json.dumps(dict(sorted(content.items())), separators=(",", ":"))
            answer = f"User response: action=accept, content={order}"
        self.expect(await self.call("test_elicitation", {"message": about}), answer)
        self._answers.pop(about, None)

    async def sample(self) -> None:
        """A question for the client's model."""
        about, mine = self.unique(), self.unique()
        content = {"type": "text", "text": mine}
        self._answers[about] = {"role": "assistant", "content": content, "model": "m"}
        self.expect(await self.call("test_sampling", {"prompt": about}), f"LLM response: {mine}")
        del self._answers[about]

    async def roots(self) -> None:
        """A question for the client itself."""
        mine = f"The client works in: file:///{self.uri[8:]}"
        self.expect(await self.call("test_input_required_result_list_roots", {}), mine)

    async def change(self) -> None:
        """A resource changes that only this client watches."""
        self._updated.clear()
        self.expect(await self.call("announce", {"what": "resource", "uri": self.uri}), "announced")
        try:
            await asyncio.wait_for(self._updated.wait(), TOLD_AFTER_SECONDS)
        except TimeoutError:
            self.complain(f"the change of {self.uri} is lost")

    async def herald(self) -> None:
        """The lists of tools change, for everybody."""
        if self.kind.binding == "stdio" or self.dice.random() < 0.9:
            return
        # Others may hear of it before this client has its answer.
        before = time.monotonic()
        self.expect(await self.call("announce", {"what": "tools"}), "announced")
        self.tally.heralded.append(before)
        self.tally.done["changes for everybody"] += 1

    async def run_task(self) -> None:
        """A call that is done in the background."""
        steps = self.dice.randint(1, 5)
        params: dict[str, Any] = {
            "name": "task_steps",
            "arguments": {"n": steps, "delay_ms": self.dice.choice([0, 5])},
        }
        if self.kind.revision == "2025-11-25":
            params["task"] = {"ttl": 60_000}
            task = (await self.ask("tools/call", params))["result"]["task"]["taskId"]
            result = (await self.ask("tasks/result", {"taskId": task}))["result"]
            self.expect(result["content"][0]["text"], f"{steps} steps")
        elif self.kind.modern:
            result = (await self.ask("tools/call", params))["result"]
            while "result" not in result and "content" not in result:
                await asyncio.sleep(0.05)
                result = (await self.ask("tasks/get", {"taskId": result["taskId"]}))["result"]
            self.expect(result.get("result", result)["content"][0]["text"], f"{steps} steps")
        else:
            self.expect(await self.call("task_steps", params["arguments"]), f"{steps} steps")

    async def ping(self) -> None:
        """Whether the host is there."""
        if not self.kind.modern:
            self.expect((await self.ask("ping", {}))["result"], {})

    async def mistake(self) -> None:
        """Tools and methods that do not exist, and a tool that crashes."""
        mine = self.unique()
        match self.dice.randrange(3):
            case 0:
                expected = f"-32602 Invalid params: there is no tool `{mine}`"
                self.expect(await self.call(mine, {}), expected)
            case 1:
                answer = await self.ask(f"no/{mine}", {})
                self.expect(answer.get("error", {}).get("message"), f"Method not found: no/{mine}")
            case 2:
                text = await self.call("panic", {"message": mine})
                self.expect(mine in text and "panicked" in text, True)

    async def read(self) -> None:
        """A prompt with an argument that nobody else has, and a list."""
        mine = self.unique()
        params = {"name": "review", "arguments": {"code": mine, "language": "rust"}}
        answer = await self.ask("prompts/get", params)
        text = answer["result"]["messages"][0]["content"]["text"]
        self.expect(text, f"Review this rust code:\n{mine}")
        answer = await self.ask("resources/read", {"uri": "item:///3"})
        self.expect(answer["result"]["contents"][0]["text"], "This is item:///3")
        answer = await self.ask("resources/list", {})
        self.expect(len(answer["result"]["resources"]) > 0, True)

    async def batch(self) -> None:
        """Several messages in one, which one revision has."""
        if self.kind.revision != "2025-03-26":
            return
        texts, requests, answers = [self.unique() for _ in range(3)], [], []
        for text in texts:
            number, self._ids = self._ids, self._ids + 1
            pending = Pending(asyncio.get_running_loop().create_future())
            self._open[number] = pending
            answers.append(pending.answer)
            params = {"name": "echo", "arguments": {"text": text}}
            requests.append(self._request(number, "tools/call", params))
        await self.channel.send(requests)
        for answer, text in zip(answers, texts, strict=True):
            message = await self._within(answer, "an answer in a batch")
            self.expect(message["result"]["content"][0]["text"], text)

    def pick(self) -> Callable[[], Awaitable[None]]:
        """What to do next."""
        [action] = self.dice.choices(list(ACTIONS), list(ACTIONS.values()))
        return getattr(self, action)  # type: ignore[no-any-return]


# What clients do, and how often.
ACTIONS = {
    "echo": 20,
    "count": 20,
    "count_quietly": 3,
    "change_mind": 8,
    "fill_in": 10,
    "sample": 6,
    "roots": 4,
    "change": 8,
    "herald": 1,
    "run_task": 6,
    "ping": 5,
    "mistake": 6,
    "read": 5,
    "batch": 4,
}
# Replies on their way. Nobody waits for them but the host.
REPLIES: list[asyncio.Task[None]] = []
