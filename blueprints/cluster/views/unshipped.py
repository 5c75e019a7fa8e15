"""未发货: parts that were paid long ago and haven't left, and parcels that WeChat wouldn't hear of."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext

from blueprints.cluster.pages import blueprint, console
from core.clock import now
from core.identity import Role
from core.web.guards import role
from domain.fulfillment import reporting, worklist
from domain.orders.searching import orders_by_id
from domain.workshops.directory import workshops_by_id

DUE_AFTER = timedelta(hours=48)


@blueprint.get("/unshipped")
@role(Role.OPERATOR)
def unshipped() -> tuple[str, int]:
    parts, reports = worklist.late_parts(), reporting.reports_to_look_into()
    return console(
        "cluster/unshipped.html",
        gettext("未发货"),
        "unshipped",
        parts=parts,
        reports=reports,
        orders=orders_by_id({part.order_id for part in parts} | {report.order_id for report in reports}),
        workshops=workshops_by_id({part.workshop_id for part in parts}),
        overdue_before=now() - DUE_AFTER,
        warned_after=worklist.WARNED_AFTER_HOURS,
    )
