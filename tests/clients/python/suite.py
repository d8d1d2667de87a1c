"""The cases, requested by the official Python client, release 2.

Over standard input and output, over HTTP+SSE and over Streamable HTTP; in the
revisions with sessions and in the one without, and as the client itself chooses.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import mcp_types as types
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import MCPDeprecationWarning
from pydantic import BaseModel

import cases
from host import Folder, Server, Wharf, arguments
from report import Report, difference

LEGACY = "2025-11-25"
MODERN = "2026-07-28"
SERVER_INFO = "io.modelcontextprotocol/serverInfo"
CHANGES = (
    types.ToolListChangedNotification,
    types.PromptListChangedNotification,
    types.ResourceListChangedNotification,
    types.ResourceUpdatedNotification,
)
CACHED = {"tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"}

# Transport, what the client is asked for, what it then speaks.
CONNECTIONS = [
    ("stdio", "legacy", LEGACY),
    ("stdio", MODERN, MODERN),
    ("stdio", "auto", MODERN),
    ("sse", "legacy", LEGACY),
    ("sse", "auto", MODERN),
    ("http", "legacy", LEGACY),
    ("http", MODERN, MODERN),
    ("http", "auto", MODERN),
]

# A response may overtake the client's own handling of notifications before it.
GRACE_SECONDS = 2.0
# The client kills its child after so long; ours ends by itself, and at once.
KILLED_AFTER_SECONDS = 2.0


@dataclass
class Heard:
    """What the host said besides results."""

    progress: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    async def on_progress(self, progress: float, total: float | None, message: str | None) -> None:
        """A progress report of the call under way."""
        report = {"progress": progress, "total": total, "message": message}
        self.progress.append({key: item for key, item in report.items() if item is not None})

    async def on_log(self, params: types.LoggingMessageNotificationParams) -> None:
        """A log message."""
        self.logs.append(params.model_dump(mode="json", exclude_unset=True))

    async def on_message(self, message: object) -> None:
        """Any notification. The changes among them are what is of interest here."""
        if isinstance(message, CHANGES):
            self.changes.append(dump(message))

    async def until(self, expected: dict[str, Any]) -> None:
        """Waits for as many notifications as are expected, but not long."""
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end and (
            len(self.progress) < len(expected["progress"]) or len(self.logs) < len(expected["logs"])
        ):
            await asyncio.sleep(0.005)


class Answering:
    """What is told to the client so that it can be asked: everything, and who answers."""

    def __init__(self, person: cases.Person) -> None:
        self._person = person

    def callbacks(self) -> dict[str, Any]:
        """What the client takes to be asked."""
        return {
            "elicitation_callback": self._elicit,
            "sampling_callback": self._sample,
            "list_roots_callback": self._list_roots,
        }

    async def _elicit(self, _: object, params: types.ElicitRequestParams) -> types.ElicitResult:
        answer = self._person.answer("elicitation/create", dump(params))
        return types.ElicitResult.model_validate(answer)

    async def _sample(self, _: object, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
        answer = self._person.answer("sampling/createMessage", dump(params))
        return types.CreateMessageResult.model_validate(answer)

    async def _list_roots(self, _: object) -> types.ListRootsResult:
        return types.ListRootsResult.model_validate(self._person.answer("roots/list"))


@dataclass
class Connection:
    """A client, connected."""

    client: Client
    heard: Heard
    person: cases.Person

    @property
    def revision(self) -> str:
        """What client and host agreed on."""
        return self.client.protocol_version


@dataclass(frozen=True)
class Setting:
    """How to connect, and whom to tell what comes of it."""

    wharf: Wharf
    report: Report
    label: str
    transport: str
    mode: str


@asynccontextmanager
async def connected(
    setting: Setting, serve: dict[str, Any], folder: Folder, *, asks: bool = False
) -> AsyncIterator[Connection]:
    """Starts a host, connects a client, and afterwards checks that the host ends well."""
    heard, person = Heard(), cases.Person()
    wharf, transport = setting.wharf, setting.transport
    async with AsyncExitStack() as stack:
        server = None
        if transport == "stdio":
            log = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
            command, *args = wharf.serve(serve, folder.path, "--stdio")
            target: Any = stdio_client(StdioServerParameters(command=command, args=args), errlog=log)
        else:
            server = stack.enter_context(Server(wharf.serve(serve, folder.path, "--listen", "127.0.0.1:0")))
            target = sse_client(server.url("sse")) if transport == "sse" else server.url("mcp")
        # No cache, so that each request is one; a level, so that logs come in both eras.
        client = Client(
            target,
            mode=setting.mode,
            cache=None,
            logging_callback=heard.on_log,
            log_level="info",
            message_handler=heard.on_message,
            **(Answering(person).callbacks() if asks else {}),
        )
        try:
            async with client:
                if client.protocol_version < MODERN:
                    await client.set_logging_level("info")
                yield Connection(client, heard, person)
                started = time.monotonic()
            took = time.monotonic() - started
        except BaseException:
            if server is not None:
                print("\n".join(server.log), file=sys.stderr)
            raise
        if server is None:
            slow = f"it took {took:.1f} s" if took >= KILLED_AFTER_SECONDS else None
            setting.report.check(f"{setting.label}: the host ends when its input does", slow)
        else:
            setting.report.equal(f"{setting.label}: the host ends when asked to", server.stop(), 0)


def dump(model: BaseModel) -> dict[str, Any]:
    """A message as it was on the wire."""
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


async def pages(member: str, fetch: Callable[..., Awaitable[BaseModel]]) -> dict[str, Any]:
    """All pages of a list as one."""
    whole = dump(await fetch())
    while cursor := whole.pop("nextCursor", None):
        page = dump(await fetch(cursor=cursor))
        page[member] = whole[member] + page[member]
        whole = page
    return whole


async def request(client: Client, method: str, params: dict[str, Any], heard: Heard) -> dict[str, Any]:
    """Makes a request with the client's own function for it."""
    match method:
        case "tools/list":
            return await pages("tools", client.list_tools)
        case "resources/list":
            return await pages("resources", client.list_resources)
        case "resources/templates/list":
            return await pages("resourceTemplates", client.list_resource_templates)
        case "prompts/list":
            return await pages("prompts", client.list_prompts)
        case "tools/call":
            name, args = params["name"], params.get("arguments")
            return dump(await client.call_tool(name, args, progress_callback=heard.on_progress))
        case "resources/read":
            return dump(await client.read_resource(params["uri"]))
        case "prompts/get":
            return dump(await client.get_prompt(params["name"], params.get("arguments")))
        case "completion/complete":
            return dump(await client.complete(reference(params["ref"]), params["argument"], context(params)))
    raise ValueError(method)


def reference(ref: dict[str, str]) -> types.PromptReference | types.ResourceTemplateReference:
    """What is to be completed."""
    if ref["type"] == "ref/prompt":
        return types.PromptReference(name=ref["name"])
    return types.ResourceTemplateReference(uri=ref["uri"])


def context(params: dict[str, Any]) -> dict[str, str] | None:
    """The arguments that are settled already."""
    settled: dict[str, str] | None = params.get("context", {}).get("arguments")
    return settled


async def perform(connection: Connection, case: dict[str, Any], version: str) -> str | None:
    """Makes the request of a case. Returns what is wrong with what comes back."""
    heard, expected = connection.heard, cases.outcome(case, connection.revision)
    connection.person.expect(case, connection.revision)
    heard.progress.clear()
    heard.logs.clear()
    method = case["request"]
    try:
        result = await request(connection.client, method, case.get("params", {}), heard)
    except MCPError as error:
        actual: dict[str, Any] = {"error": dump(error.error)}
    else:
        if connection.revision >= MODERN:
            wrong = unwrap(method, result, case.get("ttl", 0), version)
            if wrong:
                return wrong
        actual = {"result": cases.narrowed(case, result)}
    await heard.until(expected)
    problem = difference({**actual, "progress": heard.progress, "logs": heard.logs}, expected)
    return problem or connection.person.problem()


def unwrap(method: str, result: dict[str, Any], ttl: int, version: str) -> str | None:
    """Takes off what every modern result has. Returns what is wrong with it."""
    meta = result.get("_meta", {})
    wrapping = {
        "resultType": result.pop("resultType", None),
        "serverInfo": meta.pop(SERVER_INFO, None),
    }
    expected: dict[str, Any] = {
        "resultType": "complete",
        "serverInfo": {"name": "wharf", "version": version},
    }
    if method in CACHED:
        wrapping |= {"ttlMs": result.pop("ttlMs", None), "cacheScope": result.pop("cacheScope", None)}
        expected |= {"ttlMs": ttl, "cacheScope": "private"}
    if not meta:
        result.pop("_meta", None)
    return difference(wrapping, expected)


def check_opening(setting: Setting, connection: Connection, file: cases.CaseFile) -> None:
    """Checks what the host says about itself at first. Not every client asks."""
    session, revision = connection.client.session, connection.revision
    said = session.initialize_result or session.discover_result
    assert said is not None
    info = {"name": "wharf", "version": setting.wharf.version}
    expected: dict[str, dict[str, Any]] = {
        "legacy": {"protocolVersion": revision, "serverInfo": info},
        "auto": {
            "resultType": "complete",
            "supportedVersions": [MODERN],
            "ttlMs": 0,
            "cacheScope": "private",
            "_meta": {SERVER_INFO: info},
        },
    }
    if setting.mode in expected:
        capabilities = cases.at(file.capabilities, revision)
        setting.report.equal(
            f"{setting.label}: what the host says about itself",
            dump(said),
            {**expected[setting.mode], "capabilities": capabilities},
        )


async def run_cases(setting: Setting, revision: str, name: str) -> None:
    """Runs a file of cases on one connection."""
    report, label, file = setting.report, setting.label, cases.load(name)
    with Folder(file.serve) as folder:
        async with connected(setting, file.serve, folder, asks=file.asks) as connection:
            report.equal(f"{label}: revision", connection.revision, revision)
            check_opening(setting, connection, file)
            for case in file.cases:
                problem = await perform(connection, case, setting.wharf.version)
                report.check(f"{label}: {case['name']}", problem)
        if file.leaves is not None:
            report.equal(f"{label}: the files it leaves", folder.files(), file.leaves)


async def run_manners(setting: Setting) -> None:
    """Checks what takes more than one request to see, on one connection."""
    report, label = setting.report, setting.label
    serve = {"plugins": ["fixture-rogue", "fixture-everything"]}
    with Folder(serve) as folder:
        async with connected(setting, serve, folder) as connection:
            client = connection.client
            if connection.revision < MODERN:
                report.equal(f"{label}: ping", dump(await client.send_ping()), {})
            report.check(f"{label}: pages", await pages_one_by_one(client))
            report.check(f"{label}: a slow call holds up nobody", await slow_and_quick(client))
            report.check(f"{label}: many calls at once", await many_at_once(client))
            report.check(f"{label}: a call that is cancelled", await cancelled(client))
            report.check(f"{label}: a call that the client gives up", await given_up(client))
            report.check(f"{label}: logs below the level asked for", await quiet(connection))
            if connection.revision < MODERN:
                report.check(f"{label}: changes", await changes(connection))
            else:
                report.check(f"{label}: changes, listened to", await listened(client))


async def echo(client: Client, text: str) -> str:
    """Has a text said again."""
    result = dump(await client.call_tool("echo", {"text": text}))
    return str(result["content"][0]["text"])


async def pages_one_by_one(client: Client) -> str | None:
    """Lists come in pages; a cursor that nobody gave out is refused."""
    sizes, cursor = [], None
    while True:
        page = await client.list_resources(cursor=cursor)
        sizes.append(len(page.resources))
        cursor = page.next_cursor
        if cursor is None:
            break
    try:
        await client.list_resources(cursor="made-up")
        refusal = None
    except MCPError as error:
        refusal = error.error.code
    return difference([sizes, refusal], [[2, 2, 2], -32602])


async def slow_and_quick(client: Client) -> str | None:
    """Answers come as they are ready, not as they were asked for."""
    order: list[str] = []

    async def note(name: str, args: dict[str, Any]) -> None:
        order.append(dump(await client.call_tool(name, args))["content"][0]["text"])

    await asyncio.gather(note("sleep", {"ms": 1000}), note("echo", {"text": "quick"}))
    return difference(order, ["quick", "awake"])


async def many_at_once(client: Client) -> str | None:
    """Every call gets its own answer."""
    texts = [f"text {number}" for number in range(40)]
    answers = await asyncio.gather(*(echo(client, text) for text in texts))
    return difference(answers, texts)


async def cancelled(client: Client) -> str | None:
    """A call that is cancelled disturbs no other."""
    call = asyncio.create_task(client.call_tool("sleep", {"ms": 20_000}))
    await asyncio.sleep(0.2)
    call.cancel()
    await asyncio.wait([call])
    return difference([call.cancelled(), await echo(client, "still there")], [True, "still there"])


async def given_up(client: Client) -> str | None:
    """Nor does one that takes longer than the client will wait."""
    try:
        await client.call_tool("sleep", {"ms": 20_000}, read_timeout_seconds=0.3)
        return "the call came back"
    except (MCPError, TimeoutError):
        return difference(await echo(client, "still there"), "still there")


async def quiet(connection: Connection) -> str | None:
    """Without a level there are no logs in the modern era; with one there is a threshold."""
    client, heard = connection.client, connection.heard
    meta: Any = None
    if connection.revision < MODERN:
        await client.set_logging_level("error")
    else:
        meta = {"io.modelcontextprotocol/logLevel": "error"}
    heard.logs.clear()
    result = dump(await client.call_tool("flood_logs", {"n": 3}, meta=meta))
    await asyncio.sleep(0.1)
    return difference([result["content"][0]["text"], heard.logs], ["logged", []])


async def announce(client: Client, *whats: str) -> None:
    """Has a plugin say that something has changed."""
    for what in whats:
        kind, _, uri = what.partition(" ")
        await client.call_tool("announce", {"what": kind, **({"uri": uri} if uri else {})})


async def changes(connection: Connection) -> str | None:
    """Lists that change are told to everybody, resources to those that asked."""
    client, heard = connection.client, connection.heard
    heard.changes.clear()
    await client.subscribe_resource("item:///1")
    await announce(client, "resource item:///2", "tools", "resource item:///1", "prompts", "resources")
    end = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < end and len(heard.changes) < 4:
        await asyncio.sleep(0.005)
    await client.unsubscribe_resource("item:///1")
    await announce(client, "resource item:///1")
    await asyncio.sleep(0.1)
    return difference(
        sorted(heard.changes, key=itemgetter("method")),
        [
            {"method": "notifications/prompts/list_changed", "params": {}},
            {"method": "notifications/resources/list_changed", "params": {}},
            {"method": "notifications/resources/updated", "params": {"uri": "item:///1"}},
            {"method": "notifications/tools/list_changed", "params": {}},
        ],
    )


async def listened(client: Client) -> str | None:
    """In the modern era one listens to what one wants, and hears nothing else."""
    heard = []
    async with client.listen(tools_list_changed=True, resource_subscriptions=["item:///1"]) as subscription:
        honoured = dump(subscription.honored)
        await announce(client, "prompts", "resource item:///2", "tools", "resource item:///1", "resources")
        async with asyncio.timeout(GRACE_SECONDS):
            async for event in subscription:
                heard.append(repr(event))
                if len(heard) == 2:
                    break
    return difference(
        [honoured, sorted(heard)],
        [
            {"toolsListChanged": True, "resourceSubscriptions": ["item:///1"]},
            ["ResourceUpdated(uri='item:///1')", "ToolsListChanged()"],
        ],
    )


async def run(wharf: Wharf, report: Report, only: list[str]) -> None:
    """Runs what is asked for, or everything."""
    for name in only or [*cases.names(), "manners"]:
        for transport, mode, revision in CONNECTIONS:
            setting = Setting(wharf, report, f"{name} / {transport} / {mode}", transport, mode)
            if name == "manners":
                await run_manners(setting)
            else:
                await run_cases(setting, revision, name)


def main() -> int:
    """Runs the suite. Returns the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("only", nargs="*", help="run only these files of cases, or `manners`")
    options = parser.parse_args()
    # Logging and pings have left the protocol, but not the revisions that have them.
    warnings.simplefilter("ignore", MCPDeprecationWarning)
    report = Report()
    asyncio.run(run(Wharf(options.wharf, options.plugins), report, options.only))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
