"""Whom to call when a receiver stays silent: a contact list, climbed by clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from accord.capabilities.orders.models import Contact, Order


def contact_at(institution: str, step: int) -> Contact | None:
    """The institution's own contact at a step, else the one that serves every institution."""
    found = Contact.objects.filter(Q(institution=institution) | Q(institution=""), step=step)
    return found.order_by("-institution").first()


def first_escalation_at(order: Order) -> datetime | None:
    """When an order that stays unanswered goes to the first contact; None where nobody is listed."""
    return escalation_at(order, 1)


def escalation_at(order: Order, step: int) -> datetime | None:
    contact = contact_at(order.institution, step)
    return order.answer_due_at + timedelta(minutes=contact.after_minutes) if contact else None
