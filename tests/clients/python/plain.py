"""What people have written for years, unchanged: the official Python client, release 1.

The functions under "As in the documentation" are what one finds there, but for the
names of plugins and tools.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

import cases
from host import Server, Wharf, arguments, free_endpoint
from report import Report

REVISION = "2025-11-25"


# === As in the documentation ===


async def over_stdio(command: str, args: list[str]) -> list[Any]:
    """A host that the client starts."""
    server_params = StdioServerParameters(command=command, args=args)
    async with stdio_client(server_params) as (read, write):
        async with ClientSession(read, write) as session:
            initialized = await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool("greet", arguments={"name": "Ada"})
            return [initialized, tools, result]


async def over_sse(url: str) -> list[Any]:
    """A host that listens, by the older transport."""
    async with sse_client(url) as (read, write):
        async with ClientSession(read, write) as session:
            initialized = await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool("greet", arguments={"name": "Ada"})
            return [initialized, tools, result]


async def over_streamable_http(url: str) -> list[Any]:
    """A host that listens, by the newer transport."""
    async with streamablehttp_client(url) as (read, write, _):
        async with ClientSession(read, write) as session:
            initialized = await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool("greet", arguments={"name": "Ada"})
            return [initialized, tools, result]


async def with_headers(url: str) -> list[Any]:
    """A host that listens, and a client that says who it is."""
    headers = {"Authorization": "Bearer api-key", "X-Custom": "yes"}
    async with sse_client(url, headers=headers) as (read, write):
        async with ClientSession(read, write) as session:
            initialized = await session.initialize()
            tools = await session.list_tools()
            result = await session.call_tool("greet", arguments={"name": "Ada"})
            return [initialized, tools, result]


async def with_environment(command: str, args: list[str], cwd: Path) -> Any:
    """A host that the client starts, with an environment and in a folder."""
    server_params = StdioServerParameters(
        command=command, args=args, env={"API_KEY": "secret", "DEBUG": "true"}, cwd=cwd
    )
    async with stdio_client(server_params) as (read, write):
        async with ClientSession(read, write) as session:
            await session.initialize()
            return await session.call_tool("env", arguments={"name": "API_KEY"})


async def with_mistakes(connection: AbstractAsyncContextManager[Any]) -> list[Any]:
    """Calls that go wrong: one that the model can mend, and one that it cannot."""
    async with connection as (read, write):
        async with ClientSession(read, write) as session:
            await session.initialize()
            result = await session.call_tool("greet", arguments={})
            try:
                await session.call_tool("no_such_tool", arguments={})
                error = None
            except McpError as e:
                error = e.error
            return [result, error]


# === The checks ===


def dump(model: Any) -> Any:
    """A message as it was on the wire."""
    return model.model_dump(by_alias=True, mode="json", exclude_unset=True)


def first_answers(version: str) -> list[Any]:
    """What everybody gets to begin with."""
    hello = cases.load("hello")
    listed, called = hello.cases[:2]
    initialized = {
        "protocolVersion": REVISION,
        "capabilities": cases.at(hello.capabilities, REVISION),
        "serverInfo": {"name": "wharf", "version": version},
    }
    return [initialized] + [cases.outcome(case, REVISION)["result"] for case in (listed, called)]


MISTAKES = [
    {
        "content": [{"type": "text", "text": 'Invalid arguments for `greet`: "name" is a required property'}],
        "isError": True,
    },
    {
        "code": -32602,
        "message": "Invalid params: there is no tool `no_such_tool`",
        "data": {"details": "there is no tool `no_such_tool`"},
    },
]


async def run(wharf: Wharf, report: Report) -> None:
    """Runs everything, over every transport."""
    serve, nowhere = {"plugins": ["hello"]}, Path()
    command, *args = wharf.serve(serve, nowhere, "--stdio")
    params = StdioServerParameters(command=command, args=args)
    expected = first_answers(wharf.version)

    def check(name: str, answers: list[Any]) -> None:
        report.equal(f"plain / {name}", [dump(answer) for answer in answers], expected)

    check("stdio", await over_stdio(command, args))
    answers = await with_mistakes(stdio_client(params))
    report.equal("plain / stdio, mistakes", [dump(answer) for answer in answers], MISTAKES)
    with Server(wharf.serve(serve, nowhere, *free_endpoint())) as server:
        # People write `localhost`, which may mean an IPv6 address first.
        sse, mcp = server.url("sse", "localhost"), server.url("mcp", "localhost")
        check(f"{sse}", await over_sse(sse))
        check(f"{sse}, with headers", await with_headers(sse))
        check(f"{mcp}", await over_streamable_http(mcp))
        answers = await with_mistakes(sse_client(sse))
        report.equal(f"plain / {sse}, mistakes", [dump(answer) for answer in answers], MISTAKES)
        report.equal("plain / the host ends when asked to", server.stop(), 0)
    await run_environment(wharf, report)


async def run_environment(wharf: Wharf, report: Report) -> None:
    """The plugin is found from the working directory, and gets the variable it was granted."""
    with tempfile.TemporaryDirectory(prefix="wharf-clients-") as folder:
        (Path(folder) / "rogue.wasm").write_bytes((wharf.plugins / "fixture-rogue.wasm").read_bytes())
        args = ["serve", "--stdio", "rogue.wasm", "--env", "API_KEY"]
        result = dump(await with_environment(str(wharf.binary), args, Path(folder)))
    report.equal(
        "plain / stdio, with environment and working directory",
        result,
        {"content": [{"type": "text", "text": "secret"}]},
    )


def main() -> int:
    """Runs the suite. Returns the exit status."""
    options = arguments(__doc__).parse_args()
    report = Report()
    asyncio.run(run(Wharf(options.wharf.resolve(), options.plugins.resolve()), report))
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
