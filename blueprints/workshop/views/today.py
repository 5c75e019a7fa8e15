"""The first page: three things to do today, and what was sold."""

from __future__ import annotations

from flask_babel import gettext

from blueprints.workshop.pages import blueprint, console, own_workshop
from core.identity import Role
from core.web.guards import role
from domain.aftersale.reading import count_to_answer
from domain.batches.finding import batches_of
from domain.batches.models import BatchStatus
from domain.fulfillment.worklist import late_parts, sales_today, status_counts
from domain.reviews.reading import reviews_for_workshops
from domain.stock.looking import low_stock


@blueprint.get("")
@role(Role.OWNER)
def today() -> tuple[str, int]:
    workshop = own_workshop()
    return console(
        "today.html",
        gettext("今天要做的三件事"),
        "today",
        late=late_parts(workshop.id),
        counts=status_counts(workshop.id),
        low=low_stock(workshop.id),
        making=batches_of(workshop.id, number=1, size=5, status=BatchStatus.IN_PRODUCTION),
        awaiting=batches_of(workshop.id, number=1, size=1, status=BatchStatus.AWAITING_TEST).total,
        cases_to_answer=count_to_answer({workshop.id}),
        reviews_to_answer=reviews_for_workshops({workshop.id}, unanswered=True, size=1).total,
        sales=sales_today(workshop.id),
    )
