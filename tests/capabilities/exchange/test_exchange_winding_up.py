"""What still crosses when an agreement is over or another took its place: every kind of message, out and in, as documented."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from federation_kit.partner_centre import OtherCentre, confirmed_partner
from federation_kit.partner_side import HERE, THERE, signed_with
from federation_kit.terms import in_force_at, terms_between
from small_world import NOON
from test_exchange_clauses import SAMPLES, order

from accord.capabilities.exchange.agreements import queries
from accord.capabilities.exchange.agreements.enforcement import admit
from accord.capabilities.exchange.agreements.labelling import to_json
from accord.capabilities.exchange.agreements.services import agreements as acts
from accord.capabilities.exchange.agreements.terms import AgreementTerms, Clocks
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import UNDER_NO_AGREEMENT, MessageKind
from accord.capabilities.exchange.messages import BODIES, RelabelBody
from accord.capabilities.exchange.models import Agreement, AgreementState
from accord.capabilities.exchange.partners.services import own_keys
from accord.capabilities.people.policy import OPERATOR
from accord.core.clock import SteppedClock
from accord.core.labels import Label

PAGE = Path(__file__).parents[3] / "docs" / "agreements.md"
RELEASE = "order, a release"
CLOCK = timedelta(hours=10)
NO, FOR_THE_CLOCK, ALWAYS, NEEDS_NONE = "no", "for the longest clock", "always", "needs none"
PASSES: Final = {
    NO: (False, False, False),
    FOR_THE_CLOCK: (True, False, False),
    ALWAYS: (True, True, True),
}
"""Whether it passes just within the clock, when it has run, and years later."""
MOMENTS: Final = (CLOCK - timedelta(minutes=1), CLOCK, timedelta(days=3_000))


def documented() -> dict[str, tuple[str, str, str]]:
    """kind: (arrives after a change, leaves after an end, arrives after an end), as the page says."""
    text = PAGE.read_text(encoding="utf-8")
    table = text[text.index("| kind of message |") :].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    if not all(len(row) == 4 for row in rows):
        raise AssertionError(rows)
    return {
        kind: (changed, leaves, arrives)
        for kinds, changed, leaves, arrives in rows
        for kind in ([kinds] if kinds == RELEASE else re.split(", ", kinds))
    }


TABLE: Final = documented()
UNDER_ONE: Final = sorted(set(TABLE) - {str(kind) for kind in UNDER_NO_AGREEMENT})


def sample(kind: str) -> tuple[MessageKind, Any]:
    if kind == RELEASE:
        return MessageKind.ORDER, order(kind="release", target=uuid4())
    if kind == MessageKind.RELABEL:
        return MessageKind.RELABEL, RelabelBody(message=uuid4(), label=to_json(Label(originator=HERE)))
    return MessageKind(kind), SAMPLES[MessageKind(kind)]()


@pytest.fixture
def terms() -> AgreementTerms:
    return terms_between(HERE, THERE, clocks=Clocks(request_hours=10))


def test_the_table_names_every_kind_of_message() -> None:
    assert set(TABLE) == {*MessageKind, RELEASE}
    assert {kind for kind, cells in TABLE.items() if NEEDS_NONE in cells} == {*UNDER_NO_AGREEMENT}
    assert {*UNDER_ONE} == {*BODIES, RELEASE}


def passes(terms: AgreementTerms, kind: str, node: str, ago: timedelta, *, replaced: bool) -> bool:
    """Whether HERE's message passes the gate of `node` so long after the agreement was over."""
    over = replace(in_force_at(node, terms), over_since=NOON - ago, replaced=replaced)
    try:
        admit(over, HERE, *sample(kind), None)
    except Refused as refused:
        if refused.clause != "dates":
            raise
        return False
    return True


@pytest.mark.usefixtures("day")
@pytest.mark.parametrize("kind", UNDER_ONE)
def test_what_passes_and_how_long(terms: AgreementTerms, kind: str) -> None:
    changed, leaves, arrives = TABLE[kind]
    for documented_as, node, replaced in ((changed, THERE, True), (leaves, HERE, False), (arrives, THERE, False)):
        found = tuple(passes(terms, kind, node, ago, replaced=replaced) for ago in MOMENTS)
        assert found == PASSES[documented_as], (kind, node, replaced)
    assert passes(terms, kind, THERE, timedelta(seconds=1), replaced=True), "what was queued before a change arrives"
    asked_at_once = passes(terms, kind, HERE, timedelta(), replaced=False)
    assert asked_at_once == (leaves != NO), "an end counts at once for whoever asks"


@pytest.fixture
def agreement(centre: None, day: SteppedClock, terms: AgreementTerms) -> Agreement:
    own_keys.make_keys(OPERATOR)
    other = OtherCentre(THERE)
    confirmed_partner(other)
    return signed_with(other, terms)


@pytest.mark.database
@pytest.mark.django_db
@pytest.mark.parametrize("kind", UNDER_ONE)
def test_what_leaves_this_node_after_an_end(agreement: Agreement, day: SteppedClock, kind: str) -> None:
    """Through the one way out, with the agreement that it finds for the message."""
    acts.end(OPERATOR, agreement.pk, "The law has changed.")
    for moment, expected in zip(MOMENTS[:2], PASSES[TABLE[kind][1]], strict=False):
        day.advance_to(NOON + moment)
        try:
            sent = sending.queue(THERE, *sample(kind))
        except Refused:
            assert not expected, (kind, moment)
        else:
            assert expected, (kind, moment)
            assert sent.agreement == agreement.hash


@pytest.mark.database
@pytest.mark.django_db
def test_an_offer_that_was_withdrawn_later_takes_nothing_from_what_is_wound_up(agreement: Agreement, day: SteppedClock) -> None:
    acts.end(OPERATOR, agreement.pk, "The law has changed.")
    Agreement.objects.create(
        partner_id=THERE,
        hash="f" * 64,
        document={},
        state=AgreementState.ENDED,
        own_signature="ours",
        drafted_at=NOON,
        starts_at=NOON,
        ends_at=NOON,
    )
    assert queries.winding_up(THERE).hash == agreement.hash
    sending.queue(THERE, *sample(RELEASE))
