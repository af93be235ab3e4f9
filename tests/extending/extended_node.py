"""A day of a node with the example capability; prints as one JSON document what happened.

Run in a process of its own, under the settings of `extended_settings`, in a new home.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client, override_settings
    from django.utils import translation

    call_command("migrate", verbosity=0)
    from watch import services
    from watch.audit import WatchAudit
    from watch.models import Watch
    from watch.permissions import WatchPermission

    from accord.capabilities.people.models import AuditEntry, Role
    from accord.capabilities.people.policy import as_markdown, decides, permission_of
    from accord.capabilities.people.queries import first_broken_audit_entry
    from accord.capabilities.people.services import create_user
    from accord.core import clock
    from accord.core.errors import NotAllowed
    from accord.node.doctor import examine
    from accord.node.home import Home
    from accord.node.worker import Clocks
    from accord.web.vocabulary import action_label, value_label

    officer = create_user("lin", "four plain words", Role.OFFICER)
    supervisor = create_user("chen", "four plain words", Role.SUPERVISOR)
    auditor = create_user("wang", "four plain words", Role.AUDITOR)
    found: dict[str, Any] = {}
    try:
        services.begin(officer, "BANKA", "6217000010000000007", clock.now())
    except NotAllowed as error:
        found["refused"] = str(error)
    now = clock.now()
    services.begin(supervisor, "BANKA", "6217000010000000007", now + timedelta(hours=1))
    due = services.begin(supervisor, "BANKB", "6217000010000000008", now)

    clocks = Clocks()
    found["clock"] = [
        clocks.keep(clock.now()),
        Watch.objects.get(pk=due.pk).state,
        Watch.objects.filter(state="running").count(),
    ]

    with override_settings(ACCORD_SECOND_FACTOR="off", ALLOWED_HOSTS=["testserver"]):
        for name, user in {"officer": officer, "auditor": auditor}.items():
            client = Client()
            client.force_login(user)
            page = client.get("/watch/")
            found[name] = [page.status_code, "0007" in page.text, 'href="/watch/"' in client.get("/account/").text]

    actions = list(AuditEntry.objects.filter(action__startswith="watch").order_by("seq").values_list("action", flat=True))
    found["audit"] = [actions, first_broken_audit_entry()]
    with translation.override("zh-hans"):
        found["chinese"] = [action_label(WatchAudit.ENDED), value_label("watch_state", "ended")]
    found["permission"] = [permission_of("watches:begin") is WatchPermission.BEGIN, decides(Role.SUPERVISOR)]
    found["docs"] = [line for line in as_markdown().splitlines() if "watches:" in line]
    found["doctor"] = [
        [finding.name, finding.state, finding.found]
        for finding in examine(Home.from_environment())
        if finding.name == "Watches"
    ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
