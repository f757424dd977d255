"""Who may show a municipality's steps on a site of their own: in a frame, or by the widget."""

from flask import current_app, g

from booking.rules import embedding


def embedding_origins() -> tuple[str, ...]:
    """Return the origins that may embed this request's municipality: its own list, the installation's, and our own."""
    if "catalogue" not in g:
        return ()
    config = current_app.config
    addresses = (*g.catalogue.embedding_origins, *config["EMBEDDING_ORIGINS"], g.catalogue.base_url, config["BASE_URL"])
    origins = (embedding.origin_of(address) for address in addresses)
    return tuple(dict.fromkeys(origin for origin in origins if origin))


def may_embed(origin: str) -> bool:
    """Whether a site with this Origin header may embed this request's municipality; ``null`` never."""
    return embedding.may_embed(origin, embedding_origins())
