"""The catalogue: one municipality's offices, clerks, concerns and rules in a file that a town clerk can read."""

from pathlib import Path

from booking.catalogue.checking import cross_faults
from booking.catalogue.faults import CatalogueFaults, Fault
from booking.catalogue.logos import WAY, add_logo
from booking.catalogue.reading import Document, read_document
from booking.catalogue.shape import shape_faults
from booking.catalogue.staffing import staffing_faults

__all__ = ["CatalogueFaults", "Document", "Fault", "read_catalogue_file"]


def read_catalogue_file(content: bytes | str, folder: Path | None = None) -> Document:
    """Read and check one catalogue file; raises ``CatalogueFaults`` with everything that is wrong in it.

    ``folder`` is where it lies, for the logo beside it. What comes back satisfies ``schema.json`` and every rule across
    entries; its ``data`` is a map with those keys.
    """
    document = read_document(content)
    shape = shape_faults(document)
    across = [*cross_faults(document)]
    faulty = shape.keys() | {fault.entry for fault in across}
    faults = [*document.faults, *shape.values(), *across, *staffing_faults(document, faulty)]
    faults += add_logo(document, folder) if WAY not in shape else ()
    if faults:
        raise CatalogueFaults(faults)
    return document
