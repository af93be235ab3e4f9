from __future__ import annotations

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "accord.capabilities.orders"
    label = "orders"
