"""Staff sign in with a user name and a password, and land in the console of their role."""

from __future__ import annotations

from flask import Blueprint, render_template, request, session
from flask_babel import gettext
from pydantic import Field
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from blueprints.accounts import sessions
from core.identity import Role
from core.settings import settings
from core.web.forms import Payload, bind_form
from core.web.guards import public
from core.web.limits import limit
from domain.accounts.models import Account
from domain.accounts.signing_in import AccountDeactivated, SignInRefused, check_password

blueprint = Blueprint("staff", __name__)
# The first that fits is where a sign-in leads.
CONSOLES = {Role.OWNER: "/workshop", Role.OPERATOR: "/cluster"}


class StaffSignIn(Payload):
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


@blueprint.route("/staff/sign-in", methods=["GET", "POST"], endpoint="sign_in")
@public
def staff_sign_in() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        session["staff_next"] = sessions.local_path(request.args.get("next"), "")
        return _page(None)
    limit("staff-sign-in", times=10, seconds=60)
    form = bind_form(StaffSignIn)
    if form.errors:
        return _page(form), 422
    limit("staff-sign-in-name", times=10, seconds=300, who=form.value.username)
    try:
        account = check_password(form.value.username, form.value.password)
    except (SignInRefused, AccountDeactivated) as refusal:
        form.errors["password"] = gettext(refusal.message)
        return _page(form), refusal.status
    target = session.get("staff_next")
    sessions.start_session(account, "staff")
    return redirect(sessions.local_path(target, _console_of(account)))


def _console_of(account: Account) -> str:
    """Where a member of staff works."""
    roles = {grant.role for grant in account.grants}
    return next((address for role, address in CONSOLES.items() if role in roles), "/me")


def _page(form: object) -> str:
    return render_template(
        "shop/staff_sign_in.html", heading=gettext("工作人员登录"), form=form, is_sandbox=not settings().is_production
    )
