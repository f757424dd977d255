"""PDFs are drawn in a process of their own, so that no worker keeps the memory."""

import os
from pathlib import Path

import pytest

from booking.errors import Unavailable
from booking.mail import day_sheet_pdf, drawing
from booking.rules.day_sheets import Sheet


def test_the_sheet_comes_back_from_another_process_which_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "_draw", lambda line, _sheets: line.send_bytes(str(os.getpid()).encode()))
    child = drawing.draw_apart([]).decode()
    assert child != str(os.getpid())
    assert child not in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda _line, _sheets: os._exit(1), id="it dies"),
        pytest.param(lambda line, _sheets: line.poll(None), id="it hangs"),
    ],
)
def test_a_drawer_that_fails_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch, fault: object) -> None:
    monkeypatch.setattr(drawing, "PATIENCE", 0.2)
    monkeypatch.setattr(drawing, "_draw", fault)
    with pytest.raises(Unavailable):
        drawing.draw_apart(list[Sheet]())


def test_a_drawing_that_fails_tells_no_name(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def fail(_sheets: object) -> bytes:
        raise KeyError("Erika Musterfrau")

    monkeypatch.setattr(day_sheet_pdf, "day_sheet_pdf", fail)
    with pytest.raises(Unavailable):
        drawing.draw_apart(list[Sheet]())
    assert "Erika" not in "".join(capfd.readouterr())
