"""The life of an agreement at this node; the other side signs with its own key, in a message or a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from federation_kit.partner_centre import OtherCentre, confirmed_partner
from federation_kit.partner_side import HERE, THERE, handled, news, signature, signed_with
from federation_kit.terms import terms_between, with_party
from small_world import NOON

from accord.capabilities.exchange.agreements import documents, queries
from accord.capabilities.exchange.agreements.services import agreements
from accord.capabilities.exchange.agreements.templates import read_file, template
from accord.capabilities.exchange.agreements.terms import AgreementTerms
from accord.capabilities.exchange.errors import Refused
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.models import Agreement, AgreementState, Outgoing
from accord.capabilities.exchange.partners.services import own_keys, partners
from accord.capabilities.people.models import AuditEntry, User
from accord.capabilities.people.policy import OPERATOR
from accord.core.clock import SteppedClock
from accord.core.errors import BadInput, Conflict, NotAllowed, NotFound


@pytest.fixture
def other(centre: None, day: SteppedClock) -> OtherCentre:
    own_keys.make_keys(OPERATOR)
    found = OtherCentre(THERE)
    confirmed_partner(found)
    return found


@pytest.fixture
def terms() -> AgreementTerms:
    return terms_between(HERE, THERE)


def said() -> list[str]:
    """What was told to the partner about agreements, oldest first."""
    kinds = (MessageKind.AGREEMENT, MessageKind.ASK_FIRST)
    return [row.body.get("what", row.body.get("on")) for row in Outgoing.objects.filter(kind__in=kinds).order_by("sequence")]


def only() -> Agreement:
    return Agreement.objects.get()


def test_offered_here_and_signed_there_it_is_in_force(other: OtherCentre, terms: AgreementTerms) -> None:
    drafted = agreements.draft(OPERATOR, terms)
    assert said() == []
    offered = agreements.offer(OPERATOR, drafted.pk)
    assert (offered.state, offered.signed_by, said()) == (AgreementState.OFFERED, "operator", ["offer"])
    with pytest.raises(Refused):
        queries.in_force(THERE)
    body = Outgoing.objects.get(kind=MessageKind.AGREEMENT).body
    assert documents.hash_of(body["document"]) == offered.hash
    assert set(body["signatures"]) == {HERE}
    handled(MessageKind.AGREEMENT, news(other, "sign", offered.document))
    agreement = queries.in_force(THERE)
    assert (agreement.partner, agreement.hash, agreement.terms, agreement.ask_first) == (THERE, offered.hash, terms, False)
    assert queries.by_hash(THERE, offered.hash) == agreement
    actions = list(AuditEntry.objects.filter(object_type="agreement").values_list("action", flat=True))
    assert actions == ["agreement drafted", "agreement offered", "agreement signed by the partner"]


def test_offered_there_and_signed_here(other: OtherCentre, terms: AgreementTerms, supervisor: User) -> None:
    handled(MessageKind.AGREEMENT, news(other, "offer", documents.document(terms)))
    assert only().state == AgreementState.RECEIVED
    agreements.sign(supervisor, only().pk)
    assert (only().state, only().signed_by, said()) == (AgreementState.SIGNED, "supervisor", ["sign"])
    assert queries.in_force(THERE).terms == terms
    told = Outgoing.objects.get(kind=MessageKind.AGREEMENT).body
    assert set(told["signatures"]) == {HERE, THERE}
    handled(MessageKind.AGREEMENT, news(other, "offer", documents.document(terms)))  # told again
    assert only().state == AgreementState.SIGNED


def test_both_offer_the_same_document(other: OtherCentre, terms: AgreementTerms) -> None:
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    handled(MessageKind.AGREEMENT, news(other, "offer", row.document))
    assert queries.in_force(THERE).hash == row.hash


def test_declined_on_either_side(other: OtherCentre, terms: AgreementTerms, supervisor: User) -> None:
    handled(MessageKind.AGREEMENT, news(other, "offer", documents.document(terms)))
    with pytest.raises(BadInput, match="say why"):
        agreements.decline(supervisor, only().pk, " ")
    agreements.decline(supervisor, only().pk, "No basis for the transfer.")
    assert (only().state, only().reason, said()) == (AgreementState.DECLINED, "No basis for the transfer.", ["decline"])
    handled(MessageKind.AGREEMENT, news(other, "offer", documents.document(terms)))
    assert only().state == AgreementState.RECEIVED
    Agreement.objects.all().delete()
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    handled(MessageKind.AGREEMENT, news(other, "decline", row.document, signatures={}, reason="Not now."))
    assert (only().state, only().reason) == (AgreementState.DECLINED, "Not now.")
    with pytest.raises(Refused):
        queries.by_hash(THERE, row.hash)


def test_either_side_ends_it_at_once(other: OtherCentre, terms: AgreementTerms, day: SteppedClock) -> None:
    row = signed_with(other, terms)
    agreements.end(OPERATOR, row.pk, "The law has changed.")
    assert said() == ["offer", "end"]
    with pytest.raises(Refused) as refused:
        queries.in_force(THERE)
    assert refused.value.clause == "agreement"
    over = queries.by_hash(THERE, row.hash)
    assert (over.over_since, over.replaced) == (NOON, False)
    assert queries.winding_up(THERE) == over
    with pytest.raises(Conflict):
        agreements.end(OPERATOR, row.pk, "again")


def test_the_partner_ends_it(other: OtherCentre, terms: AgreementTerms) -> None:
    row = signed_with(other, terms)
    handled(MessageKind.AGREEMENT, news(other, "end", row.document, signatures={}, reason="The law has changed."))
    assert (only().state, only().reason) == (AgreementState.ENDED, "The law has changed.")
    with pytest.raises(Refused):
        queries.in_force(THERE)


def test_an_offer_that_was_withdrawn_while_it_was_signed_never_was_in_force(other: OtherCentre, terms: AgreementTerms) -> None:
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    agreements.end(OPERATOR, row.pk, "A mistake in it.")
    handled(MessageKind.AGREEMENT, news(other, "sign", row.document))
    assert (only().state, only().partner_signature) == (AgreementState.ENDED, "")
    for ask in (lambda: queries.by_hash(THERE, row.hash), lambda: queries.winding_up(THERE)):
        with pytest.raises(Refused):
            ask()


def test_only_a_draft_is_dropped(other: OtherCentre, terms: AgreementTerms) -> None:
    row = agreements.draft(OPERATOR, terms)
    agreements.discard(OPERATOR, row.pk)
    assert not Agreement.objects.exists()
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    with pytest.raises(Conflict):
        agreements.discard(OPERATOR, row.pk)


def test_a_partner_that_is_no_longer_trusted_does_not_keep_it_from_being_ended(
    other: OtherCentre, terms: AgreementTerms
) -> None:
    row = signed_with(other, terms)
    partners.revoke(OPERATOR, THERE, "Its keys were stolen.")
    agreements.end(OPERATOR, row.pk, "The partner's keys were stolen.")
    assert (only().state, said()) == (AgreementState.ENDED, ["offer"])


@pytest.mark.parametrize(
    ("forged", "clause"),
    [
        ({"signatures": {}}, "suite"),
        ({"signatures": {THERE: "a.b.c"}}, "suite"),
        ({"type_": "accord+jws"}, "suite"),
        ({"agency": HERE}, "agreement"),
        ({"hash_": "0" * 64}, "agreement"),
        ({"signer": OtherCentre}, "key"),
        ({"flip": True}, "seal"),
    ],
)
def test_a_signature_that_is_not_the_partners_puts_nothing_in_force(
    other: OtherCentre, terms: AgreementTerms, forged: dict[str, Any], clause: str
) -> None:
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    body = news(other, "sign", row.document)
    if "signatures" in forged:
        body |= forged
    else:
        signer = OtherCentre(THERE) if forged.pop("signer", None) else other
        flip = forged.pop("flip", False)
        made = signature(signer, row.document, **forged)
        head, payload, seal = made.split(".")
        body["signatures"] = {THERE: f"{head}.{payload}.{'B' if seal[0] == 'A' else 'A'}{seal[1:]}" if flip else made}
    with pytest.raises(Refused) as refused:
        handled(MessageKind.AGREEMENT, body)
    assert (refused.value.clause, only().state) == (clause, AgreementState.OFFERED)


def test_one_changed_word_is_another_agreement(other: OtherCentre, terms: AgreementTerms) -> None:
    """What the partner signed is what counts: a document changed on the way is not the one that was offered."""
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    changed = {**row.document, "retention_days": 3_650}
    with pytest.raises(Refused):
        handled(MessageKind.AGREEMENT, {**news(other, "sign", row.document), "document": changed})
    with pytest.raises(Refused):  # and one that only the partner signed is not one that this side has signed
        handled(MessageKind.AGREEMENT, news(other, "sign", changed))
    assert list(Agreement.objects.values_list("hash", "state")) == [(row.hash, AgreementState.OFFERED)]


def test_an_agreement_of_two_others_is_not_taken(other: OtherCentre) -> None:
    for pair in ((THERE, "MY-NFP"), (HERE, "MY-NFP")):
        with pytest.raises(Refused) as refused:
            handled(MessageKind.AGREEMENT, news(other, "offer", documents.document(terms_between(*pair))))
        assert refused.value.clause == "agreement"
    with pytest.raises(BadInput, match="is no party"):
        agreements.draft(OPERATOR, terms_between(THERE, "MY-NFP"))
    assert not Agreement.objects.exists()


def test_a_restored_node_gets_back_what_it_had_signed(other: OtherCentre, terms: AgreementTerms) -> None:
    row = signed_with(other, terms)
    own, document = row.own_signature, row.document
    Agreement.objects.all().delete()
    body = news(other, "sign", document)
    body["signatures"][HERE] = own
    handled(MessageKind.AGREEMENT, body)
    assert (only().state, queries.in_force(THERE).hash) == (AgreementState.SIGNED, row.hash)


def test_a_change_takes_the_place_of_the_old_one_when_it_begins(
    other: OtherCentre, terms: AgreementTerms, day: SteppedClock
) -> None:
    old = signed_with(other, terms)
    changed = msgspec.structs.replace(terms, retention_days=30, starts_at=NOON + timedelta(days=1))
    with pytest.raises(Conflict, match="replaces"):
        agreements.offer(OPERATOR, agreements.draft(OPERATOR, changed).pk)
    new = signed_with(other, msgspec.structs.replace(changed, replaces=old.hash))
    assert queries.in_force(THERE).hash == old.hash
    day.advance_to(NOON + timedelta(days=1))
    assert queries.in_force(THERE).hash == new.hash
    replaced = queries.by_hash(THERE, old.hash)
    assert (replaced.over_since, replaced.replaced) == (NOON + timedelta(days=1), True)
    before = queries.predecessor(new)
    assert before is not None
    assert [(one.path, one.before, one.after) for one in documents.diff(before.document, new.document)] == [
        ("retention_days", 90, 30),
        ("starts_at", "2026-01-01T00:00:00Z", "2026-03-21T12:00:00Z"),
        ("replaces", "", old.hash),
    ]


def test_a_change_that_ended_before_it_began_has_replaced_nothing(
    other: OtherCentre, terms: AgreementTerms, day: SteppedClock
) -> None:
    old = signed_with(other, terms)
    new = signed_with(other, msgspec.structs.replace(terms, starts_at=NOON + timedelta(days=1), replaces=old.hash))
    agreements.end(OPERATOR, new.pk, "We think again.")
    day.advance_to(NOON + timedelta(days=2))
    assert queries.in_force(THERE).hash == old.hash


def test_nothing_is_in_force_before_its_start_and_after_its_end(
    other: OtherCentre, terms: AgreementTerms, day: SteppedClock
) -> None:
    starts, ends = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    row = signed_with(other, msgspec.structs.replace(terms, starts_at=starts, ends_at=ends))
    for moment, counts in ((NOON, False), (starts, True), (ends - timedelta(seconds=1), True), (ends, False)):
        day.advance_to(moment)
        if counts:
            assert queries.in_force(THERE).hash == row.hash
            continue
        with pytest.raises(Refused):
            queries.in_force(THERE)


def test_a_template_is_not_signed_as_it_is(other: OtherCentre) -> None:
    drafted = agreements.draft(OPERATOR, read_file(template(HERE, THERE).encode(), "agreement.toml"))
    with pytest.raises(BadInput, match=r"liability.* still say what the template says"):
        agreements.offer(OPERATOR, drafted.pk)
    assert only().state == AgreementState.DRAFT


def test_the_same_by_file(other: OtherCentre, terms: AgreementTerms) -> None:
    row = agreements.offer(OPERATOR, agreements.draft(OPERATOR, terms).pk)
    exported = msgspec.json.decode(agreements.export_file(OPERATOR, row.pk))
    assert (exported["what"], set(exported["signatures"])) == ("offer", {HERE})
    there = msgspec.json.encode({**news(other, "sign", row.document), "signatures": {THERE: signature(other, row.document)}})
    assert agreements.import_file(OPERATOR, there).state == AgreementState.SIGNED
    with pytest.raises(Conflict, match="not known here"):
        agreements.import_file(OPERATOR, there)
    with pytest.raises(BadInput):
        agreements.import_file(OPERATOR, b"{}")
    with pytest.raises(BadInput):
        agreements.import_file(OPERATOR, msgspec.json.encode(news(other, "end", row.document)))


def test_ask_first_holds_at_once_and_a_later_switch_wins(
    other: OtherCentre, terms: AgreementTerms, liaison: User, supervisor: User, officer: User
) -> None:
    with pytest.raises(NotFound):
        agreements.set_ask_first(supervisor, THERE, True)
    row = signed_with(other, terms)
    with pytest.raises(NotAllowed):
        agreements.set_ask_first(officer, THERE, True)
    agreements.set_ask_first(liaison, THERE, True)
    assert queries.in_force(THERE).ask_first
    with pytest.raises(NotAllowed):
        agreements.set_ask_first(liaison, THERE, False)
    agreements.set_ask_first(supervisor, THERE, False)
    agreements.set_ask_first(supervisor, THERE, False)  # is so already
    assert said() == ["offer", True, False]
    switch = {"agreement": row.hash, "on": True, "version": 2}
    handled(MessageKind.ASK_FIRST, switch)
    handled(MessageKind.ASK_FIRST, {**switch, "on": False, "version": 1})  # said before, heard later
    assert queries.in_force(THERE).ask_first
    with pytest.raises(Refused):
        handled(MessageKind.ASK_FIRST, {**switch, "agreement": "0" * 64})


def test_who_asked_first_still_does_under_a_change(other: OtherCentre, terms: AgreementTerms) -> None:
    old = signed_with(other, terms)
    agreements.set_ask_first(OPERATOR, THERE, True)
    signed_with(other, msgspec.structs.replace(terms, retention_days=30, replaces=old.hash))
    assert queries.in_force(THERE).terms.retention_days == 30
    assert queries.in_force(THERE).ask_first


def test_who_may_do_what(
    other: OtherCentre, terms: AgreementTerms, officer: User, liaison: User, administrator: User, supervisor: User
) -> None:
    for stranger in (officer, administrator):
        with pytest.raises(NotAllowed):
            agreements.draft(stranger, terms)
    row = agreements.draft(liaison, terms)
    for act in (agreements.offer, agreements.sign):
        with pytest.raises(NotAllowed):
            act(liaison, row.pk)
    assert queries.agreements(administrator).count() == 0
    with pytest.raises(NotFound):
        queries.agreement(administrator, row.pk)
    assert queries.agreement(officer, row.hash[:8]) == row
    assert agreements.offer(supervisor, row.pk).state == AgreementState.OFFERED


def test_an_agreement_with_whom_is_no_confirmed_partner_is_not_drafted(centre: None, day: SteppedClock) -> None:
    with pytest.raises(Refused) as refused:
        agreements.draft(OPERATOR, terms_between(HERE, THERE))
    assert refused.value.clause == "partner"


def test_the_same_twice_is_said(other: OtherCentre, terms: AgreementTerms) -> None:
    agreements.draft(OPERATOR, terms)
    with pytest.raises(Conflict, match="already"):
        agreements.draft(OPERATOR, terms)
    with pytest.raises(BadInput, match="replaces"):
        agreements.draft(OPERATOR, with_party(msgspec.structs.replace(terms, replaces="0" * 64), HERE, confirm_hours=1))
