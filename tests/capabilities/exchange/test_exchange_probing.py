"""Nobody looks into our ledgers by asking: only for money that came from the asker, or that a centre vouches for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from federation_kit.one_store import Centres
from federation_kit.terms import OFFENCE, terms_between
from small_world import VICTIM, SmallWorld, at

from accord.adapters.sandbox_bank import SandboxBanks
from accord.capabilities.claims.models import Claim, Enquiry, PlanItem
from accord.capabilities.exchange.channel.services import sending
from accord.capabilities.exchange.crossborder import referrals
from accord.capabilities.exchange.kinds import MessageKind
from accord.capabilities.exchange.messages import Budget, EnquiryBody, WireCredit
from accord.capabilities.exchange.models import Alarm, ForeignEnquiry
from accord.core.clock import SteppedClock
from accord.core.object_ids import new_id

pytestmark = [pytest.mark.database, pytest.mark.django_db, pytest.mark.usefixtures("centre")]

CN, TH, SG = "CN-ASC", "TH-AOC", "SG-ASC"
COVERS = {CN: ("BANKV", "BANKA"), TH: ("BANKB",), SG: ("BANKC",)}


@pytest.fixture
def centres(day: SteppedClock, tmp_path: Path) -> Iterator[Centres]:
    """a-1 sends 7.00 to b-1 in Thailand; c-1 in Singapore sends 5.00 to b-1; b-1 sends 2.00 to b-2."""
    world = SmallWorld()
    world.pay("T0", 0, VICTIM, "a-1", 1_000)
    world.pay("T1", 1, "a-1", "b-1", 700)
    world.pay("S1", 2, "c-1", "b-1", 500)
    world.pay("B1", 3, "b-1", "b-2", 200)
    day.advance_to(at(10))
    with closing(world.banks(tmp_path)) as banks:
        yield _centres(banks)


def _centres(banks: SandboxBanks) -> Centres:
    pairs = ((CN, TH), (CN, SG), (TH, SG))
    return Centres(banks, COVERS, {pair: terms_between(*pair) for pair in pairs})


def enquiry(*credits_: WireCredit, rule: str = "fifo", **changes: Any) -> EnquiryBody:
    stated: dict[str, Any] = {
        "enquiry_id": new_id(),
        "case": "case-1",
        "offence": OFFENCE,
        "rule": rule,
        "credits": credits_,
        "budget": Budget(depth=3, answer_by=at(25)),
    }
    return EnquiryBody(**{**stated, **changes})


def credit(transfer: str, amount: int, **changes: Any) -> WireCredit:
    stated: dict[str, Any] = {
        "transfer": transfer,
        "amount": amount,
        "currency": "CNY",
        "intervals": ((0, amount),),
        "institution": "BANKB",
    }
    return WireCredit(**{**stated, **changes})


def asked(centres: Centres, body: EnquiryBody) -> dict[str, Any]:
    """CN asks TH, by hand; the last that TH says of it."""
    with centres.at(CN):
        sending.queue(TH, MessageKind.ENQUIRY, body, about=body.enquiry_id, message_id=body.enquiry_id)
    centres.carry()
    while centres.answer() or _ask_banks(centres):
        pass
    told = [one for one in centres.said(TH, CN) if UUID(str(one["enquiry_id"])) == body.enquiry_id]
    return told[-1] if told else {}


def _ask_banks(centres: Centres) -> int:
    return centres.ask()


def reason_of(told: dict[str, Any]) -> dict[str, Any]:
    """All that is told but the ids, the version and the time."""
    return {name: value for name, value in told.items() if name not in ("enquiry_id", "answered_at")}


def test_money_that_came_from_the_asker_is_followed(centres: Centres) -> None:
    told = asked(centres, enquiry(credit("T1", 700)))
    assert told["outcome"] == "answered"
    assert sum(row["amount"] for row in told["standing"]) == 700
    assert not Alarm.objects.exists()


def test_money_that_came_from_elsewhere_is_not_told_of(centres: Centres) -> None:
    told = asked(centres, enquiry(credit("S1", 500)))
    assert (told["outcome"], told["clause"]) == ("refused", "probing")
    assert not told.get("standing")
    assert not told.get("open")
    assert Alarm.objects.get().what == "probing"
    claim = Claim.objects.exclude(origin="").get()
    assert claim.state == "closed"
    assert not PlanItem.objects.filter(claim=claim).exists()
    assert not Enquiry.objects.filter(claim=claim, state="queued").exists()


def test_an_inner_transfer_is_not_told_of(centres: Centres) -> None:
    assert asked(centres, enquiry(credit("B1", 200)))["clause"] == "probing"


def test_what_does_not_exist_is_refused_in_the_same_words(centres: Centres) -> None:
    probing = asked(centres, enquiry(credit("S1", 500)))
    unknown = asked(centres, enquiry(credit("NONE", 500), case="case-2"))
    assert reason_of(unknown) == reason_of(probing)


def test_an_amount_above_the_transfers_is_refused_in_the_same_words(centres: Centres) -> None:
    above = asked(centres, enquiry(credit("T1", 701)))
    assert reason_of(above) == reason_of(asked(centres, enquiry(credit("NONE", 5), case="case-2")))


def test_one_strange_transfer_among_good_ones_refuses_them_all(centres: Centres) -> None:
    told = asked(centres, enquiry(credit("T1", 700), credit("S1", 500)))
    assert (told["outcome"], told["clause"]) == ("refused", "probing")


def word(centres: Centres, by: str, **changes: Any) -> str:
    stated: dict[str, Any] = {
        "to": TH,
        "asker": CN,
        "transfer": "S1",
        "amount": 500,
        "currency": "CNY",
        "intervals": ((0, 500),),
    }
    with centres.at(by):
        return referrals.write(**{**stated, **changes})


def test_a_referral_of_the_centre_that_the_money_left_opens_the_way(centres: Centres) -> None:
    told = asked(centres, enquiry(credit("S1", 500, referral=word(centres, SG))))
    assert told["outcome"] == "answered"
    assert sum(row["amount"] for row in told["standing"]) == 500


@pytest.mark.parametrize(
    ("by", "changes"),
    [
        (CN, {}),
        (TH, {}),
        (SG, {"asker": SG}),
        (SG, {"to": CN}),
        (SG, {"transfer": "S2"}),
        (SG, {"amount": 499}),
        (SG, {"currency": "USD"}),
        (SG, {"intervals": ((0, 499),)}),
    ],
)
def test_a_referral_that_does_not_say_so_opens_nothing(centres: Centres, by: str, changes: dict[str, Any]) -> None:
    told = asked(centres, enquiry(credit("S1", 500, referral=word(centres, by, **changes))))
    assert told["clause"] == "probing"


def test_a_referral_is_broken_by_any_changed_character(centres: Centres) -> None:
    good = word(centres, SG)
    for place in range(0, len(good), 17):
        bad = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        with centres.at(TH), pytest.raises(Exception, match=r"\w"):
            referrals.read(bad, SG, at(10))


def test_a_referral_ends(centres: Centres, day: SteppedClock) -> None:
    good = word(centres, SG)
    day.advance_to(at(60 * 24 * 31))
    told = asked(centres, enquiry(credit("S1", 500, referral=good), budget=Budget(depth=3, answer_by=at(60 * 24 * 32))))
    assert told["clause"] == "probing"


@pytest.mark.parametrize(
    ("body", "clause"),
    [
        (enquiry(credit("T1", 700), rule="poison"), "rule"),
        (enquiry(credit("T1", 700), rule="guess"), "rule"),
        (enquiry(), "credits"),
        (enquiry(credit("T1", 700, intervals=((0, 600),))), "credits"),
        (enquiry(credit("T1", 700, intervals=((0, 400), (300, 600)))), "credits"),
        (enquiry(credit("T1", 0, intervals=())), "credits"),
        (enquiry(credit("T1", 700, currency="XXZ")), "credits"),
        (enquiry(credit("T1", 700, institution="BANKC")), "territory"),
        (enquiry(credit("T1", 700), case=""), "case"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_clause(centres: Centres, body: EnquiryBody, clause: str) -> None:
    told = asked(centres, body)
    assert (told["outcome"], told["clause"]) == ("refused", clause)
    assert not Claim.objects.exclude(origin="").exists()


def test_the_same_enquiry_again_is_answered_again_and_opens_nothing(centres: Centres) -> None:
    body = enquiry(credit("T1", 700))
    first = asked(centres, body)
    from accord.capabilities.exchange.crossborder.services.enquiries import enquiries
    from accord.capabilities.exchange.models import Incoming

    with centres.at(TH):
        enquiries.take(Incoming.objects.get(pk=body.enquiry_id), msgspec.convert(msgspec.to_builtins(body), EnquiryBody))
    while centres.answer():
        pass
    again = centres.said(TH, CN)[-1]
    assert (first["standing"], first.get("version", 1) + 1) == (again["standing"], again["version"])
    assert ForeignEnquiry.objects.count() == 1
    assert Claim.objects.exclude(origin="").count() == 1


def test_a_repeat_of_a_case_is_the_claim_that_it_has(centres: Centres) -> None:
    asked(centres, enquiry(credit("T1", 700)))
    asked(centres, enquiry(credit("T1", 700)))
    assert Claim.objects.exclude(origin="").count() == 1
    older, newer = ForeignEnquiry.objects.order_by("received_at", "pk")
    assert {older.claim_id is None, newer.claim_id is None} == {True, False}
