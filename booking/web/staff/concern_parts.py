"""How a concern is asked for: its keys as in the catalogue's file, in an order in which people think of them."""

from booking.web.staff.entry_form import Field, Options, Part, Rows

NEED = (("always", "immer"), ("conditional", "nur, wenn …"))
KINDS = (
    ("document", "Dokument"),
    ("person", "Person, die mitkommt"),
    ("thing", "Gegenstand"),
    ("payment", "Zahlungsmittel"),
)


def parts(offices: Options, documents: Options) -> tuple[Part, ...]:
    """Return the form of a concern of a municipality with these offices and checklist items (id and name)."""
    return (TEXTS, TIMES, _offers(offices), _checklist(documents), QUESTIONS, FORMS, FEE, WINDOW, LAW)


TEXTS = Part(
    "Was Bürgerinnen und Bürger lesen",
    (
        Field("name", "Name", "text", required=True),
        Field("group", "Gruppe", "text", "Die Überschrift, unter der es steht.", required=True),
        Field("description", "Beschreibung", "prose"),
        Field("keywords", "Suchwörter", "words", "So, wie Menschen danach suchen, mit Komma getrennt.", required=True),
    ),
)
TIMES = Part(
    "Dauer und Anzahl",
    (
        Field("minutes", "Minuten für die erste Person oder das erste Stück", "number", required=True, least=1),
        Field("extra_minutes", "Minuten für jede weitere", "number", required=True),
        Field("max_quantity", "Höchste Anzahl in einem Termin", "number", required=True, least=1, most=50),
        Field("unit", "Was gezählt wird (Einzahl)", "text", "Zum Beispiel Person, Fahrzeug, Urkunde.", required=True),
        Field("units", "Was gezählt wird (Mehrzahl)", "text", "Zum Beispiel Personen."),
        Field("discreet", "Vertraulich: steht in keinem Betreff, Kalender oder Ausdruck", "tick"),
        Field("active", "Wird angeboten", "tick"),
    ),
)
QUESTIONS = Part(
    "Fragen beim Buchen",
    rows=Rows(
        "questions",
        "Frage",
        (
            Field("id", "Kennung", "kept"),
            Field("label", "Frage", "text", "Ohne Gesundheitsdaten.", required=True),
            Field("required", "Muss beantwortet werden", "tick"),
            Field("max_length", "Längste Antwort (Zeichen)", "number", least=1, most=1000),
        ),
        "label",
        spare=1,
    ),
)
FORMS = Part(
    "Formulare auf der Website",
    rows=Rows(
        "forms",
        "Formular",
        (
            Field("name", "Name", "text", required=True),
            Field("url", "Adresse", hint="Beginnt mit https://", required=True),
            Field("format", "Art", hint="Zum Beispiel PDF."),
            Field("size_kb", "Größe in kB", "number", least=1, most=1000000),
        ),
        "url",
        spare=1,
    ),
)
FEE = Part(
    "Gebühr",
    (
        Field("text", "Was es kostet, in Worten", "text", "Zum Beispiel: kostenlos.", required=True),
        Field("amount", "Betrag in Euro", "money"),
        Field("amount_from", "Oder: ab diesem Betrag in Euro", "money"),
    ),
    inside="fee",
)
WINDOW = Part(
    "Abweichende Fristen",
    (
        Field("horizon_days", "Wie viele Tage im Voraus", "number", "Leer: wie an der Stelle.", most=730),
        Field("lead_minutes", "Vorlauf in Minuten", "number", "Leer: wie an der Stelle.", most=43200),
    ),
    inside="window",
)
LAW = Part(
    "Weiteres",
    (
        Field("leika", "LeiKa-Schlüssel", hint="14 Ziffern, beginnt mit 99."),
        Field("legal_basis", "Rechtsgrundlagen", "lines", "Eine in jeder Zeile."),
    ),
)


def _offers(offices: Options) -> Part:
    fields = (
        Field("office", "Stelle", "choice", options=offices, required=True),
        Field("minutes", "Minuten dort", "number", "Leer: wie oben.", least=1),
        Field("extra_minutes", "Weitere Minuten dort", "number", "Leer: wie oben."),
        Field("online", "Online buchbar", "tick"),
        Field("staff", "Am Telefon und am Schalter buchbar", "tick"),
    )
    return Part("Wo es das gibt", rows=Rows("offices", "Stelle", fields, "office", spare=1))


def _checklist(documents: Options) -> Part:
    fields = (
        Field("document", "Unterlage", "choice", options=documents, required=True),
        Field("required", "Wann", "choice", options=NEED, required=True),
        Field("when", "nur, wenn …", "text", "Ergänzt den Satz, zum Beispiel: Sie unter 18 Jahre alt sind."),
        Field("per_unit", "Für jede Person oder jedes Stück eine", "tick"),
        Field("note", "Hinweis", "prose"),
    )
    return Part("Was mitzubringen ist", rows=Rows("documents", "Unterlage", fields, "document"))
