"""Lays out the folders of a federation: the world that all play in, and a home for each centre.

<root>/exercise/  the world, and its clock, which every centre goes by
<root>/sandbox/   the state of the world's banks
<root>/cn/ …      a home for each centre; its accord.toml points to the exercise
"""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path

from accord.core.errors import Conflict
from accord.engine.exercise import World
from accord.lab.errors import Msg
from accord.lab.federation.plan import CentrePlan, FederationPlan
from accord.node import exercise_clock
from accord.node.home import Home


def lay_out(plan: FederationPlan, world: World, begins: datetime) -> None:
    """Write the world and the homes; the clock stands at `begins`. Raises Conflict where real nodes lie under the root."""
    make_room(plan)
    home = Home(plan.root)
    home.create()
    world.save(home.world)
    exercise_clock.stand_at(home, begins)
    names = json.dumps(_institutions(world), ensure_ascii=False, indent=1)
    for centre in plan.centres:
        Home(centre.folder).create()
        (centre.folder / "accord.toml").write_text(_settings(plan, centre), encoding="utf-8")
        (centre.folder / "institutions.json").write_text(names, encoding="utf-8")


def make_room(plan: FederationPlan) -> None:
    """Clear an earlier exercise away; leave real nodes alone."""
    home = Home(plan.root)
    nodes = [folder for folder in (home.root, *(centre.folder for centre in plan.centres)) if Home(folder).database.exists()]
    if nodes and not home.exercise.exists():
        raise Conflict(Msg.FOLDER_HOLDS_NODE_NO_EXERCISE, where=str(nodes[0]))
    for folder in (*_earlier_centres(home), home.exercise, home.sandbox, *(centre.folder for centre in plan.centres)):
        shutil.rmtree(folder, ignore_errors=True)
    for file in home.root.glob(f"{home.database.name}*"):
        file.unlink()


def _earlier_centres(home: Home) -> list[Path]:
    """Homes under this one that point to its exercise."""
    folders = [path.parent for path in home.root.glob("*/accord.toml")]
    return [folder for folder in folders if Home(folder).file_settings().get("exercise_folder") == str(home.exercise)]


def environment(plan: FederationPlan, centre: CentrePlan) -> dict[str, str]:
    """The environment in which a centre's processes run: this process's, without the settings of another node."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ACCORD_", "DJANGO_"))}
    own = {"ACCORD_HOME": str(centre.folder), "DJANGO_SETTINGS_MODULE": "accord.node.settings"}
    cache = os.environ.get("NUMBA_CACHE_DIR") or str(Home(plan.root).numba_cache)
    return {**kept, **own, "NUMBA_CACHE_DIR": cache}


def _settings(plan: FederationPlan, centre: CentrePlan) -> str:
    stated = {
        "agency": centre.code,
        "agency_name": centre.name,
        "agency_name_zh": centre.name_zh,
        "jurisdiction": centre.jurisdiction,
        "covers_countries": ",".join(centre.covers),
        "partner_url": centre.address,
        "public_url": centre.address,
        "contact": f"duty officer of {centre.code}, at any hour",
        "exercise_folder": str(Home(plan.root).exercise),
    }
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in stated.items())


def _institutions(world: World) -> dict[str, dict[str, str]]:
    return {
        bank.code: {"name": bank.name, "name_zh": bank.name_zh, "country": bank.country, "currency": bank.currency}
        for bank in world.banks
    }
