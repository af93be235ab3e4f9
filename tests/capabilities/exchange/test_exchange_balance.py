"""The sums of a claim over random worlds with conversions, in three centres that tell more or less of what they know."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from django.db import transaction
from federation_kit.one_store import Centres
from hypothesis import HealthCheck, event, given
from hypothesis import strategies as st
from levels import examples
from small_world import VICTIM, SmallWorld, at
from test_exchange_enquiries import CN, COVERS, RULES, agreed, start_claim, trace_of

from accord.capabilities.claims import services as claims
from accord.capabilities.claims.balance import Conclusion, balance_of
from accord.capabilities.exchange.agreements.terms import AccountDetail
from accord.capabilities.people.models import User
from accord.core.clock import SteppedClock, using
from accord.engine.tracing.model import Rule

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ACCOUNTS = ("a-1", "a-2", "b-1", "b-2", "c-1", "d-1")
CURRENCIES = ("CNY", "THB", "USD")
LAST = 60


@st.composite
def worlds(draw: st.DrawFn) -> SmallWorld:
    """Up to fourteen payments onward among six accounts in three countries and three currencies; most change the money."""
    world = SmallWorld()
    reached = [(draw(st.sampled_from(ACCOUNTS)), "CNY")]
    world.pay("T0", 0, VICTIM, reached[0][0], 1_000)
    for number in range(1, draw(st.integers(2, 14))):
        debtor, currency = draw(st.sampled_from(reached))
        creditor = draw(st.sampled_from([account for account in ACCOUNTS if account != debtor]))
        into = draw(st.sampled_from(CURRENCIES))
        reached.append((creditor, into))
        changed = {"counter_amount": draw(st.integers(1, 3_000)), "counter_currency": into} if into != currency else {}
        kind = draw(st.sampled_from(("transfer", "transfer", "transfer", "cash")))
        world.pay(
            f"T{number}",
            1 + number * (LAST - 2) / 14,
            debtor,
            creditor,
            draw(st.integers(1, 1_200)),
            currency=currency,
            kind="transfer" if changed else kind,
            **changed,
        )
    return world


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
@examples(8, deep=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds(), first=st.integers(1, LAST), detail=st.sampled_from(list(AccountDetail)))
def test_what_was_claimed_is_somewhere_in_every_currency_whatever_partners_tell(
    officer: User, rule: Rule, world: SmallWorld, first: int, detail: AccountDetail
) -> None:
    clock = SteppedClock(at(first))
    with transaction.atomic(), using(clock), tempfile.TemporaryDirectory() as folder:
        with closing(world.banks(Path(folder))) as banks:
            centres = Centres(banks, COVERS, agreed(account_detail=detail))
            claim = start_claim(officer, world, rule, centres)
            for moment in (first, LAST):
                clock.advance_to(at(moment))
                with centres.at(CN):
                    claims.trace_again(officer, claim.pk)
                centres.settle()
                trace = trace_of(centres, claim)
                balance = balance_of("CNY", trace)
                event(f"{len(trace.conversions)} conversions, {sum(one.proven for one in trace.conversions)} of them shown")
                assert {one.currency: one.gap for one in balance.balances if one.gap} == {}
                assert trace.conserved
                assert balance.conclusion in (Conclusion.ADDS_UP, Conclusion.UP_TO_CONVERSION)
                if detail is AccountDetail.ACCOUNT:
                    assert balance.conclusion is Conclusion.ADDS_UP
        transaction.set_rollback(True)
