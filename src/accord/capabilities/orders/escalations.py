"""Whom to call when a receiver stays silent: a contact list, climbed by clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Q

from accord.capabilities.orders.models import Contact, Order


def contact_at(institution: str, step: int) -> Contact | None:
    """The institution's own contact at a step, else the one that serves every institution."""
    found = Contact.objects.filter(Q(institution=institution) | Q(institution=""), step=step)
    return found.order_by("-institution").first()


def contacts_at(institutions: Collection[str], step: int) -> dict[str, Contact]:
    """The same for many institutions; those for which nobody is listed at the step are left out."""
    if not institutions:
        return {}
    found = {contact.institution: contact for contact in Contact.objects.filter(institution__in=["", *institutions], step=step)}
    return {name: found.get(name) or found[""] for name in institutions if name in found or "" in found}


def escalation_at(order: Order, step: int) -> datetime | None:
    return escalates_at(order, contact_at(order.institution, step))


def escalates_at(order: Order, contact: Contact | None) -> datetime | None:
    """When an order that stays unanswered goes to this contact; None where nobody is listed."""
    return order.answer_due_at + timedelta(minutes=contact.after_minutes) if contact else None
