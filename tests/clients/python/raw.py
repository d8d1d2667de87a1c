"""Connections by hand, for what no published client lets one do or see.

Each carries JSON messages both ways, over one of the host's bindings. What comes in
is handed to `hear`, together with the id of the request in whose response it came,
where a binding has such a thing. Nothing here knows what the messages mean.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

Message = Any
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Hear = Callable[[Message, "int | None"], None]

LONGEST_LINE = 1 << 24
# A connection that nobody has used for so long may be about to be closed.
IDLE_SECONDS = 3.0
EVENTS = "text/event-stream"
ACCEPT = {"Accept": f"application/json, {EVENTS}", "Content-Type": "application/json"}


class Broken(Exception):
    """The connection does not do what it should."""


def where(url: str) -> Callable[[], Awaitable[Streams]]:
    """How to connect to `http://ADDRESS:PORT/…` or to `unix:PATH`."""
    if url.startswith("unix:"):
        return lambda: asyncio.open_unix_connection(url.removeprefix("unix:"), limit=LONGEST_LINE)
    parts = urlsplit(url)
    return lambda: asyncio.open_connection(parts.hostname, parts.port, limit=LONGEST_LINE)


def encode(message: Message) -> bytes:
    """A message as bytes, on one line."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


# === HTTP ===


class Response:
    """A response to a request, whose body is still to be read."""

    def __init__(self, http: Http, streams: Streams, status: int, headers: dict[str, str]) -> None:
        self.status = status
        self.headers = headers
        self._http = http
        self._streams = streams

    @property
    def streams_events(self) -> bool:
        """Whether the body is a stream of events."""
        return self.headers.get("content-type", "").startswith(EVENTS)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, as it comes. Afterwards the connection is free for the next request."""
        reader = self._streams[0]
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int((await reader.readline()).strip() or b"0", 16):
                yield await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        elif length := int(self.headers.get("content-length", "0")):
            yield await reader.readexactly(length)
        self._http.give_back(self._streams)

    async def body(self) -> bytes:
        """All of the body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def events(self) -> AsyncIterator[tuple[str | None, str, str]]:
        """The events of a stream: id, kind and data."""
        rest = b""
        async for chunk in self.chunks():
            rest += chunk
            while b"\n\n" in rest:
                block, _, rest = rest.partition(b"\n\n")
                fields: dict[str, str] = {}
                for line in block.decode().splitlines():
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
                yield fields.get("id"), fields.get("event", "message"), fields.get("data", "")

    def abandon(self) -> None:
        """Hangs up."""
        self._streams[1].close()


class Http:
    """A client for one host, with connections that are used again."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._idle: list[tuple[float, Streams]] = []

    async def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """Makes a request, and reads the head of its response."""
        reader, writer = streams = await self._take()
        fields = {"Host": "localhost", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        try:
            await writer.drain()
            status = (await reader.readuntil(b"\r\n")).split(b" ", 2)
            answer: dict[str, str] = {}
            while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
                name, _, value = line.decode().partition(":")
                answer[name.lower()] = value.strip()
        except BaseException:
            # Hanging up, too, is a way to end a request.
            writer.close()
            raise
        return Response(self, streams, int(status[1]), answer)

    async def _take(self) -> Streams:
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < IDLE_SECONDS and not reader.at_eof():
                return reader, writer
            writer.close()
        return await self._connect()

    def give_back(self, streams: Streams) -> None:
        """Keeps a connection for the next request."""
        self._idle.append((time.monotonic(), streams))

    def close(self) -> None:
        """Closes what is not in use."""
        for _, (_, writer) in self._idle:
            writer.close()
        self._idle.clear()


# === Ordered channels ===


class Channel:
    """Messages both ways, in order. A task reads; it ends with the channel."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._reading: asyncio.Task[None] | None = None

    def _start(self) -> None:
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        raise NotImplementedError

    async def send(self, message: Message) -> None:
        """Sends a message."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hangs up."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])


class Lines(Channel):
    """Line by line: a Unix socket, or a process of one's own."""

    def __init__(self, hear: Hear) -> None:
        super().__init__(hear)
        self._process: asyncio.subprocess.Process | None = None

    async def connect(self, url: str) -> None:
        """Connects to a socket."""
        self._reader, self._writer = await where(url)()
        self._start()

    async def spawn(self, command: list[str]) -> None:
        """Starts a host that serves nobody else."""
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=null, limit=LONGEST_LINE
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._reader, self._writer = self._process.stdout, self._process.stdin
        self._start()

    async def _read(self) -> None:
        while line := await self._reader.readline():
            self._hear(json.loads(line), None)

    async def send(self, message: Message) -> None:
        self._writer.write(encode(message) + b"\n")
        await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()
        if self._process is not None and await self._process.wait() != 0:
            raise Broken(f"the host ended with status {self._process.returncode}")
        await super().close()


class WebSocket(Channel):
    """A WebSocket, with no more of the protocol than is needed here."""

    TEXT, CLOSE, PING, PONG = 1, 8, 9, 10

    async def connect(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        """Opens it."""
        self._reader, self._writer = await connect()
        key = base64.b64encode(os.urandom(16)).decode()
        fields = ["Host: localhost", "Upgrade: websocket", "Connection: Upgrade"]
        fields += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: mcp"]
        self._writer.write("\r\n".join(["GET /ws HTTP/1.1", *fields, "", ""]).encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise Broken(f"no WebSocket: {head!r}")
        self._start()

    async def _read(self) -> None:
        text = b""
        while True:
            first, second = await self._reader.readexactly(2)
            size = second & 127
            if size > 125:
                size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8))
            payload = await self._reader.readexactly(size)
            kind = first & 15
            if kind == self.CLOSE:
                return
            if kind == self.PING:
                self._write(self.PONG, payload)
            if kind in (0, self.TEXT):
                text += payload
                if first & 128:
                    self._hear(json.loads(text), None)
                    text = b""

    def _write(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            head = bytes([128 | kind, 128 | size])
        elif size < 1 << 16:
            head = bytes([128 | kind, 128 | 126]) + size.to_bytes(2)
        else:
            head = bytes([128 | kind, 128 | 127]) + size.to_bytes(8)
        mask = os.urandom(4)
        whole = int.from_bytes((mask * (size // 4 + 1))[:size])
        masked = (int.from_bytes(payload) ^ whole).to_bytes(size)
        self._writer.write(head + mask + masked)

    async def send(self, message: Message) -> None:
        self._write(self.TEXT, encode(message))
        await self._writer.drain()

    async def close(self) -> None:
        self._write(self.CLOSE, (1000).to_bytes(2))
        self._writer.close()
        await super().close()


class Sse(Channel):
    """HTTP+SSE: a stream for what comes, requests for what goes."""

    async def connect(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        """Opens the stream, and waits to be told where to send."""
        self._http = Http(connect)
        self._response = await self._http.request("GET", "/sse", {"Accept": EVENTS})
        if self._response.status != 200:
            raise Broken(f"no stream: {self._response.status}")
        self._endpoint: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._start()
        self._path = await self._endpoint

    async def _read(self) -> None:
        async for _, kind, data in self._response.events():
            if kind == "endpoint":
                self._endpoint.set_result(data)
            elif data:
                self._hear(json.loads(data), None)

    async def send(self, message: Message) -> None:
        response = await self._http.request("POST", self._path, ACCEPT, encode(message))
        await response.body()
        if response.status != 202:
            raise Broken(f"{response.status} instead of 202")

    async def close(self) -> None:
        self._response.abandon()
        self._http.close()
        await super().close()


# === Streamable HTTP ===


class Streamable:
    """Streamable HTTP, with a session or without.

    A request may be given up after so many events. Its client then comes back for
    the rest, which only sessions have.
    """

    def __init__(self, hear: Hear, complain: Callable[[str], None], revision: str) -> None:
        self._hear = hear
        self._complain = complain
        self._revision = revision
        self._session: str | None = None
        self._tasks: dict[Any, asyncio.Task[None]] = {}
        self.resumed = 0

    async def connect(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        """Nothing is sent yet."""
        self._http = Http(connect)

    async def send(self, message: Message, leave_after: int | None = None) -> None:
        """Sends a message. What comes back is heard as it comes."""
        asked = message.get("id") if isinstance(message, dict) and "method" in message else None
        if asked is None and not isinstance(message, list):
            response = await self._post(message)
            body = await response.body()
            if response.status != 202:
                raise Broken(f"{response.status} instead of 202: {body!r}")
        elif asked is not None and message["method"] == "initialize":
            # Its answer says which session everything else is in.
            await self._exchange(message, asked, leave_after)
        else:
            key = asked if asked is not None else id(message)
            self._tasks[key] = asyncio.create_task(self._guarded(key, message, asked, leave_after))

    def listen(self) -> None:
        """Opens the stream for what belongs to no request."""
        self._tasks["listening"] = asyncio.create_task(self._listen())

    async def ended(self, asked: int) -> None:
        """Waits for the end of a response."""
        if task := self._tasks.get(asked):
            await asyncio.wait([task])

    async def give_up(self, asked: int) -> None:
        """Hangs up on a request."""
        if task := self._tasks.get(asked):
            task.cancel()
            await asyncio.wait([task])

    async def close(self) -> None:
        """Ends the session, if there is one, and all that is under way."""
        for task in list(self._tasks.values()):
            task.cancel()
            await asyncio.wait([task])
        if self._session is not None:
            response = await self._http.request("DELETE", "/mcp", self._headers())
            await response.body()
            if response.status not in (200, 204):
                raise Broken(f"the session did not end: {response.status}")
        self._http.close()

    def _headers(self, message: Message = None) -> dict[str, str]:
        headers = dict(ACCEPT)
        if self._session is not None:
            headers["Mcp-Session-Id"] = self._session
            if self._revision >= "2025-06-18":
                headers["MCP-Protocol-Version"] = self._revision
        elif self._revision >= "2026-07-28" and message is not None:
            headers |= {"MCP-Protocol-Version": self._revision, "Mcp-Method": message["method"]}
            params = message.get("params", {})
            if (name := params.get("name") or params.get("uri") or params.get("taskId")) is not None:
                headers["Mcp-Name"] = name
        return headers

    async def _post(self, message: Message) -> Response:
        return await self._http.request("POST", "/mcp", self._headers(message), encode(message))

    async def _guarded(self, key: Any, message: Message, asked: int | None, leave_after: int | None) -> None:
        try:
            await self._exchange(message, asked, leave_after)
        except (OSError, EOFError, Broken, ValueError) as error:
            self._complain(f"{message!r}: {error!r}")
        finally:
            del self._tasks[key]

    async def _exchange(self, message: Message, asked: int | None, leave_after: int | None) -> None:
        response = await self._post(message)
        self._session = response.headers.get("mcp-session-id", self._session)
        if not response.streams_events:
            if body := await response.body():
                self._hear(json.loads(body), asked)
            return
        seen = await self._follow(response, asked, leave_after)
        if seen is not None:
            self.resumed += 1
            headers = {**self._headers(), "Accept": EVENTS, "Last-Event-ID": seen}
            rest = await self._http.request("GET", "/mcp", headers)
            if not rest.streams_events:
                raise Broken(f"no rest: {rest.status} {await rest.body()!r}")
            await self._follow(rest, asked, None)

    async def _follow(self, response: Response, asked: int | None, leave_after: int | None) -> str | None:
        """Hears a stream out. Returns where it was left, if it was."""
        count, seen = 0, None
        try:
            async for seen, _, data in response.events():
                if data:
                    self._hear(json.loads(data), asked)
                    count += 1
                if leave_after is not None and count >= leave_after and seen is not None:
                    response.abandon()
                    return seen
        except asyncio.CancelledError:
            response.abandon()
            raise
        return None

    async def _listen(self) -> None:
        headers = {**self._headers(), "Accept": EVENTS}
        response = await self._http.request("GET", "/mcp", headers)
        if not response.streams_events:
            self._complain(f"no stream to listen to: {response.status}")
            return
        try:
            await self._follow(response, None, None)
        finally:
            response.abandon()
