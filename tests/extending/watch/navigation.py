from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accord.capabilities.navigation import Entry
from watch.permissions import WatchPermission

LINKS = (Entry(label=_("Watches"), page="watch:list", rank=85, needs=(WatchPermission.READ,), here=("watch:*",)),)
