"""What is stored of an appointment's person, as a file that programs can read (Art. 15 Abs. 3, Art. 20 DSGVO)."""

from flask import Response, current_app

from booking.actions.personal_data import Stored


def as_json_file(stored: Stored, reference: str) -> Response:
    """Answer with what is stored, as a file."""
    answer = Response(
        current_app.json.dumps(stored, indent=2, sort_keys=False, ensure_ascii=False), mimetype="application/json"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="daten-{reference}.json"'
    return answer
