from __future__ import annotations

from django.urls import path

from accord.sites.bank.views import audit, enquiries, help_page, holder, in_force, inbox, orders, rules

app_name = "bank"
urlpatterns = [
    path("", inbox.index, name="inbox"),
    path("rows/", inbox.rows, name="inbox-rows"),
    path("orders.csv", inbox.export, name="orders-export"),
    path("orders/<uuid:order_id>/", orders.show, name="order"),
    path("orders/<uuid:order_id>/message.json", orders.message, name="order-message"),
    path("orders/<uuid:order_id>/execute/", orders.execute, name="order-execute"),
    path("orders/<uuid:order_id>/refuse/", orders.refuse, name="order-refuse"),
    path("orders/<uuid:order_id>/try-again/", orders.try_again, name="order-try-again"),
    path("orders/<uuid:order_id>/letter/", holder.letter, name="letter"),
    path("orders/<uuid:order_id>/told/", holder.told, name="order-told"),
    path("orders/<uuid:order_id>/appeal/", holder.appeal, name="order-appeal"),
    path("enquiries/", enquiries.index, name="enquiries"),
    path("enquiries/<uuid:enquiry_id>/", enquiries.show, name="enquiry"),
    path("enquiries/<uuid:enquiry_id>/answer/", enquiries.answer, name="enquiry-answer"),
    path("enquiries/<uuid:enquiry_id>/refuse/", enquiries.refuse, name="enquiry-refuse"),
    path("enquiries/<uuid:enquiry_id>/try-again/", enquiries.try_again, name="enquiry-try-again"),
    path("in-force/", in_force.index, name="in-force"),
    path("in-force.csv", in_force.export, name="in-force-export"),
    path("rules/", rules.show, name="rules"),
    path("rules/agree/", rules.agree, name="agree"),
    path("rules/agreements/<uuid:agreement_id>/end/", rules.end_agreement, name="agreement-end"),
    path("rules/set/", rules.set_rule, name="rule-set"),
    path("rules/<uuid:rule_id>/end/", rules.end_rule, name="rule-end"),
    path("audit/", audit.show, name="audit"),
    path("audit.csv", audit.export, name="audit-export"),
    path("help/", help_page.show, name="help"),
]
