from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0003_fill_in_codes"),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="WrongTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["key", "at"], name="reports_wro_key_f5a259_idx"),
                    models.Index(fields=["at"], name="reports_wro_at_f6ff4f_idx"),
                ],
            },
        ),
    ]
