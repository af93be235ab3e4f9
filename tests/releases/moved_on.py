"""A release's data under this version: run as a program by the test beside it, on a home and a store of its own.

    moved_on.py FILE.json.gz

Makes the release's tables with the migrations that it had, puts its rows in through the models of that time, migrates to now,
and lets the worker carry on what was open. Prints what there is after each step, as one JSON document.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import released_day
from released_border import SETTINGS
from small_world import worker_of

from accord.core import clock
from accord.node.home import Home

AMOUNTS = {
    "orders.Order": ("amount", "held"),
    "claims.HoldShare": ("amount",),
    "claims.StandingAmount": ("amount",),
    "claims.Claim": ("amount",),
    "claims.PlanItem": ("amount", "shortfall"),
    "reports.Report": ("amount",),
}


def main(file: str) -> None:
    os.environ.update(SETTINGS)
    home = Home.from_environment()
    home.create()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "accord.node.settings")
    import django

    django.setup()
    release = json.loads(gzip.decompress(Path(file).read_bytes()))
    clock.use(stepped := clock.SteppedClock(datetime.fromisoformat(release["now"])))
    put_in(release)
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    told = {"migrated": state_of_things()}
    with closing(released_day.world().banks(home.sandbox)) as banks:  # healthy, and without memory of the day
        worker = worker_of(banks)
        for step, moment in (("soon", released_day.soon_after(clock.now())), ("years", clock.now() + timedelta(days=4_000))):
            stepped.advance_to(moment)
            banks.advance(clock.now())
            worker.run_until_idle()
            told[step] = state_of_things()
        worker.close()
    sys.stdout.write(json.dumps(told))


def put_in(release: dict[str, Any]) -> None:
    """The tables as they were, with the release's rows, through the models as its migrations describe them."""
    from django.core.management.color import no_style
    from django.db import connection, transaction
    from django.db.migrations.executor import MigrationExecutor

    leaves = list(release["migrations"].items())
    executor = MigrationExecutor(connection)
    known = executor.loader.graph.nodes.keys() | executor.loader.replacements.keys()
    assert set(leaves) <= known, "a migration that a release had must not vanish: squash it with `replaces`"
    executor.migrate(leaves)
    models = MigrationExecutor(connection).loader.project_state(leaves).apps
    with transaction.atomic():  # foreign keys are checked at the end, so order does not matter
        for label, rows in release["rows"].items():
            model = models.get_model(label)
            model._base_manager.bulk_create([model(**_typed(model, row)) for row in rows], batch_size=200)
    with connection.cursor() as cursor:  # rows came with their numbers, so what counts them has not moved
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models.get_models())):
            cursor.execute(statement)


def _typed(model: Any, row: dict[str, Any]) -> dict[str, Any]:
    fields = {field.attname: field for field in model._meta.concrete_fields}
    assert row.keys() == fields.keys(), f"{model._meta.label}: {sorted(row.keys() ^ fields.keys())}"
    typed = {}
    for name, value in row.items():
        field = fields[name]
        target = getattr(field, "target_field", field)
        typed[name] = value if target.get_internal_type() == "JSONField" else target.to_python(value)
    return typed


def state_of_things() -> dict[str, Any]:
    """Counts and sums of every table, states of orders, and whether the audit chain holds."""
    from django.apps import apps
    from django.db.models import Sum

    from accord.capabilities.claims.models import HoldShare
    from accord.capabilities.orders.life_cycle import LIVE
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people.queries import first_broken_audit_entry

    ours = [model for model in apps.get_models() if model.__module__.startswith("accord.")]
    live = Order.objects.filter(state__in=LIVE)
    return {
        "counts": {model._meta.label: model._default_manager.count() for model in ours},
        "sums": {
            label: apps.get_model(label)._default_manager.aggregate(**{name: Sum(name) for name in names})
            for label, names in AMOUNTS.items()
        },
        "states": Counter(Order.objects.values_list("state", flat=True)),
        "errors": list(Order.objects.exclude(last_error="").values_list("account", flat=True)),
        "overdue": live.filter(until__lte=clock.now()).count(),
        "active_shares": sorted(str(pk) for pk in HoldShare.objects.filter(active=True).values_list("order_id", flat=True)),
        "live": sorted(str(pk) for pk in live.values_list("pk", flat=True)),
        "broken": first_broken_audit_entry(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
