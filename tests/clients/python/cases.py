"""The cases in `../cases`, which all client suites share.

A file says how to start the host, which capabilities it declares, and then what
to request and what comes back. In what is expected,

- `{"$at": {REVISION: VALUE, …}}` stands for the value that holds since the latest
  of the revisions named that is not after the one spoken; before the first of them
  there is none, and a member with it is left out;
- `{"$re": PATTERN}` stands for any text that the pattern matches as a whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
