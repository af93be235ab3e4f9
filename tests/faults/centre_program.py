"""What people do at one centre, in a process of its own on the centre's home: run as a program by `centres.Centres`.

It takes {"do": name, "with": {…}} a line and answers {"done": …} or {"error": …}. It ends when its input does.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from accord.node.home import Home
from accord.node.serve import prepare

HOME = Home.from_environment()
PASSWORD = "four plain words together"
PEOPLE = ("officer", "supervisor", "liaison", "administrator")


def user(name: str) -> Any:
    from accord.capabilities.people.models import User

    return User.objects.get(username=name)


def open_centre() -> dict[str, str]:
    """People and keys; the centre's card. Nobody signs in with a password here, so none need be slow to guess."""
    from django.conf import settings
    from django.contrib.auth.hashers import get_hashers

    from accord.capabilities.exchange.partners.services import own_keys
    from accord.capabilities.people import services as people
    from accord.capabilities.people.models import Role

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    get_hashers.cache_clear()
    for name in PEOPLE:
        people.create_user(name, PASSWORD, Role(name))
    people.create_user("colleague", PASSWORD, Role.OFFICER)
    own_keys.make_keys(user("administrator"))
    return {"card": card()}


def card() -> str:
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services import own_cards

    return base64.b64encode(cards.card_bytes(own_cards.current().signed)).decode()


def meet(card: str, words: list[str] | None = None) -> None:
    """Take another centre's card and compare its words: those that somebody there reads out, else those that they would."""
    from accord.capabilities.exchange.partners import cards
    from accord.capabilities.exchange.partners.services import partners

    data = base64.b64decode(card)
    partner = partners.add(user("administrator"), data)
    words = words or cards.words(cards.read_card(data), "en")
    asked = partners.asked_words(partner, user("administrator"))
    partners.confirm(user("administrator"), partner.code, {place: words[place - 1] for place in asked})


def offer(document: dict[str, Any]) -> str:
    """Sign an agreement for this side; the file for the other."""
    from accord.capabilities.exchange.agreements import documents
    from accord.capabilities.exchange.agreements.services import agreements

    head = user("supervisor")
    row = agreements.draft(head, documents.read(document))
    agreements.offer(head, row.pk)
    return agreements.export_file(head, row.pk).decode()


def sign(file: str) -> str:
    """Sign what another centre offers; the file with both signatures."""
    from accord.capabilities.exchange.agreements.services import agreements

    head = user("supervisor")
    row = agreements.import_file(head, file.encode())
    agreements.sign(head, row.pk)
    return agreements.export_file(head, row.pk).decode()


def conclude(file: str) -> None:
    """Take the other side's signature."""
    from accord.capabilities.exchange.agreements.services import agreements

    agreements.import_file(user("supervisor"), file.encode())


def rotate_keys() -> None:
    from accord.capabilities.exchange.partners.services import own_keys

    own_keys.rotate(user("administrator"))


def call(payer: str, payee: str, payer_bank: str, payee_bank: str, amount: int, about: str, callback: str) -> str:
    """A victim calls; the claim's id."""
    from accord.capabilities.claims.models import Claim
    from accord.capabilities.orders import services as orders
    from accord.capabilities.reports.services import CallFacts
    from accord.core.money import Money

    facts = CallFacts(
        callback_number=callback,
        payer_bank=payer_bank,
        payer_account=payer,
        payee_account=payee,
        payee_bank=payee_bank,
        amount=Money(amount, "CNY"),
        about_when=datetime.fromisoformat(about),
        still_pending=False,
    )
    order = orders.respond_to_call(user("officer"), facts).order
    return str(Claim.objects.get(pk=order.claim_id).pk)


def approve() -> int:
    """Approve what plans of this centre's own claims propose, by as many officers as the regime asks for; how many lines."""
    from accord.capabilities.claims.models import PlanItem
    from accord.capabilities.orders import services as orders
    from accord.capabilities.orders.models import Order
    from accord.core.errors import AccordError

    done = 0
    proposed = PlanItem.objects.filter(state="proposed", claim__origin="")
    for claim_id in {item.claim_id for item in proposed}:
        items = list(proposed.filter(claim=claim_id).values_list("pk", flat=True))
        try:
            orders.approve_plan(user("officer"), claim_id, items)
            done += len(items)
        except AccordError as error:
            sys.stderr.write(f"{error}\n")
    drafts = list(Order.objects.filter(state="draft").values_list("pk", flat=True))
    for order_id in drafts:
        try:
            orders.approve(user("colleague"), [order_id])
            done += 1
        except AccordError as error:
            sys.stderr.write(f"{error}\n")
    return done


def accept() -> int:
    """Let what partners ask for become orders of ours; how many. Drafts that wait for a second officer are approved."""
    from accord.capabilities.exchange.crossborder.queries import orders as queries
    from accord.capabilities.exchange.crossborder.services.orders import foreign_orders
    from accord.core.errors import AccordError

    officer, done = user("officer"), 0
    for foreign in queries.waiting(officer).filter(state="proposed"):
        try:
            foreign_orders.decide(officer, foreign.pk, True, "the partner's case is sound")
            done += 1
        except AccordError as error:
            sys.stderr.write(f"{error}\n")
    return done + approve()


COMMANDS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (open_centre, card, meet, offer, sign, conclude, rotate_keys, call, approve, accept)
}


def main() -> None:
    prepare(HOME)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"done": COMMANDS[asked["do"]](**asked["with"])}
        except Exception as error:  # noqa: BLE001 - the test is told, whatever went wrong
            import traceback

            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
