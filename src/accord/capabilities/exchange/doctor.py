"""What a centre needs to speak with partners: keys that open, a card that is up to date, contacts that were called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

from accord.core.errors import AccordError, NotFound
from accord.core.findings import Finding, State

if TYPE_CHECKING:
    from accord.capabilities.exchange.models import OwnKey

_RENEWED_WITHIN: Final = timedelta(days=2)
"""How long a key may be past its age before a missing worker is suspected."""


def examine() -> Iterator[Finding]:
    """Findings about keys and partners; the operational store is ready. Nothing where the node takes no part in it."""
    from accord.capabilities.exchange.partners import queries as partners
    from accord.capabilities.people.policy import OPERATOR

    keys = list(partners.own_keys(OPERATOR))
    if not keys:
        yield Finding("Keys for partners", State.OK, "none; accord partners keys make, where this node has partners")
        return
    yield _keys(keys)
    yield _passphrase()
    yield _card()
    yield _partners()


def _keys(keys: list[OwnKey]) -> Finding:
    from accord.capabilities.exchange.models import KeyUse
    from accord.capabilities.exchange.partners.keyring import ring
    from accord.capabilities.exchange.partners.services import own_cards, own_keys
    from accord.core import clock

    name = "Keys for partners"
    try:
        ring().sign(own_keys.current(KeyUse.SIGNING).kid, b"")
        newest = own_keys.current(KeyUse.ENCRYPTION)
    except AccordError as error:
        remedy = "Put the passphrase back; where it is lost: accord partners keys rotate, and compare words anew."
        return Finding(name, State.WARNING, str(error), remedy)
    if clock.now() - newest.made_at > own_cards.LIFE[KeyUse.ENCRYPTION] + _RENEWED_WITHIN:
        found = f"not renewed since {clock.to_iso(newest.made_at.replace(microsecond=0))}"
        return Finding(name, State.WARNING, found, "Start a worker: accord node work")
    return Finding(name, State.OK, f"{len(keys)}, encrypted on the disk")


def _passphrase() -> Finding:
    stated = settings.ACCORD_KEY_PASSPHRASE_FILE
    name = "Passphrase of the keys"
    if stated is None:
        found = "lies beside the keys: it protects only backups, which leave it out"
        remedy = "accord partners keys passphrase FILE, with a file outside the home, then set key_passphrase_file."
        return Finding(name, State.WARNING, found, remedy)
    try:
        mode = stated.stat().st_mode
    except OSError as error:
        return Finding(
            name, State.WARNING, f"{stated}: {error.strerror}", "Put the file back, or name it in key_passphrase_file."
        )
    if mode & 0o077:
        return Finding(name, State.WARNING, f"{stated} is open to other users", f"chmod 600 {stated}")
    return Finding(name, State.OK, str(stated))


def _card() -> Finding:
    from accord.capabilities.exchange.partners.services import own_cards
    from accord.core import clock

    name = "Partner card"
    try:
        card = own_cards.current()
    except NotFound as error:
        return Finding(name, State.WARNING, error.message, "accord partners keys make")
    if not own_cards.is_up_to_date(card):
        return Finding(name, State.WARNING, "says something else than the settings", "accord partners card issues a new one.")
    return Finding(name, State.OK, f"number {card.serial}, of {clock.to_iso(card.issued_at.replace(microsecond=0))}")


def _partners() -> Finding:
    from accord.capabilities.exchange.partners import queries as partners
    from accord.capabilities.people.policy import OPERATOR

    name = "Partners"
    count = partners.partners(OPERATOR).count()
    if unseen := partners.alarms(OPERATOR).count():
        return Finding(name, State.WARNING, f"{count}; {unseen} alarms that nobody has looked at", "accord partners alarms")
    if overdue := [partner.code for partner in partners.tests_overdue()]:
        found = f"{count}; the contact of {', '.join(overdue)} was not called for more than a month"
        return Finding(name, State.WARNING, found, "Call it, then: accord partners test-call CODE answered")
    return Finding(name, State.OK, f"{count}")
