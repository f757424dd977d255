"""The first page after the login: what one's memberships are for."""

from flask import render_template

from booking.actions.browse import open_catalogue
from booking.rules.roles import Role
from booking.web.staff.door import admits, blueprint
from booking.web.staff.users import staff


@blueprint.get("/")
@admits(*Role)
def home() -> str:
    """List the offices and tools that this login may use."""
    towns = {at.town: open_catalogue(at.town) for at in staff().memberships}
    return render_template("staff/home.html", towns=list(towns.values()))
