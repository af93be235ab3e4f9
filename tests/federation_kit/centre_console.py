"""A centre's own Django behind a channel, for tests: sets the centre up, and runs small programs of the test in it.

Started by `three_centres.py`, never imported by it: only this process touches the centre's store through Django.
"""

from __future__ import annotations

import traceback
from typing import Any

from accord.core.errors import AccordError, Conflict
from accord.core.errors import Msg as CoreMsg
from accord.lab.federation import centre
from accord.lab.federation.centre import Centre
from accord.node.home import Home


class Console(Centre):
    def commands(self) -> dict[str, Any]:
        return {**super().commands(), "run": run}


def run(program: str, values: dict[str, Any]) -> Any:
    """What the program leaves in `answer`. Errors of ours go to the test as they are, others with their traceback."""
    names = {**values, "answer": None}
    try:
        exec(program, names)
    except AccordError:
        raise
    except Exception as error:
        raise Conflict(CoreMsg.VERBATIM, text=f"the program failed:\n{traceback.format_exc()}") from error
    return names["answer"]


if __name__ == "__main__":
    console = Console(Home.from_environment())
    centre.run(console, console.commands())
