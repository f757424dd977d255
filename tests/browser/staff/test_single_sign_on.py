"""Single sign-on and one's own account in a browser, with a real provider process; every page examined."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests import serving
from tests.browser.axe import Examined
from tests.browser.staff.counter import opened
from tests.providers import Provider, providing


@dataclass(frozen=True)
class House:
    """A town hall whose staff sign on at their own provider."""

    url: str
    provider: Provider
    environment: dict[str, str]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("house")
    with providing(home / "provider.log") as provider:
        sign_on = {"OIDC_ISSUER": provider.issuer, "OIDC_CLIENT_ID": "wartefrei", "OIDC_CLIENT_SECRET": "geheim"}
        port, database = serving.free_port(), f"sqlite:///{home}/house.sqlite3"
        environment = serving.environment_for(database, port=port, **sign_on)
        serving.flask("db", "upgrade", environment=environment)
        with opened(database), serving.serving(environment, jobs=False, log=home / "log") as server:
            yield House(server.url, provider, environment)


def staff(house: House, *words: str) -> None:
    serving.flask("staff", *words, "--municipality", "musterstadt", environment=house.environment)


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Return what opens an empty page; the provider's page gets no style sheet from another host."""
    contexts = []

    def opened_page() -> Page:
        contexts.append(chromium.new_context(locale="de-DE"))
        contexts[-1].route(re.compile(r"https://"), lambda route: route.abort())
        return contexts[-1].new_page()

    yield opened_page
    for context in contexts:
        context.close()


def at_the_provider(page: Page, house: House, subject: str) -> None:
    """Press our button, then the provider's."""
    page.goto(f"{house.url}/staff/login")
    page.get_by_role("link", name="Mit dem Anmeldedienst der Verwaltung anmelden").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(house.provider.issuer)}"))
    page.locator("input[name=sub]").first.fill(subject)
    page.get_by_role("button", name="Authorize").click()


def test_a_colleague_signs_on_at_the_provider_and_the_groups_decide(
    house: House, browse: Callable[[], Page], tmp_path: Path
) -> None:
    house.provider.knows("erna", name="Erna Beispiel", groups=["Leitung"])
    house.provider.knows("gast", name="Gast", groups=["Kantine"])
    staff(house, "group", "Leitung", "--role", "admin")

    stranger = browse()
    at_the_provider(stranger, house, "gast")
    expect(stranger.get_by_role("alert")).to_contain_text("noch nicht freigeschaltet")

    page = browse()
    examined = Examined(page)
    at_the_provider(page, house, "erna")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Erna Beispiel")
    for way, heading in (("members", "Zugänge"), ("audit", "Protokoll")):
        page.goto(f"{house.url}/staff/musterstadt/{way}")
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        examined.look(heading)
    expect(page.get_by_role("cell", name="hat sich angemeldet").first).to_be_visible()
    page.get_by_role("button", name="Abmelden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    examined.look("login")
    assert examined.found == []
    examined.sources = {name: source for name, source in examined.sources.items() if house.url in name}
    assert examined.invalid(tmp_path) == []


def test_a_second_factor_is_set_up_by_its_picture_or_its_letters_and_asked_for_ever_after(
    house: House, visit: Callable[..., Page], tmp_path: Path
) -> None:
    staff(house, "add", "frida", "--password", "ein langes Passwort", "--role", "desk")
    page = visit()
    examined = Examined(page)
    _log_in(page, house)
    page.get_by_role("link", name="frida").click()
    expect(page.get_by_role("button", name="Einrichten")).to_be_visible()
    examined.look("account")
    page.get_by_role("button", name="Einrichten").click()
    expect(page.get_by_role("img", name="QR-Code")).to_be_visible()
    examined.look("setting up")
    factor = pyotp.TOTP(page.locator(".st-key").inner_text().replace(" ", ""))
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Einschalten").click()
    expect(page.get_by_role("alert")).to_contain_text("Der Code passt nicht")
    page.get_by_label("Code", exact=True).fill(factor.now())
    page.get_by_role("button", name="Einschalten").click()
    expect(page.get_by_role("status")).to_contain_text("Von jetzt an")
    page.get_by_role("button", name="Abmelden", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")

    _log_in(page, house)
    expect(page.get_by_role("heading", level=1)).to_have_text("Code eingeben")
    examined.look("code")
    page.goto(f"{house.url}/staff/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    _log_in(page, house)
    serving.flask("staff", "reset-factor", "frida", environment=house.environment)
    _log_in(page, house)
    expect(page.get_by_role("button", name="Abmelden", exact=True)).to_be_visible()
    assert examined.found == []
    assert examined.invalid(tmp_path) == []


def _log_in(page: Page, house: House) -> None:
    page.goto(f"{house.url}/staff/login")
    page.get_by_label("Anmeldename").fill("frida")
    page.get_by_label("Passwort").fill("ein langes Passwort")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Anmelden")
