"""The first page: what today brought, and what waits for somebody."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext

from blueprints.cluster.pages import blueprint, console
from core.clock import now, today
from core.identity import Role
from core.web.guards import role
from domain.orders.figures import day_figures, part_counts
from domain.orders.searching import OrderFilter, OrderSort, find_orders
from domain.payments.alarms import count_alarms
from domain.payments.reconciling import count_unexplained
from domain.products import queue
from domain.workshops.directory import workshops_by_id

# What is older is on its own page.
_RECENT = timedelta(days=7)


@blueprint.get("")
@role(Role.OPERATOR)
def overview() -> tuple[str, int]:
    newest = find_orders(OrderFilter(), OrderSort.PLACED_DOWN, None, size=8).items
    return console(
        "cluster/overview.html",
        gettext("今日"),
        "overview",
        on=today(),
        figures=day_figures(today()),
        parts=part_counts(),
        listings=queue.counts(),
        unexplained=count_unexplained(),
        alarms=count_alarms(now() - _RECENT),
        newest=newest,
        workshops=workshops_by_id({each for order in newest for each in order.workshop_ids}),
    )
