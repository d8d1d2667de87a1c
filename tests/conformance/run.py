"""The official conformance suite against the wharf binary, as strict as it gets.

One host, one endpoint: every set of scenarios is run against the same URL, in both
eras of the protocol. See README.md for the sets and for what counts as a failure.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "clients/python"))

from host import Server  # noqa: E402
from official import BAD, Scenario, Suite, results  # noqa: E402
from report import Report  # noqa: E402

LEGACY = "2025-11-25"
MODERN = "2026-07-28"
REQUIRING = [LEGACY, MODERN]
REVISIONS = ["2025-03-26", "2025-06-18", LEGACY, MODERN]
DRAFT = "draft"

# Features that wharf does not have, and a scenario that the suite itself always skips.
MAY_SKIP = frozenset(
    {
        "sep-2640-skills-directory",
        "sep-2640-skills-enumeration",
        "sep-2640-skills-manifest",
        "tasks-status-notifications",
    }
)


@dataclass
class Batch:
    """What the suite runs into one folder, and the sets that it is counted in."""

    folder: str
    selections: list[list[str]]
    sets: dict[str, list[str]]


def main() -> int:
    """Runs the sets and says what came of them."""
    chosen = arguments().parse_args()
    suite = Suite(chosen.packages)
    report = Report()
    required = Counter[str]()
    command = [str(chosen.wharf), "serve", "--listen", "127.0.0.1:0", str(chosen.plugin)]
    command += ["--cache-dir", str(chosen.plugin.parent / "cache")]
    with Server(command) as server:
        url = server.url("mcp")
        report.check("the endpoint answers", silence(url))
        for batch in batches(suite):
            names = [name for name in batch.sets if wanted(name, chosen.sets)]
            if not names:
                continue
            for name, scenarios in run(suite, url, chosen.out, batch, report):
                if name in names:
                    tell(report, name, scenarios)
                    if name.startswith("required:"):
                        required["all"] += len(scenarios)
                        required["passed"] += sum(it.problem is None for it in scenarios)
        report.check("the endpoint still answers", silence(url))
    if required["all"]:
        print(f"{required['passed']}/{required['all']} required")
    return report.close()


def arguments() -> argparse.ArgumentParser:
    """What to run, against what, with what."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wharf", type=Path, required=True, help="the binary")
    parser.add_argument("--plugin", type=Path, required=True, help="the component with the fixtures")
    parser.add_argument("--packages", type=Path, default=HERE / "node_modules", help="the suite")
    parser.add_argument("--out", type=Path, default=Path("target/ci/conformance"), help="for results")
    parser.add_argument("sets", nargs="*", help="such as `required`, or `all:2025-06-18`")
    return parser


def wanted(name: str, chosen: list[str]) -> bool:
    """Whether a set has been chosen, by its name or its kind."""
    return not chosen or name in chosen or name.partition(":")[0] in chosen


def batches(suite: Suite) -> Iterator[Batch]:
    """Everything there is to be run."""
    for revision in REQUIRING:
        required, more = suite.required(revision)
        sets = {f"required:{revision}": required, f"more:{revision}": more}
        yield Batch(f"requirements-{revision}", [["--requirements", revision]], sets)
    revisions = list(REVISIONS)
    if set(suite.applicable(DRAFT)) - set(suite.applicable(MODERN)):
        revisions.append(DRAFT)
    for revision in revisions:
        selection = ["--suite", "all", "--spec-version", revision]
        yield Batch(f"all-{revision}", [selection], {f"all:{revision}": suite.applicable(revision)})
    extensions = suite.extensions()
    selections = [["--scenario", name] for name in extensions]
    yield Batch("extensions", selections, {"extensions": extensions})


def run(
    suite: Suite, url: str, out: Path, batch: Batch, report: Report
) -> Iterator[tuple[str, list[Scenario]]]:
    """Runs a batch. What came of each of its sets, by name."""
    folder = out.resolve() / batch.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ends = [suite.run(url, folder, *selection) for selection in batch.selections]
    expected = [name for scenarios in batch.sets.values() for name in scenarios]
    found = results(folder, expected, MAY_SKIP)
    sound = all(scenario.problem is None for scenario in found.values())
    # The suite ends badly when a scenario does; without one, something else is wrong.
    bad_ends = [end for end in ends if end is not None]
    if sound and bad_ends:
        report.check(f"{batch.folder}: the suite ends well", "\n".join(bad_ends))
    strays = [scenario for name, scenario in found.items() if name not in expected]
    for name, scenarios in batch.sets.items():
        yield name, [found[scenario] for scenario in scenarios] + strays
        strays = []


def tell(report: Report, name: str, scenarios: list[Scenario]) -> None:
    """Reports each scenario of a set, and sums them up."""
    for scenario in scenarios:
        report.check(f"{name} {scenario.name}", scenario.problem)
    passed = sum(scenario.problem is None for scenario in scenarios)
    checks = sum((scenario.checks for scenario in scenarios), Counter[str]())
    failed, warned = (checks[status] for status in BAD)
    print(
        f"{name}: scenarios {passed} passed, {len(scenarios) - passed} failed; checks "
        f"{checks['SUCCESS']} passed, {failed} failed, {warned} warned, {checks['SKIPPED']} skipped",
        flush=True,
    )


def silence(url: str) -> str | None:
    """What is wrong with the answers of both eras, if anything: some scenarios would take a dead
    endpoint for a good one."""
    client = {"name": "conformance", "version": "0"}
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client}
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    mirrors = {"MCP-Protocol-Version": MODERN, "Mcp-Method": "server/discover"}
    try:
        legacy = post(url, "initialize", hello, {})
        modern = post(url, "server/discover", {"_meta": meta}, mirrors)
    except (OSError, ValueError) as error:
        return str(error)
    if legacy.get("result", {}).get("protocolVersion") != LEGACY:
        return f"initialize: {legacy}"
    if MODERN not in modern.get("result", {}).get("supportedVersions", []):
        return f"server/discover: {modern}"
    return None


def post(url: str, method: str, params: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """Sends one request. Returns the answer."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    request = urllib.request.Request(url, json.dumps(message).encode())
    request.add_header("Content-Type", "application/json")
    request.add_header("Accept", "application/json, text/event-stream")
    for name, value in headers.items():
        request.add_header(name, value)
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


if __name__ == "__main__":
    sys.exit(main())
