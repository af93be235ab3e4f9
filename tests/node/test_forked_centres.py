"""A process that was forked from a loaded one is a node's own: its settings, its store, its keys, nothing of the parent's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from federation_kit.commands import environment_of
from federation_kit.crossing_world import NOON, crossing_world

from accord.lab.federation import layout
from accord.lab.federation.plan import plan_centres

_PROGRAM = """
import json, sys
from functools import partial
from pathlib import Path
from accord.lab.federation import forking, layout
from accord.lab.federation.channel import Member, ask_all, close_all, serve
from accord.lab.federation.plan import plan_centres
from accord.node.home import Home

root = Path(sys.argv[1])
plan = plan_centres(root, ("CN", "SG"), (1, 2))

def what_it_is():
    from django.conf import settings
    from django.db import connection
    from accord.capabilities.exchange.partners import keyring
    from accord.capabilities.orders.regime import current_regime
    from accord.core import clock
    import random
    return {
        "agency": settings.ACCORD_AGENCY, "store": str(connection.settings_dict["NAME"]), "secret": settings.SECRET_KEY,
        "keys": str(vars(keyring.ring())), "regime": current_regime().authority, "axes": settings.AXES_ENABLED,
        "random": random.random(),
    }

def centre(environment):
    forking.become(environment)
    serve({"what": what_it_is})

forking.load(Home(root))
members = [Member.forked(one.code, partial(centre, layout.environment(plan, one)), one.folder / "log") for one in plan.centres]
try:
    told = ask_all(members, "what")
finally:
    close_all(members)
print(json.dumps([told, [member._process.poll() for member in members]]))
"""


def test_each_is_its_own_node(tmp_path: Path) -> None:
    root = tmp_path / "all"
    plan = plan_centres(root, ("CN", "SG"), (1, 2))
    layout.lay_out(plan, crossing_world(), NOON)
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(root)], env=environment_of(root), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told, ended = json.loads(done.stdout)
    assert ended == [0, 0]
    for centre in plan.centres:
        own = told[centre.code]
        assert own["agency"] == centre.code
        assert own["store"] == str(centre.folder / "accord.sqlite3")
        assert str(centre.folder / "keys") in own["keys"]
        assert own["axes"] is True
    first, second = told.values()
    for name in ("secret", "regime", "random"):
        assert first[name] != second[name]
