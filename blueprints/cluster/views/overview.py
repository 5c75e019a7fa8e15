"""The first page: what today brought, and what waits for somebody."""

from __future__ import annotations

from flask_babel import gettext

from blueprints.cluster.pages import blueprint, console
from core.clock import today
from core.identity import Role
from core.web.guards import role
from domain.orders.figures import day_figures, part_counts
from domain.orders.searching import OrderFilter, OrderSort, find_orders
from domain.products import queue
from domain.workshops.directory import workshops_by_id


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
        newest=newest,
        workshops=workshops_by_id({each for order in newest for each in order.workshop_ids}),
    )
