from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import migrations

from accord.core import clock
from accord.core.object_ids import new_code, new_id, new_reference


def fill_in(apps: Any, _editor: Any) -> None:
    """Every order gets a code of its own and its drafter, who until now was whoever approved it."""
    order_rows = apps.get_model("orders", "Order").objects
    for order in order_rows.only("pk", "approved_by").iterator(chunk_size=2_000):
        order.holder_code, order.drafted_by_id = new_code(), order.approved_by_id
        order.save(update_fields=["holder_code", "drafted_by"])


def part_releases(apps: Any, _editor: Any) -> None:
    """A release under way becomes an order of its own; what it gives back is held until the bank confirms it."""
    rows = apps.get_model("orders", "Order").objects
    for held in rows.filter(state="releasing"):
        now = clock.now()
        rows.create(
            id=new_id(),
            reference=new_reference("O"),
            kind="release",
            state="sent",
            claim=held.claim,
            target=held,
            institution=held.institution,
            account=held.account,
            amount=held.held,
            currency=held.currency,
            rule=held.rule,
            regime=held.regime,
            authority=held.authority,
            grounds=held.reason,
            drafted_by=held.approved_by,
            approved_by=held.approved_by,
            drafted_at=now,
            approved_at=now,
            sent_at=now,
            answer_due_at=held.answer_due_at,
            until=now + timedelta(days=30),
            next_attempt_at=now,
            holder_code=new_code(),
        )
        held.state = "held" if held.held >= held.amount else "held_partly"
        held.reason, held.next_attempt_at, held.attempts = "", None, 0
        held.save(update_fields=["state", "reason", "next_attempt_at", "attempts"])


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_orders_of_every_kind")]

    operations = [
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.RunPython(part_releases, migrations.RunPython.noop),
    ]
