"""The cases in `../cases`, which all client suites share.

A file says how to start the host, which capabilities it declares, and then what
to request and what comes back. In what is expected,

- `{"$at": {REVISION: VALUE, …}}` stands for the value that holds since the latest
  of the revisions named that is not after the one spoken; before the first of them
  there is none, and a member with it is left out;
- `{"$re": PATTERN}` stands for any text that the pattern matches as a whole.

A case may say what the client is asked before there is a result, `asked`, and how
it answers each. A file with such cases is for clients that can be asked everything
that their revision knows; all other files are for clients that cannot be asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from report import difference

FOLDER = Path(__file__).resolve().parent.parent / "cases"
ABSENT = object()


@dataclass(frozen=True)
class CaseFile:
    """All cases for one set of plugins."""

    name: str
    serve: dict[str, Any]
    capabilities: dict[str, Any]
    cases: list[dict[str, Any]]
    leaves: dict[str, str] | None

    @property
    def asks(self) -> bool:
        """Whether the clients have to be such that can be asked."""
        return any("asked" in case for case in self.cases)


def load(name: str) -> CaseFile:
    """Reads a file of cases."""
    content = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return CaseFile(
        name=name,
        serve=content["serve"],
        capabilities=content["capabilities"],
        cases=content["cases"],
        leaves=content.get("leaves"),
    )


def names() -> list[str]:
    """The names of all files of cases."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def at(value: Any, revision: str) -> Any:
    """What is expected of a host that speaks this revision."""
    if isinstance(value, list):
        return [at(item, revision) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$at"}:
        # Revisions are dates, so the order of their names is theirs.
        reached = [since for since in sorted(value["$at"]) if since <= revision]
        return at(value["$at"][reached[-1]], revision) if reached else ABSENT
    if value.keys() == {"$re"}:
        return re.compile(value["$re"], re.DOTALL)
    resolved = {key: at(item, revision) for key, item in value.items()}
    return {key: item for key, item in resolved.items() if item is not ABSENT}


def outcome(case: dict[str, Any], revision: str) -> dict[str, Any]:
    """What a request ends with: a result or an error, and what comes before it."""
    error = at(case.get("error", {"$at": {}}), revision)
    ending = {"result": at(case["result"], revision)} if error is ABSENT else {"error": error}
    return {
        **ending,
        "progress": at(case.get("progress", []), revision),
        "logs": at(case.get("logs", []), revision),
    }


class Person:
    """Whoever answers for the client, as the case under way says."""

    def __init__(self) -> None:
        self._expected: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []
        self._heard: list[dict[str, Any]] = []

    def expect(self, case: dict[str, Any], revision: str) -> None:
        """Gets ready for the questions of a case."""
        self._expected = at(case.get("asked", []), revision)
        self._open = list(self._expected)
        self._heard = []

    def answer(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """Answers the next question of a kind. Nothing is what is said to unexpected ones."""
        known = next((ask for ask in self._open if ask["method"] == method), None)
        heard = {"method": method, "params": params}
        if known is not None:
            self._open.remove(known)
            # Not every client shows its users what a question without parameters has.
            heard = {key: item for key, item in heard.items() if key in known}
        self._heard.append(heard)
        return known["answer"] if known is not None else {"action": "cancel"}

    def problem(self) -> str | None:
        """How what was asked differs from what was expected. What is asked at once has no order."""
        expected = [{key: ask[key] for key in ask if key != "answer"} for ask in self._expected]
        kind = itemgetter("method")
        return difference(sorted(self._heard, key=kind), sorted(expected, key=kind))


def narrowed(case: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The part of a list that the case is about: some items, some of their members."""
    wanted, fields = case.get("only"), case.get("fields")
    if wanted is None and fields is None:
        return result
    ((member, items),) = result.items()
    if wanted is not None:
        items = [item for item in items if item["name"] in wanted]
    if fields is not None:
        items = [{key: item[key] for key in fields if key in item} for item in items]
    return {member: items}
