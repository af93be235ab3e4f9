from __future__ import annotations

from django.urls import path

from accord.sites.oversight import views

app_name = "oversight"
urlpatterns = [
    path("", views.show, name="figures"),
    path("figures.csv", views.export, name="figures-export"),
]
