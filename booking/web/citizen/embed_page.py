"""What a town's web editor copies: the lines that put the booking on a homepage, with a preview."""

from flask import current_app, g, render_template, request, url_for

from booking.errors import NotFound
from booking.web.citizen import embedding
from booking.web.citizen.choice import concerns_online, read_choice
from booking.web.citizen.door import blueprint


@blueprint.get("/<municipality>/embed")
def embed() -> str:
    """Show the lines for what is chosen by ``concern`` and ``office``, who may embed, and how it looks."""
    g.frames_itself = True
    chosen = {name: request.args[name] for name in ("concern", "office") if request.args.get(name)}
    is_offered = _is_offered(chosen.get("office"))
    if not is_offered:
        del chosen["office"]
    return render_template(
        "citizen/embed.html",
        chosen=chosen,
        is_offered=is_offered,
        concerns=concerns_online(g.catalogue),
        host=(g.catalogue.base_url or current_app.config["BASE_URL"]).rstrip("/"),
        page=_path(chosen, frame=None),
        frame=_path(chosen, frame=1),
        others=embedding.other_origins(),
    )


def _is_offered(office: str | None) -> bool:
    """Whether this office, if one is chosen, offers the concern, if one is chosen. Raises NotFound (concern)."""
    try:
        choice = read_choice()
        return office is None or choice is not None or g.catalogue.office(office) is not None
    except NotFound as missing:
        if missing.what != "office":
            raise
        return False


def _path(chosen: dict[str, str], *, frame: int | None) -> str:
    """Return the first step's path below the service's address, in whichever language its reader prefers."""
    endpoint = ".checklist" if "concern" in chosen else ".concerns"
    return url_for(endpoint, lang=None, frame=frame, **chosen).removeprefix(request.script_root)  # type: ignore[arg-type]  # names of a query
