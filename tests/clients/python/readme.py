"""What the README tells newcomers to do, done word by word.

Its command that serves the `filesystem` plugin on a folder, and its Python program
that connects to it, in the release of the client that `pip install mcp` brings.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import cases
from host import Server, free_endpoint
from report import Report

README = cases.FOLDER.parents[2] / "README.md"
SERVE = re.compile(r"^cargo run --release -- serve .*$", re.MULTILINE)
PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(r"http://localhost:8080/sse")
PATIENCE_SECONDS = 60


def run(report: Report) -> None:
    """Does as the README says."""
    text = README.read_text("utf-8")
    command, program = SERVE.search(text), PROGRAM.search(text)
    if command is None or program is None:
        report.check("readme / it has a command and a program", f"{README.name} has lost one of them")
        return
    with Server(shlex.split(command[0]) + free_endpoint(), cwd=README.parent) as server:
        address = server.url("sse", "localhost")
        ran = subprocess.run(
            [sys.executable, "-c", ADDRESS.sub(address, program[1])],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        report.equal("readme / the program ends well", ran.returncode, 0)
        tools, listing, *_ = [*ran.stdout.splitlines(), ran.stderr, ""]
        report.equal("readme / it prints the tools", tools, str(tool_names()))
        missing = None if "[FILE] README.md " in listing else listing
        report.check("readme / it prints the folder", missing)
        report.equal("readme / the host ends when asked to", server.stop(), 0)


def tool_names() -> list[str]:
    """The tools of the plugin, as its cases list them."""
    listed = cases.load("filesystem").cases[0]["result"]
    return [tool["name"] for tool in listed["tools"]]


def main() -> int:
    """Runs the suite. Returns the exit status."""
    report = Report()
    run(report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main())
