"""Running every case against a bank, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from accord.adapters.contract_kit.bench import Bench, ContractBroken, NotTried
from accord.adapters.contract_kit.case import Case
from accord.core.errors import AccordError


class Outcome(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case; `words` say what was broken, or why it was not tried."""

    case: Case
    outcome: Outcome
    words: str
    seconds: float


def run_all(bench: Bench, cases: Iterable[Case], starting: Callable[[Case], None] = lambda _: None) -> Iterator[Result]:
    """Each case in turn. A line that fails in the middle of a case breaks that case alone."""
    for case in cases:
        starting(case)
        began = time.monotonic()
        outcome, words = _run(case, bench)
        yield Result(case, outcome, words, time.monotonic() - began)


def _run(case: Case, bench: Bench) -> tuple[Outcome, str]:
    try:
        case.run(bench)
    except NotTried as reason:
        return Outcome.NOT_TRIED, str(reason)
    except ContractBroken as error:
        return Outcome.BROKEN, str(error)
    except AccordError as error:
        return Outcome.BROKEN, f"the line failed: {error}"
    return Outcome.KEPT, ""


def rendered_cases(cases: Iterable[Case]) -> str:
    """The cases as a table in Markdown, for docs/bank-api.md."""
    rows = [f"| `{case.name}` | {case.promise} |" for case in cases]
    return "\n".join(["| case | promise |", "|---|---|", *rows])
