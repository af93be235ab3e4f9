"""Each check by itself: what passes, what is laid before a person, what refuses, with which code."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bank_at_work import about, credit, hold
from hypothesis import given
from hypothesis import strategies as st
from small_world import at

from accord.capabilities.claims.ports import AccountKind
from accord.capabilities.controls.checks import Earlier, Known, Result, Terms, check, to_document, verdict
from accord.capabilities.controls.names import Likeness, compare
from accord.capabilities.controls.ports import CoreAccount
from accord.capabilities.orders.kinds import OrderKind
from accord.capabilities.orders.ports import CallFacts, Care, Limits, OrderMessage, PayTo, Refusal
from accord.engine.tracing.model import Rule
from accord.sites.bank.words import FOUND, check_rows

TERMS = Terms(("Anti-fraud centre",), tuple(kind.value for kind in OrderKind), ("freeze",), timedelta(days=30))
ACCOUNT = CoreAccount("a-1", "A. Nobody", AccountKind.PERSONAL, (("CNY", 5_600),))
KNOWN = Known(at(15), TERMS, (ACCOUNT,), target=Earlier(True, 600), replaced=Earlier(True, 600))
FREEZE = hold(kind=OrderKind.FREEZE, court_reference="(2026) 12")
RETURN = about(hold(), OrderKind.RETURN, 600, pay_to=PayTo("BANKV", "v-1", "Victim", "back"))


def decided(order: OrderMessage, known: Known = KNOWN) -> tuple[Result, str, Refusal | None] | None:
    found = verdict(check(order, known))
    return None if found is None else (found.result, found.code, found.refusal)


@pytest.mark.parametrize(
    "order",
    [
        hold(),
        hold(kind=OrderKind.HOLD),
        hold(kind=OrderKind.RECALL, account="", holder_name=""),
        hold(kind=OrderKind.LIMIT, limits=Limits(amount_per_day=100)),
        hold(kind=OrderKind.RESTRICTION),
        hold(kind=OrderKind.PRESERVATION, data_wanted="log-ins"),
        about(hold(), OrderKind.RELEASE, 600),
        about(hold(), OrderKind.RENEWAL),
        RETURN,
        hold(holder_name=""),
        hold(living_costs=100),
    ],
)
def test_an_order_in_order_passes_every_check(order: OrderMessage) -> None:
    assert decided(order) is None


@pytest.mark.parametrize(
    ("changed", "result", "code", "refusal"),
    [
        ({"authority": " "}, Result.FAILED, "no_authority", Refusal.NOT_AUTHORISED),
        ({"authority": "A friend"}, Result.PERSON, "authority_unknown", None),
        ({"verified": False}, Result.PERSON, "basis_not_checked", None),
        ({"legal_basis": ""}, Result.PERSON, "no_basis", None),
        ({"until": at(15)}, Result.FAILED, "already_over", Refusal.NOT_AUTHORISED),
        ({"until": at(15) + timedelta(days=31)}, Result.PERSON, "lasts_too_long", None),
        ({"holder_name": "Wang Wu"}, Result.FAILED, "name_of_somebody_else", Refusal.NAME_MISMATCH),
        ({"holder_name": "B. Nobody"}, Result.PERSON, "name_alike", None),
        ({"care": Care.MINOR}, Result.PERSON, "care_marked", None),
        ({"currency": "USD"}, Result.FAILED, "no_such_currency", Refusal.NOTHING_STANDS),
        ({"rule": Rule.POISON}, Result.FAILED, "poison_rule", Refusal.NOT_AUTHORISED),
        ({"living_costs": 6_000}, Result.PERSON, "less_than_living_costs", None),
        ({"kind": OrderKind.FREEZE}, Result.FAILED, "no_court_reference", Refusal.COURT_ORDER_NEEDED),
        ({"kind": OrderKind.NUMBER_BLOCK}, Result.FAILED, "kind_not_for_banks", Refusal.NOT_SUPPORTED),
        ({"kind": OrderKind.TRACE_BACK, "call": CallFacts("1", "2", at(0))}, Result.FAILED, "kind_not_for_banks", None),
    ],
)
def test_what_is_wrong_with_an_order_has_a_code(
    changed: dict[str, Any], result: Result, code: str, refusal: Refusal | None
) -> None:
    found = decided(replace(hold(), **changed))
    assert found is not None
    assert found[:2] == (result, code)
    assert refusal is None or found[2] is refusal


@pytest.mark.parametrize(
    ("order", "known", "code"),
    [
        (hold(), replace(KNOWN, terms=None), "no_agreement"),
        (hold(), replace(KNOWN, terms=replace(TERMS, kinds=("hold",))), "kind_not_agreed"),
        (hold(), replace(KNOWN, accounts=()), "no_such_account"),
        (hold(), replace(KNOWN, accounts=(ACCOUNT, replace(ACCOUNT, number="a-2"))), "several_accounts"),
        (hold(), replace(KNOWN, accounts=(replace(ACCOUNT, holder=""),)), "no_name_kept"),
        *(
            (hold(), replace(KNOWN, accounts=(replace(ACCOUNT, kind=kind),)), "protected_account")
            for kind in (AccountKind.JOINT, AccountKind.SALARY, AccountKind.MERCHANT, AccountKind.POOLED)
        ),
        (hold(), replace(KNOWN, missing=("stolen",)), "credits_unknown"),
        (FREEZE, KNOWN, "court_reference_given"),
        (hold(replaces=hold().order_id), replace(KNOWN, replaced=None), "replaced_unknown"),
        (about(hold(), OrderKind.RELEASE, 1), replace(KNOWN, target=Earlier(False, 0)), "target_over"),
        (about(hold(), OrderKind.RENEWAL), replace(KNOWN, target=None), "target_unknown"),
        (replace(RETURN, pay_to=None), KNOWN, "no_payee"),
        (hold(kind=OrderKind.RELEASE, target=hold().order_id), replace(KNOWN, terms=None, target=None), "no_agreement"),
    ],
)
def test_what_the_bank_knows_decides(order: OrderMessage, known: Known, code: str) -> None:
    found = decided(order, known)
    assert found is not None
    assert found[1] == code


def test_a_failed_channel_says_nothing_about_accounts() -> None:
    """A stranger must not learn from the checks whether an account exists here."""
    found = check(hold(account="nobody", credits=(credit(),)), replace(KNOWN, terms=None, accounts=()))
    assert [one.name for one in found] == ["channel"]


def test_what_an_agency_ordered_it_may_give_back_whatever_became_of_the_agreement() -> None:
    for terms in (None, replace(TERMS, kinds=())):
        assert decided(about(hold(), OrderKind.RELEASE, 600), replace(KNOWN, terms=terms)) is None


def test_every_code_has_words() -> None:
    found = check(hold(care=Care.MINOR, living_costs=1, replaces=hold().order_id), KNOWN)
    for row in check_rows(to_document(found)):
        assert row["words"]
        assert row["name"]
    assert all("%" not in str(words) or "%(" in str(words) for words in FOUND.values())


@pytest.mark.parametrize(
    ("stated", "on_account", "likeness"),
    [
        ("王小明", "王 小明", Likeness.SAME),
        ("Li Wei", "WEI, LI", Likeness.SAME),
        ("Ａ. Nobody", "a. nobody", Likeness.SAME),
        ("Wong Xin Yi", "Wong X. Y.", Likeness.ALIKE),
        ("王小明", "王小民", Likeness.ALIKE),
        ("Jon Smithe", "Smith", Likeness.OTHER),
        ("王明", "李明", Likeness.OTHER),
        ("123", "Li Wei", Likeness.ALIKE),
        ("Acme Ltd", "Acme Limited", Likeness.ALIKE),
    ],
)
def test_names_are_compared_as_people_write_them(stated: str, on_account: str, likeness: Likeness) -> None:
    assert compare(stated, on_account) is likeness
    assert compare(on_account, stated) is likeness


@given(st.text(max_size=30), st.text(max_size=30))
def test_comparing_names_never_fails_and_does_not_depend_on_the_order(one: str, other: str) -> None:
    assert compare(one, other) is compare(other, one)
