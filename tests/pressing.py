"""A form as a browser would send it, for tests without one: which fields belong to it, and what its button adds."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Fields = list[tuple[str, str]]


@dataclass
class Form:
    """What stands in a form, its method and its first button: the one that Enter presses."""

    action: str
    method: str
    fields: Fields = field(default_factory=list)
    first_button: dict[str, str] | None = None


class Page(HTMLParser):
    """The forms and the languages of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: dict[str, Form] = {}
        self.languages: dict[str, tuple[str, dict[str, str]]] = {}
        self._controls: list[tuple[str, str, dict[str, str]]] = []
        self._here, self._select = "", ""
        self.feed(text)
        for owner, tag, given in self._controls:
            self._take(self.forms[owner], tag, given) if owner in self.forms else None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._here = given.get("id", f"#{len(self.forms)}")
            self.forms[self._here] = Form(given.get("action", ""), given.get("method", "get"))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self._controls.append((self._here, tag, {"name": self._select} | given))
        elif tag in {"input", "button"}:
            self._controls.append((given.get("form", self._here), tag, given))
        if given.get("class") == "wf-language" and tag != "span":
            self.languages[given["lang"]] = (tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._here = ""

    @staticmethod
    def _take(form: Form, tag: str, given: dict[str, str]) -> None:
        if tag == "button":
            form.first_button = form.first_button or given
        elif "name" in given and (given.get("type") not in {"radio", "checkbox"} or "checked" in given):
            form.fields.append((given["name"], given.get("value", "")))


def switch(client: FlaskClient, page: TestResponse, language: str, **typed: str) -> TestResponse:
    """Press a language on a page after typing into its fields."""
    tag, given = Page(page.text).languages[language]
    if tag == "a":
        assert not typed, "a link takes nothing along"
        return client.get(given["href"])
    form = Page(page.text).forms[given["form"]]
    assert typed.keys() <= {name for name, _ in form.fields}
    sent = [(name, typed.get(name, value)) for name, value in form.fields]
    if given["formmethod"] == "post":
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        return client.post(given["formaction"], data=data)
    # A GET form's fields replace what stood behind the question mark; the button's comes where it stands, first.
    place = given["formaction"].partition("?")[0]
    return client.get(place, query_string=[(given["name"], given["value"]), *sent])
