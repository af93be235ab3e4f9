from __future__ import annotations

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from accord.capabilities.transitions import Machine, Move, moves_of
from watch.errors import Msg


class State(TextChoices):
    RUNNING = "running", _("Running")
    ENDED = "ended", _("Over")


class Event(StrEnum):
    END = "end"


LIFE = Machine(Msg.NO_SUCH_STEP, moves_of([Move(State.RUNNING, Event.END, State.ENDED)]))
