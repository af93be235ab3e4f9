from __future__ import annotations

from django.urls import path

from accord.sites.accounts.views import factors, own, second_step, services, signing, teams, users

app_name = "accounts"
urlpatterns = [
    path("sign-in/", signing.SignIn.as_view(), name="sign-in"),
    path("sign-in/second-step/", second_step.show, name="second-step"),
    path("sign-in/passkey/options/", second_step.passkey_options, name="second-step-passkey-options"),
    path("sign-in/passkey/", second_step.passkey, name="second-step-passkey"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("language/", signing.language, name="language"),
    path("purpose/", signing.purpose, name="purpose"),
    path("", own.show, name="own"),
    path("password/", own.password, name="password"),
    path("sessions/<uuid:session_id>/end/", own.end_session, name="session-end"),
    path("sessions/end-others/", own.end_other_sessions, name="sessions-end-others"),
    path("second-factor/", factors.enrol, name="enrol"),
    path("second-factor/app/", factors.app, name="factor-app"),
    path("second-factor/passkey/options/", factors.passkey_options, name="factor-passkey-options"),
    path("second-factor/passkey/", factors.passkey, name="factor-passkey"),
    path("second-factor/recovery-codes/", factors.recovery_codes, name="recovery-codes"),
    path("second-factor/<uuid:factor_id>/remove/", factors.remove, name="factor-remove"),
    path("users/", users.index, name="users"),
    path("users/add/", users.add, name="user-add"),
    path("users/<uuid:user_id>/", users.show, name="user"),
    path("users/<uuid:user_id>/<str:action>/", users.act, name="user-act"),
    path("teams/", teams.show, name="teams"),
    path("service-accounts/", services.index, name="services"),
    path("service-accounts/<uuid:account_id>/token/", services.issue, name="service-token"),
    path("service-accounts/<uuid:account_id>/active/", services.set_active, name="service-active"),
    path("service-accounts/tokens/<str:prefix>/revoke/", services.revoke, name="token-revoke"),
]
