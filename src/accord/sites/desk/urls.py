from __future__ import annotations

from django.urls import path

from accord.sites.desk.views import audit, calls, claims, help_page, orders, plan, queue, recall_files, reports, shifts

app_name = "desk"
urlpatterns = [
    path("help/", help_page.show, name="help"),
    path("", queue.show, name="queue"),
    path("queue/rows/", queue.rows, name="queue-rows"),
    path("shift/", shifts.show, name="shift"),
    path("shift/hand-over/", shifts.hand_over, name="shift-hand-over"),
    path("shift/<uuid:shift_id>/acknowledge/", shifts.acknowledge, name="shift-acknowledge"),
    path("calls/new/", calls.new, name="call-new"),
    path("reports/", reports.index, name="reports"),
    path("reports/export.csv", reports.export, name="reports-export"),
    path("reports/<uuid:report_id>/", reports.show, name="report"),
    path("reports/<uuid:report_id>/live/", reports.live, name="report-live"),
    path("reports/<uuid:report_id>/narrative/", reports.narrative, name="report-narrative"),
    path("reports/<uuid:report_id>/identifiers/<int:identifier_id>/", reports.identifier, name="report-identifier"),
    path("reports/<uuid:report_id>/statement/", reports.statement, name="report-statement"),
    path("reports/<uuid:report_id>/start/", reports.start, name="report-start"),
    path("reports/<uuid:report_id>/lock/", reports.lock, name="report-lock"),
    path("reports/<uuid:report_id>/unlock/", reports.unlock, name="report-unlock"),
    path("reports/<uuid:report_id>/called-back/", reports.called_back, name="report-called-back"),
    path("reports/<uuid:report_id>/close/", reports.close, name="report-close"),
    path("reports/<uuid:report_id>/reopen/", reports.reopen, name="report-reopen"),
    path("claims/<uuid:claim_id>/", claims.show, name="claim"),
    path("claims/<uuid:claim_id>/live/", claims.live, name="claim-live"),
    path("claims/<uuid:claim_id>/trace.json", claims.trace_json, name="claim-trace-json"),
    path("claims/<uuid:claim_id>/trace.csv", claims.trace_csv, name="claim-trace-csv"),
    path("claims/<uuid:claim_id>/trace-again/", claims.trace_again, name="claim-trace-again"),
    path("claims/<uuid:claim_id>/trace-under/", claims.trace_under, name="claim-trace-under"),
    path("claims/<uuid:claim_id>/approve/", plan.approve, name="plan-approve"),
    path("plan/<uuid:item_id>/decide/", plan.decide, name="plan-decide"),
    path("plan/<uuid:item_id>/done/", plan.done, name="plan-done"),
    path("orders/", orders.index, name="orders"),
    path("orders/export.csv", orders.export, name="orders-export"),
    path("orders/<uuid:order_id>/", orders.show, name="order"),
    path("orders/<uuid:order_id>/send-again/", orders.send_again, name="order-send-again"),
    path("orders/<uuid:order_id>/release/", orders.release, name="order-release"),
    path("orders/<uuid:order_id>/camt.056.xml", recall_files.draft, name="recall-draft"),
    path("orders/<uuid:order_id>/camt.029/", recall_files.hand_in, name="recall-hand-in"),
    path("audit/", audit.show, name="audit"),
    path("audit/export.csv", audit.export, name="audit-export"),
]
