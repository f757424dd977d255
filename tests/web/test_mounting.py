"""Below a path, behind proxies."""

from collections.abc import Callable

import pytest
from flask import Flask, request


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/amt/healthz", 200, id="the proxy passes the path on"),
        pytest.param("/healthz", 200, id="the proxy has cut the path off"),
        pytest.param("/amtlich/healthz", 404, id="another path that begins alike"),
    ],
)
def test_the_service_answers_below_its_path(with_settings: Callable[..., Flask], path: str, status: int) -> None:
    app = with_settings(base_url="https://town.example/amt")
    assert app.test_client().get(path).status_code == status


@pytest.mark.parametrize(
    ("proxies", "client"),
    [
        pytest.param(0, "127.0.0.1", id="no proxy is trusted: nothing forwarded is believed"),
        pytest.param(1, "198.51.100.7", id="the last address is the one proxy's word"),
        pytest.param(2, "203.0.113.9", id="two proxies"),
    ],
)
def test_only_trusted_proxies_are_believed(with_settings: Callable[..., Flask], proxies: int, client: str) -> None:
    app = with_settings(trusted_proxies=proxies)
    app.add_url_rule("/who", view_func=lambda: request.remote_addr or "")
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    assert app.test_client().get("/who", headers=headers).text == client
