"""The cases, requested by the official Python client, release 1.

Over standard input and output, over HTTP+SSE, over Streamable HTTP and over
WebSockets, which later releases do not have any more.
"""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from mcp import ClientSession, McpError, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.client.websocket import websocket_client
from pydantic import AnyUrl, BaseModel

import cases
from host import Folder, Server, Wharf, arguments
from report import Report, difference

REVISION = "2025-11-25"
TRANSPORTS = ["stdio", "sse", "http", "ws"]
CHANGES = (
    types.ToolListChangedNotification,
    types.PromptListChangedNotification,
    types.ResourceListChangedNotification,
    types.ResourceUpdatedNotification,
)
# A response may overtake the client's own handling of notifications before it.
GRACE_SECONDS = 2.0


@dataclass
class Connection:
    """A client, connected, and what it is told besides results."""

    person: cases.Person = field(default_factory=cases.Person)
    progress: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    _session: ClientSession | None = None

    @property
    def session(self) -> ClientSession:
        """The client itself."""
        assert self._session is not None
        return self._session

    def open(self, streams: Any, *, asks: bool) -> ClientSession:
        """Makes the client, which can be asked or not."""
        answering: dict[str, Any] = {
            "elicitation_callback": self._elicit,
            "sampling_callback": self._sample,
            "list_roots_callback": self._list_roots,
        }
        self._session = ClientSession(
            streams[0],
            streams[1],
            logging_callback=self._on_log,
            message_handler=self._on_message,
            **(answering if asks else {}),
        )
        return self._session

    async def on_progress(self, progress: float, total: float | None, message: str | None) -> None:
        """A progress report of the call under way."""
        report = {"progress": progress, "total": total, "message": message}
        self.progress.append({key: item for key, item in report.items() if item is not None})

    async def until(self, enough: Callable[[], bool]) -> None:
        """Waits for what is still on its way, but not long."""
        for _ in range(int(GRACE_SECONDS / 0.005)):
            if enough():
                return
            await asyncio.sleep(0.005)

    async def _on_log(self, params: types.LoggingMessageNotificationParams) -> None:
        self.logs.append(dump(params))

    async def _on_message(self, message: object) -> None:
        if isinstance(message, types.ServerNotification) and isinstance(message.root, CHANGES):
            change = dump(message.root)
            # To this client a notification is all of its message.
            del change["jsonrpc"]
            self.changes.append(change)

    async def _elicit(self, _: object, params: Any) -> types.ElicitResult:
        return types.ElicitResult.model_validate(self.person.answer("elicitation/create", dump(params)))

    async def _sample(self, _: object, params: Any) -> types.CreateMessageResult:
        answer = self.person.answer("sampling/createMessage", dump(params))
        return types.CreateMessageResult.model_validate(answer)

    async def _list_roots(self, _: object) -> types.ListRootsResult:
        return types.ListRootsResult.model_validate(self.person.answer("roots/list"))


@dataclass(frozen=True)
class Setting:
    """How to connect, and whom to tell what comes of it."""

    wharf: Wharf
    report: Report
    label: str
    transport: str


@asynccontextmanager
async def connected(
    setting: Setting, serve: dict[str, Any], folder: Folder, *, asks: bool = False
) -> AsyncIterator[Connection]:
    """Starts a host, connects a client, and afterwards checks that the host ends well."""
    wharf, connection = setting.wharf, Connection()
    async with AsyncExitStack() as stack:
        server = None
        if setting.transport == "stdio":
            log = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
            command, *args = wharf.serve(serve, folder.path, "--stdio")
            target: Any = stdio_client(StdioServerParameters(command=command, args=args), errlog=log)
        else:
            server = stack.enter_context(Server(wharf.serve(serve, folder.path, "--listen", "127.0.0.1:0")))
            target = listening(server, setting.transport)
        async with target as streams, connection.open(streams, asks=asks) as session:
            opening = await session.initialize()
            setting.report.equal(f"{setting.label}: revision", opening.protocolVersion, REVISION)
            await session.set_logging_level("info")
            yield connection
        if server is not None:
            setting.report.equal(f"{setting.label}: the host ends when asked to", server.stop(), 0)


def listening(server: Server, transport: str) -> AbstractAsyncContextManager[Any]:
    """A connection to a host that listens."""
    match transport:
        case "sse":
            return sse_client(server.url("sse"))
        case "http":
            return streamablehttp_client(server.url("mcp"))
    return websocket_client(server.url("ws"))


def dump(model: BaseModel) -> dict[str, Any]:
    """A message as it was on the wire."""
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


async def pages(member: str, fetch: Callable[..., Awaitable[BaseModel]]) -> dict[str, Any]:
    """All pages of a list as one."""
    whole = dump(await fetch())
    while cursor := whole.pop("nextCursor", None):
        page = dump(await fetch(params=types.PaginatedRequestParams(cursor=cursor)))
        page[member] = whole[member] + page[member]
        whole = page
    return whole


async def request(connection: Connection, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Makes a request with the client's own function for it."""
    session = connection.session
    match method:
        case "tools/list":
            return await pages("tools", session.list_tools)
        case "resources/list":
            return await pages("resources", session.list_resources)
        case "resources/templates/list":
            return await pages("resourceTemplates", session.list_resource_templates)
        case "prompts/list":
            return await pages("prompts", session.list_prompts)
        case "tools/call":
            name, args, listen = params["name"], params.get("arguments"), connection.on_progress
            return dump(await session.call_tool(name, args, progress_callback=listen))
        case "resources/read":
            return dump(await session.read_resource(AnyUrl(params["uri"])))
        case "prompts/get":
            return dump(await session.get_prompt(params["name"], params.get("arguments")))
        case "completion/complete":
            settled = params.get("context", {}).get("arguments")
            return dump(await session.complete(reference(params["ref"]), params["argument"], settled))
    raise ValueError(method)


def reference(ref: dict[str, str]) -> types.PromptReference | types.ResourceTemplateReference:
    """What is to be completed."""
    if ref["type"] == "ref/prompt":
        return types.PromptReference(type="ref/prompt", name=ref["name"])
    return types.ResourceTemplateReference(type="ref/resource", uri=ref["uri"])


async def perform(connection: Connection, case: dict[str, Any]) -> str | None:
    """Makes the request of a case. Returns what is wrong with what comes back."""
    expected = cases.outcome(case, REVISION)
    connection.person.expect(case, REVISION)
    connection.progress.clear()
    connection.logs.clear()
    try:
        result = await request(connection, case["request"], case.get("params", {}))
        actual: dict[str, Any] = {"result": cases.narrowed(case, result)}
    except McpError as error:
        actual = {"error": dump(error.error)}
    await connection.until(
        lambda: (
            len(connection.progress) >= len(expected["progress"])
            and len(connection.logs) >= len(expected["logs"])
        )
    )
    told = {"progress": connection.progress, "logs": connection.logs}
    return difference({**actual, **told}, expected) or connection.person.problem()


async def run_cases(setting: Setting, name: str) -> None:
    """Runs a file of cases on one connection."""
    report, label, file = setting.report, setting.label, cases.load(name)
    with Folder(file.serve) as folder:
        async with connected(setting, file.serve, folder, asks=file.asks) as connection:
            for case in file.cases:
                report.check(f"{label}: {case['name']}", await perform(connection, case))
        if file.leaves is not None:
            report.equal(f"{label}: the files it leaves", folder.files(), file.leaves)


async def run_manners(setting: Setting) -> None:
    """Checks what takes more than one request to see, on one connection."""
    report, label = setting.report, setting.label
    serve = {"plugins": ["fixture-rogue", "fixture-everything"]}
    with Folder(serve) as folder:
        async with connected(setting, serve, folder, asks=True) as connection:
            report.equal(f"{label}: ping", dump(await connection.session.send_ping()), {})
            report.check(f"{label}: many calls at once", await many_at_once(connection.session))
            report.check(f"{label}: changes", await changes(connection))
            report.check(f"{label}: tasks", await tasks(connection))


async def text(session: ClientSession, tool: str, args: dict[str, Any]) -> str:
    """Calls a tool that answers with a text."""
    return str(dump(await session.call_tool(tool, args))["content"][0]["text"])


async def many_at_once(session: ClientSession) -> str | None:
    """Every call gets its own answer."""
    texts = [f"text {number}" for number in range(40)]
    answers = await asyncio.gather(*(text(session, "echo", {"text": each}) for each in texts))
    return difference(answers, texts)


async def changes(connection: Connection) -> str | None:
    """Lists that change are told to everybody, resources to those that asked."""
    session, heard, uri = connection.session, connection.changes, AnyUrl("item:///1")
    heard.clear()
    await session.subscribe_resource(uri)
    for change in (
        {"what": "resource", "uri": "item:///2"},
        {"what": "tools"},
        {"what": "resource", "uri": "item:///1"},
        {"what": "prompts"},
        {"what": "resources"},
    ):
        await text(session, "announce", change)
    await connection.until(lambda: len(heard) >= 4)
    await session.unsubscribe_resource(uri)
    await text(session, "announce", {"what": "resource", "uri": "item:///1"})
    await asyncio.sleep(0.1)
    return difference(
        sorted(heard, key=itemgetter("method")),
        [
            {"method": "notifications/prompts/list_changed", "params": {}},
            {"method": "notifications/resources/list_changed", "params": {}},
            {"method": "notifications/resources/updated", "params": {"uri": "item:///1"}},
            {"method": "notifications/tools/list_changed", "params": {}},
        ],
    )


async def tasks(connection: Connection) -> str | None:
    """What is to be done as a task says so at once, is polled, and ends or is cancelled."""
    experimental, ends = connection.session.experimental, []
    for name, args in (("task_steps", {"n": 2, "delay_ms": 20}), ("task_required", {}), ("task_fails", {})):
        task = (await experimental.call_tool_as_task(name, args)).task
        async for status in experimental.poll_task(task.taskId):
            state = status.status
        result = await experimental.get_task_result(task.taskId, types.CallToolResult)
        ends.append([task.status, state, dump(result)["content"][0]["text"]])
    task = (await experimental.call_tool_as_task("task_steps", {"n": 100, "delay_ms": 100})).task
    ends.append([task.status, (await experimental.cancel_task(task.taskId)).status])
    return difference(
        ends,
        [
            ["working", "completed", "2 steps"],
            ["working", "completed", "done"],
            ["working", "failed", "this task always fails"],
            ["working", "cancelled"],
        ],
    )


async def run(wharf: Wharf, report: Report, only: list[str]) -> None:
    """Runs what is asked for, or everything."""
    for name in only or [*cases.names(), "manners"]:
        for transport in TRANSPORTS:
            setting = Setting(wharf, report, f"{name} / {transport}", transport)
            if name == "manners":
                await run_manners(setting)
            else:
                await run_cases(setting, name)


def main() -> int:
    """Runs the suite. Returns the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("only", nargs="*", help="run only these files of cases, or `manners`")
    options = parser.parse_args()
    # What it has and later releases have not.
    warnings.simplefilter("ignore", DeprecationWarning)
    report = Report()
    asyncio.run(run(Wharf(options.wharf, options.plugins), report, options.only))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
