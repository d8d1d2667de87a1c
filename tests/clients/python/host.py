"""Starting the wharf binary as people do: as a server, or as a client's child."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections import deque
from pathlib import Path
from typing import Any

READY = re.compile(r"ready: ((?:http|ws)://[\d.:]+)/(mcp|sse|ws) ")
ENDPOINTS = 3
PATIENCE_SECONDS = 300
USUAL_PORT = 8080
# 2026-01-02T03:04:05Z, the age of all files that a case file asks for.
LAST_CHANGE = 1_767_323_045


class Wharf:
    """How to start the binary."""

    def __init__(self, binary: Path, plugins: Path) -> None:
        self.binary = binary
        self.plugins = plugins
        self.version = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[1]

    def serve(self, serve: dict[str, Any], folder: Path, *endpoint: str) -> list[str]:
        """The command that serves what a case file asks for."""
        command = [str(self.binary), "serve", *endpoint, *serve.get("args", [])]
        command += ["--cache-dir", str(self.plugins / "cache")]
        if "folder" in serve:
            command += ["--dir", f"{folder}::{serve['folder']['guest']}:rw"]
        for name in serve["plugins"]:
            plugin = self.plugins / f"{name}.wasm"
            if not plugin.is_file():
                raise SystemExit(f"there is no plugin {plugin}: build it with `wharf build`")
            command.append(str(plugin))
        return command


def arguments(description: str | None) -> argparse.ArgumentParser:
    """What every suite is told."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--wharf", type=Path, required=True, help="the binary")
    parser.add_argument("--plugins", type=Path, required=True, help="the folder of components")
    return parser


def free_endpoint() -> list[str]:
    """Where to listen: where wharf does by itself, unless somebody else is there."""
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", USUAL_PORT)) == 0
    return ["--listen", "127.0.0.1:0"] if taken else []


class Server:
    """A host that listens, on a port of its own choice, until told to stop."""

    def __init__(self, command: list[str], cwd: Path | None = None) -> None:
        self.log: deque[str] = deque(maxlen=40)
        self._ready = threading.Event()
        self.addresses: dict[str, str] = {}
        self._process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Server:
        if not self._ready.wait(PATIENCE_SECONDS) or len(self.addresses) < ENDPOINTS:
            self._process.kill()
            raise RuntimeError("the host did not get ready:\n" + "\n".join(self.log))
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Where an endpoint is: `mcp`, `sse` or `ws`."""
        return f"{self.addresses[path].replace('127.0.0.1', host)}/{path}"

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def stop(self) -> int:
        """Asks it to end. Returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line.rstrip())
            if ready := READY.match(line):
                self.addresses[ready[2]] = ready[1]
                if len(self.addresses) == ENDPOINTS:
                    self._ready.set()
        self._ready.set()


class Folder:
    """A folder with the files that a case file asks for."""

    def __init__(self, serve: dict[str, Any]) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="wharf-clients-"))
        wanted = serve.get("folder", {})
        for name, text in wanted.get("files", {}).items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8", newline="")
            os.utime(file, (LAST_CHANGE, LAST_CHANGE))
        for name, target in wanted.get("links", {}).items():
            (self.path / name).symlink_to(target)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path)

    def files(self) -> dict[str, str]:
        """All files in it, without following links."""
        found = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                file = Path(folder) / name
                if not file.is_symlink():
                    found[file.relative_to(self.path).as_posix()] = file.read_text("utf-8")
        return found
