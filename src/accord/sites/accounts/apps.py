from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accord.sites.accounts"
    label = "accounts"
