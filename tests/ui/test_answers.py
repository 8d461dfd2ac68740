"""Templates that carry an answer to an application: nothing in them becomes markup, and only who may can frame them."""

from __future__ import annotations

import json
from typing import Any

from tallystick.app.pages import build_pages
from tallystick.web.pages import Page
from tallystick.web.request import Request
from tests.html_page import HtmlPage
from tests.inprocess import InProcess
from tests.ui.test_pages import EVIL


def rendered(house: InProcess, template: str, values: dict[str, Any], **more: Any) -> Page:
    """The page, for a browser that asks for nothing in particular."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "client": ("::1", 1)}

    async def receive() -> Any:
        raise AssertionError("nothing is read")

    request = Request(scope, receive, house.tenant, "0123")
    return house.run(build_pages(house.worker).render(request, template, values, **more))


def test_a_form_post_is_one_form_that_works_without_script(house: InProcess) -> None:
    parameters = {"code": EVIL, EVIL: "x", "state": ""}
    values = {"action": "https://app.example/cb?a=1&b=2", "parameters": parameters}
    page = HtmlPage(rendered(house, "form_post.html", values).content.decode())
    (form,) = page.forms
    assert (form.method, form.action, form.fields) == ("POST", values["action"], parameters)
    assert [button.id for button in form.buttons] == ["continue"]
    assert form.buttons[0].name == ""  # nothing is added to the answer


def test_a_web_message_says_whom_it_is_for(house: InProcess) -> None:
    payload = json.dumps({"code": "</body>\"'" + EVIL})
    values = {"target_origin": "https://app.example", "payload": payload}
    page = rendered(house, "web_message.html", values, frame_ancestor="https://app.example")
    text = page.content.decode()
    assert 'data-target-origin="https://app.example"' in text
    assert "<script>" not in text
    assert "<img" not in text
    assert page.frame_ancestor == "https://app.example"


def test_an_error_page_has_its_hook(house: InProcess) -> None:
    values = {"code": "invalid_request", "description": EVIL}
    page = rendered(house, "error.html", values, status=400, ui_locales="de")
    parsed = HtmlPage(page.content.decode())
    assert (page.status, parsed.language) == (400, "de")
    assert "invalid_request" in parsed.by_id["error"]
    assert "0123" in page.content.decode()
    assert b"<script>" not in page.content


def test_a_message_leads_on_where_it_says(house: InProcess) -> None:
    values = {"title": "Done", "text": EVIL, "link": "/account"}
    parsed = HtmlPage(rendered(house, "message.html", values).content.decode())
    assert parsed.links == {"Continue": "/account"}
