"""The whole thread on somebody else's data: AMLSim's transfers, from loading them to money that a bank confirms to hold."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from accord.adapters.sandbox_bank import SandboxBanks
from accord.core.clock import SteppedClock, from_micros, using
from accord.core.money import Money
from accord.engine.records import RecordKind, RecordStore, SourceMap
from accord.engine.tracing import Ledger
from accord.engine.tracing.model import AccountRef, ClaimStart, Rule, TraceOptions

pytestmark = [pytest.mark.database, pytest.mark.slow]

BANK = "AMLSIM"
CALLS = 12
LATER = timedelta(days=9, hours=1)
"""How long after the payment its victim calls: AMLSim's time goes by days."""


@pytest.fixture(scope="module")
def transfers(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    store = RecordStore(tmp_path_factory.mktemp("amlsim") / "records")
    loaded = store.load(
        test_data / "amlsim" / "cycle200-transactions.csv.gz", RecordKind.TRANSFERS, SourceMap.shipped("amlsim")
    )
    assert (loaded.loaded, loaded.rejected, loaded.duplicates) == (117_805, 0, 0)
    return pa.concat_tables(store.transfers_after())


@pytest.fixture(scope="module")
def ledger(transfers: pa.Table) -> Ledger:
    return Ledger.from_tables(transfers, None)


@pytest.fixture(scope="module")
def payments(test_data: Path, transfers: pa.Table, ledger: Ledger) -> list[dict[str, Any]]:
    """Payments between two accounts marked as fraud whose money stands in several places when the victim calls, by time.

    Of several equal payments of one day nobody could tell which one the victim means, so each of these stands alone.
    """
    with gzip.open(test_data / "amlsim" / "cycle200-nodes.csv.gz", "rt", encoding="utf-8") as file:
        marked = pa.array(sorted(row["nodeid"] for row in csv.DictReader(file) if row["isFraud"] == "1"))
    both = pc.and_(pc.is_in(transfers["debtor"], value_set=marked), pc.is_in(transfers["creditor"], value_set=marked))
    rows: list[dict[str, Any]] = transfers.filter(both).sort_by("time").to_pylist()
    alike = Counter((row["debtor"], row["creditor"], row["amount"], row["time"]) for row in rows)
    rows = [row for row in rows if alike[row["debtor"], row["creditor"], row["amount"], row["time"]] == 1]
    assert len(rows) > 500
    options = [TraceOptions(until=from_micros(row["time"]) + LATER) for row in rows]
    apart = [
        row
        for row, option in zip(rows, options, strict=True)
        if len(ledger.trace([ClaimStart(row["id"])], Rule.FIFO, option).standing) > 1
    ]
    assert len(apart) >= CALLS
    return apart[:: len(apart) // CALLS][:CALLS]


def test_traces_from_marked_accounts_lose_nothing(ledger: Ledger, payments: list[dict[str, Any]]) -> None:
    moved = 0
    for row in payments:
        until = from_micros(row["time"]) + LATER
        for rule in (Rule.FIFO, Rule.LIFO, Rule.HAIRCUT, Rule.LIBR):
            trace = ledger.trace([ClaimStart(row["id"])], rule, TraceOptions(until=until))
            assert trace.conserved
            assert sum(place.amount for place in trace.standing) + sum(exit_.amount for exit_ in trace.exits) == row["amount"]
            moved += len(trace.flows) > 1
    assert moved, "some of the money goes on"


@pytest.fixture
def banks(transfers: pa.Table, tmp_path: Path) -> Iterator[SandboxBanks]:
    with closing(SandboxBanks.from_table(BANK, transfers, None, tmp_path / "state")) as opened:
        yield opened


@pytest.mark.django_db
def test_from_the_call_to_the_confirmed_hold(banks: SandboxBanks, ledger: Ledger, payments: list[dict[str, Any]]) -> None:
    from accord.capabilities.claims.joined_trace import join
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.orders import services as orders
    from accord.capabilities.orders.models import Order
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role
    from accord.capabilities.people.queries import first_broken_audit_entry
    from accord.capabilities.reports.services import CallFacts
    from accord.node.wiring import wire_sandbox
    from accord.node.worker import Worker

    officer = people.create_user("officer", "a-long-password", Role.OFFICER)
    clock = SteppedClock(from_micros(payments[0]["time"]))
    worker = Worker(wire_sandbox(banks).lines)
    followed = 0
    with using(clock), closing(worker):
        for number, row in enumerate(payments):
            clock.advance_to(from_micros(row["time"]) + LATER)
            banks.advance(clock.now())
            if row["id"] in banks.stopped():
                continue  # an earlier hold left the payer without the money
            facts = CallFacts(
                callback_number=f"+1202555{number:04}",
                payer_bank=BANK,
                payer_account=row["debtor"],
                payee_account=row["creditor"],
                payee_bank=BANK,
                amount=Money(row["amount"], row["currency"]),
                about_when=from_micros(row["time"]),
                still_pending=False,
            )
            response = orders.respond_to_call(officer, facts)
            worker.run_until_idle()
            first = Order.objects.get(pk=response.order.pk)
            assert first.transfer == row["id"], first.reason
            claim = response.claim
            if not banks.stopped() and number == 0:
                expected = ledger.trace([ClaimStart(row["id"])], Rule.FIFO, TraceOptions(until=clock.now()))
                assert {(AccountRef(place.account), place.amount) for place in join(claim).standing} == {
                    (AccountRef(place.account.number), place.amount) for place in expected.standing
                }
            lines = list(PlanItem.objects.filter(claim=claim, state="proposed", action="hold").values_list("pk", flat=True))
            followed += len(lines)
            if lines:
                orders.approve_plan(officer, claim.pk, lines)
                worker.run_until_idle()
            trace = join(claim)
            assert trace.claimed == {"USD": row["amount"]}
            assert trace.conserved
            assert trace.open == ()
            placed = Order.objects.filter(claim=claim)
            assert sum(order.held for order in placed) <= row["amount"]
            assert not placed.filter(state__in=["approved", "sent", "acknowledged"]).exists()
    assert followed, "money that had gone on was held too"
    held = {order.pk: order.held for order in Order.objects.all() if order.held}
    assert held == {hold.order_id: hold.amount for hold in banks.placed_holds()}
    assert sum(held.values()) > 0
    assert first_broken_audit_entry() is None
