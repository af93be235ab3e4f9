from __future__ import annotations

from django.db import migrations, models

import accord.core.object_ids


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = (
        migrations.CreateModel(
            name="Watch",
            fields=[
                (
                    "id",
                    models.UUIDField(default=accord.core.object_ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("institution", models.CharField(max_length=64)),
                ("account", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(choices=[("running", "Running"), ("ended", "Over")], default="running", max_length=8),
                ),
                ("until", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ("until",)},
        ),
        migrations.AddIndex(model_name="watch", index=models.Index(fields=["state", "until"], name="watches_by_clock")),
    )
