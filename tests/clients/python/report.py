"""What the checks found: a line each, and how many passed and failed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from typing import Any


class Report:
    """Counts checks and prints them as they come."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, name: str, problem: str | None) -> None:
        """Notes a check. It failed if there is a problem."""
        if problem is None:
            self.passed += 1
            print(f"ok    {name}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {name}", flush=True)
            for line in problem.splitlines():
                print(f"      {line}", flush=True)

    def equal(self, name: str, actual: Any, expected: Any) -> None:
        """Checks that two JSON values are the same."""
        self.check(name, difference(actual, expected))

    def close(self) -> int:
        """Prints the sum. Returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        if self.passed + self.failed == 0:
            print("nothing was checked", file=sys.stderr)
            return 1
        return 1 if self.failed else 0


def difference(actual: Any, expected: Any) -> str | None:
    """Where two JSON values differ, or nothing if they are the same."""
    return "\n".join(differences(actual, expected, "$")) or None


def differences(actual: Any, expected: Any, path: str) -> Iterator[str]:
    """One line for each member that differs."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        for key in sorted(actual.keys() | expected.keys()):
            if key not in actual:
                yield f"{path}.{key} is missing: {shown(expected[key])}"
            elif key not in expected:
                yield f"{path}.{key} is too much: {shown(actual[key])}"
            else:
                yield from differences(actual[key], expected[key], f"{path}.{key}")
    elif isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        for index, pair in enumerate(zip(actual, expected, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif not same(actual, expected):
        yield f"{path} is {shown(actual)}, not {shown(expected)}"


def same(actual: Any, expected: Any) -> bool:
    """Whether two JSON values without members are the same, or a text fits a pattern."""
    if isinstance(expected, re.Pattern):
        return isinstance(actual, str) and expected.fullmatch(actual) is not None
    # To Python `True` is 1; to JSON it is not.
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected)


def shown(value: Any) -> str:
    """A value as JSON, on one line. Patterns are shown as such."""
    return json.dumps(value, ensure_ascii=False, default=lambda it: f"/{it.pattern}/")
