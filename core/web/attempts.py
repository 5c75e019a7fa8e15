"""Doing an act with a form: what refuses it is shown beside the form, and nothing of the act remains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.web.forms import Form
from core.web.responses import said_fields, translated

# Where a refusal stands that no field is to blame for: above the form.
WHOLE = "form"


def attempt(form: Form[Any], act: Callable[[], object], field: str = WHOLE) -> int:
    """Do `act` with a good form: 0, or the status of the refusal, which then stands in `form.errors` (by default above
    the form, else at `field`), and nothing of the act remains. A thing that isn't there stays NotFound."""
    if form.parsed is None:
        return InvalidInput.status
    try:
        with db.session.begin_nested():
            act()
    except NotFound:
        raise
    except InvalidInput as refusal:
        form.errors.update(said_fields(refusal))
        return refusal.status
    except DomainError as refusal:
        form.errors[field] = translated(refusal)
        return refusal.status
    return 0
