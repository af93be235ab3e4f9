from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "accord.web"
    label = "web"

    def ready(self) -> None:
        from accord.core.wording import word_labels_by
        from accord.web.wording import label_in_english

        word_labels_by(label_in_english)
