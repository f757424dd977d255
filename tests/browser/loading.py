"""What a browser loads, in bytes that gzip makes of it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Page, Response

SCRIPTS, VIEW = 12_000, 60_000  # bytes, gzipped: all the widget's script; a first view without its fonts


@dataclass
class Loaded:
    """The answers that a page got, each with its kind: document, script, stylesheet, image, font, fetch …"""

    answers: list[Response] = field(default_factory=list)

    def of(self, *kinds: str) -> Mapping[str, int]:
        """Return the gzipped size of each file of these kinds by its address; of all but fonts without any."""
        return {
            answer.url.partition("?")[0]: len(gzip.compress(answer.body(), mtime=0))
            for answer in self.answers
            if answer.ok and (answer.request.resource_type in kinds or (not kinds and not _is_font(answer)))
        }

    def fonts(self) -> list[str]:
        """Return the addresses of the font files."""
        return [answer.url for answer in self.answers if _is_font(answer)]


def listen(page: Page) -> Loaded:
    """Note everything that a page loads from now on."""
    loaded = Loaded()
    page.on("response", lambda answer: loaded.answers.append(answer))  # noqa: PLW0108 - Playwright marks what it is given
    return loaded


def told(name: str, sizes: Mapping[str, int], most: int) -> str:
    """Return what to print of some files: the sum, what is allowed, and each file."""
    lines = [f"{name}: {sum(sizes.values()):,} of {most:,} bytes gzipped"]
    lines += [f"  {size:>7,}  {address}" for address, size in sorted(sizes.items(), key=lambda item: -item[1])]
    return "\n".join(lines)


def _is_font(answer: Response) -> bool:
    return answer.request.resource_type == "font" or ".woff2" in answer.url
