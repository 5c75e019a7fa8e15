"""Trying an act with a form: what refuses it stands on the form again, and nothing of the act remains."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from core.db import db
from core.errors import DomainError, InvalidInput, NotFound
from core.web.forms import Form
from core.web.responses import said_fields, translated

# Where a refusal stands that no field is to blame for: above the form.
WHOLE = "form"
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


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


def make_showable(form: Form[Any]) -> None:
    """What HTML can't carry is left out; an error within a list stands at the list's one field."""
    typed = MultiDict((name, _UNSHOWABLE.sub("", text)) for name, text in _pairs(form.raw))
    form.raw = typed
    for name in [name for name in form.errors if name not in typed]:
        head = name.split(".")[0]
        if head in typed:
            form.errors.setdefault(head, form.errors.pop(name))


def _pairs(raw: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return raw.items(multi=True) if isinstance(raw, MultiDict) else raw.items()
