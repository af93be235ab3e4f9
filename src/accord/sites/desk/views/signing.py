from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse


class SignIn(LoginView):
    template_name = "desk/sign_in.html"


def sign_out(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)
