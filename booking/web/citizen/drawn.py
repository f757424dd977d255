"""What is drawn into a page: the reference as a QR code for the desk's scanner."""

import segno
from markupsafe import Markup


def qr_code(reference: str) -> Markup:
    """Return the reference as a QR code in SVG."""
    code = segno.make(reference, error="m", micro=False)
    return Markup(code.svg_inline(scale=5, border=2, svgclass="wf-qr", lineclass=None, omitsize=True))  # noqa: S704 - our own drawing
