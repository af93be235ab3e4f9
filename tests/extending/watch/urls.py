from __future__ import annotations

from django.urls import path

from watch import views

app_name = "watch"
urlpatterns = [path("", views.show, name="list")]
