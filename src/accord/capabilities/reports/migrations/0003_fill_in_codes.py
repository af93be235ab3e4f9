from __future__ import annotations

from typing import Any

from django.db import migrations

from accord.core.object_ids import new_code


def fill_in(apps: Any, _editor: Any) -> None:
    """Each report gets a code of its own: adding the column gave all of them the same one."""
    for report in apps.get_model("reports", "Report").objects.only("pk").iterator(chunk_size=2_000):
        report.code = new_code()
        report.save(update_fields=["code"])


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_reporters_code")]

    operations = [migrations.RunPython(fill_in, migrations.RunPython.noop)]
