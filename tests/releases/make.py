"""Write down the data of a release, for the migrations of all later ones to be tested on.

    python tests/releases/make.py VERSION [FOLDER]      with the release's own code, before it is published

Plays `released_day` on a node of its own and keeps every row of Accord's tables in VERSION.json.gz:
{"release", "now", "migrations": {app: last}, "rows": {"app.model": [{column: value}]}}.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def main(release: str, folder: str = str(HERE)) -> None:
    with tempfile.TemporaryDirectory() as home_folder:
        os.environ["ACCORD_HOME"] = home_folder
        os.environ.pop("ACCORD_DATABASE_URL", None)
        from released_border import SETTINGS

        os.environ.update(SETTINGS)
        from accord.core import clock
        from accord.node import serve
        from accord.node.home import Home

        home = Home.from_environment()
        serve.prepare(home)
        import released_day
        from small_world import NOON

        stepped = clock.SteppedClock(NOON)
        clock.use(stepped)
        released_day.play(home.sandbox, stepped.advance_to)
        document = {"release": release, "now": clock.to_iso(clock.now()), **written_down()}
    content = json.dumps(document, ensure_ascii=False, indent=0, sort_keys=True).encode()
    target = Path(folder) / f"{release}.json.gz"
    target.write_bytes(gzip.compress(content, mtime=0))
    counts = {name: len(rows) for name, rows in document["rows"].items()}
    sys.stderr.write(f"{target.name}: {len(target.read_bytes()):,} bytes, {counts}\n")


def written_down() -> dict[str, Any]:
    """The last migration of each of our apps, and every row of its tables."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("accord.")}
    leaves = {app: name for app, name in MigrationLoader(connection).graph.leaf_nodes() if app in ours}
    models = [model for model in apps.get_models() if model._meta.app_label in ours]
    return {
        "migrations": leaves,
        "rows": {model._meta.label: [_row(instance) for instance in model._default_manager.order_by("pk")] for model in models},
    }


def _row(instance: Any) -> dict[str, Any]:
    return {field.attname: _plain(getattr(instance, field.attname)) for field in instance._meta.concrete_fields}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")  # as the framework itself reads it
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
