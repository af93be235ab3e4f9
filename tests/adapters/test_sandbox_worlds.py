"""A made-up world, and a bare table, played by its banks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from accord.adapters.sandbox_bank import SandboxBanks, StopReason
from accord.capabilities.claims.ports import Credit, EnquiryAnswer, EnquiryRequest, check_answer
from accord.capabilities.orders.checks import check_order_answer
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import OrderAnswer, OrderMessage, PaymentFacts
from accord.core.clock import SteppedClock, from_micros, to_micros, using
from accord.core.errors import NotFound
from accord.engine.exercise import VictimReport, World, WorldPlan, make_world
from accord.engine.records import RecordKind, RecordStore, SourceMap
from accord.engine.tracing.model import Rule


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldPlan(people=300, days=6, victims=9, banks_per_country=2, central_switch=frozenset({"SG"})))


def open_world(world: World | Path, folder: Path) -> SandboxBanks:
    return SandboxBanks.from_world(world, folder, delay_factor=0, refusal_factor=0)


def credit_of(world: World, transfer: str) -> tuple[str, str, Credit]:
    """(payee's bank, payee's account, the credit)."""
    row = world.transfers.filter(pc.equal(world.transfers["id"], transfer)).to_pylist()[0]
    return row["creditor_bank"], row["creditor"], Credit(transfer, row["amount"], row["currency"])


def test_left_alone_a_world_plays_as_it_was_written(world: World, tmp_path: Path) -> None:
    banks = open_world(world, tmp_path)
    assert banks.codes == tuple(bank.code for bank in world.banks)
    banks.advance(world.plan.end)
    assert banks.stopped() == {}
    played = pc.greater_equal(
        pc.coalesce(world.transfers["settles_at"], world.transfers["time"]), to_micros(world.plan.call_day)
    )
    assert set(banks.booked()["id"].to_pylist()) == set(world.transfers.filter(played)["id"].to_pylist())


def test_a_chase_from_bank_to_bank_finds_what_the_truth_says(world: World, tmp_path: Path) -> None:
    """Under FIFO a mule's own money mixes in, so the chase is checked for completeness: every unit ends somewhere, once."""
    banks = open_world(world, tmp_path)
    with using(SteppedClock(world.plan.end)):
        for report in world.reports:
            reached = chased(banks, world, report)
            assert set(world.truth.paths_of(report.reference)["transfer"].to_pylist()) & reached


def chased(banks: SandboxBanks, world: World, report: VictimReport) -> set[str]:
    """Every transfer that carried some of the report's money; each answer must be true."""
    todo = [credit_of(world, transfer)[::2] for transfer in report.transfers]
    seen: set[str] = set()
    while todo:
        code, credit = todo.pop()
        request = EnquiryRequest(uuid4(), "rule", code, (credit,), Rule.FIFO)
        answer = banks.bank(code).enquire(request)
        assert isinstance(answer, EnquiryAnswer)
        check_answer(request, answer)
        seen |= {leg.transfer for leg in (*answer.flows, *answer.onward)}
        todo += [(leg.creditor_bank, Credit(leg.transfer, leg.amount, leg.currency, leg.intervals)) for leg in answer.onward]
    return seen


def test_a_hold_in_time_stops_what_would_have_followed(world: World, tmp_path: Path) -> None:
    banks = open_world(world, tmp_path)
    report = next(report for report in world.reports if not report.still_pending)
    code, account, credit = credit_of(world, report.transfers[0])
    rows = world.transfers.filter(pc.equal(world.transfers["id"], credit.transfer)).to_pylist()
    arrived = from_micros(rows[0]["settles_at"] or rows[0]["time"])
    with using(SteppedClock(arrived)) as clock:
        assert isinstance(clock, SteppedClock)
        facts = PaymentFacts(
            report.payer_bank,
            report.payer_account,
            report.payee_account or report.payee_alias or "",
            report.payee_bank or "",
            report.amount_minor,
            report.currency,
            report.about_when,
        )
        order = OrderMessage(
            order_id=uuid4(),
            reference="O-TEST-0000",
            kind=OrderKind.HOLD,
            authority="rule",
            institution=code,
            account=facts.payee_account,
            amount=10**12,
            currency=rows[0]["counter_currency"] or credit.currency,
            rule=Rule.FIFO,
            until=world.plan.end + timedelta(days=2),
            payment=facts,
        )
        answer = banks.bank(code).carry_out(order)
        assert isinstance(answer, OrderAnswer)
        check_order_answer(order, answer)
        assert (answer.transfer, answer.amount) == (credit.transfer, rows[0]["counter_amount"] or credit.amount)
        assert answer.followed is not None
        assert answer.followed.standing[0].account == account
        clock.advance_to(world.plan.end)
        banks.advance(world.plan.end)
    children = {row["id"] for row in world.transfers.to_pylist() if credit.transfer in row["depends_on"]}
    assert children & banks.stopped().keys()
    assert set(banks.stopped().values()) <= {StopReason.NO_FUNDS, StopReason.PARENT_STOPPED}


def test_a_saved_world_and_its_central_switch(world: World, tmp_path: Path) -> None:
    world.save(tmp_path / "world")
    banks = open_world(tmp_path / "world", tmp_path / "state")
    banks.warm_up()
    switch = banks.holder("SWITCHSG")
    assert switch.banks == {bank.code for bank in world.banks if bank.country == "SG"}
    with pytest.raises(NotFound, match="SWITCHTH"):
        banks.holder("SWITCHTH")
    with pytest.raises(NotFound, match="SWITCHSG"):
        banks.bank("SWITCHSG")


def test_a_bare_table_of_many_banks_is_one_institution(test_data: Path, tmp_path: Path) -> None:
    store = RecordStore(tmp_path / "records")
    store.load(test_data / "amlsim" / "cycle200-transactions.csv.gz", RecordKind.TRANSFERS, SourceMap.shipped("amlsim"))
    transfers = pa.concat_tables(store.transfers_after())
    banks = SandboxBanks.from_table("AMLSIM", transfers, None, tmp_path / "state")
    bank = banks.bank("AMLSIM")
    middle = from_micros(int(np.median(transfers["time"].to_numpy())))
    with using(SteppedClock(middle)) as clock:
        assert isinstance(clock, SteppedClock)
        recent = transfers.filter(pc.equal(transfers["time"], to_micros(middle))).to_pylist()
        held = 0
        for row in recent[:40]:
            credit = Credit(row["id"], row["amount"], row["currency"])
            request = EnquiryRequest(uuid4(), "rule", "AMLSIM", (credit,), Rule.FIFO)
            answer = bank.enquire(request)
            assert isinstance(answer, EnquiryAnswer)
            check_answer(request, answer)
            assert not answer.onward
            for place in answer.standing:
                order = OrderMessage(
                    uuid4(),
                    "O-TEST-0000",
                    OrderKind.HOLD,
                    "rule",
                    "AMLSIM",
                    place.account,
                    place.amount,
                    "USD",
                    Rule.FIFO,
                    middle + timedelta(days=90),
                    (credit,),
                )
                placed = bank.carry_out(order)
                assert isinstance(placed, OrderAnswer)
                check_order_answer(order, placed)
                assert placed.amount <= place.amount
                held += placed.amount
        assert held == sum(row["amount"] for row in recent[:40])
        clock.advance_to(middle + timedelta(days=10))
        banks.advance(middle + timedelta(days=10))
        assert set(banks.stopped().values()) == {StopReason.NO_FUNDS}
        later = bank.enquire(EnquiryRequest(uuid4(), "rule", "AMLSIM", (credit,), Rule.FIFO))
        assert isinstance(later, EnquiryAnswer)
        assert sum(place.amount for place in later.standing) == credit.amount
