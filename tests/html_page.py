"""A page as somebody without a browser reads it: its forms, its buttons, what it says."""

from __future__ import annotations

from html.parser import HTMLParser

import msgspec

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)


class Button(msgspec.Struct, frozen=True):
    """A submit button."""

    id: str
    name: str
    value: str


class Form(msgspec.Struct):
    """A form: where it leads, what it holds, how it is sent."""

    action: str
    method: str
    fields: dict[str, str]
    buttons: list[Button] = []


class HtmlPage(HTMLParser):
    """The parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        """Links by id, and by their text."""
        self.by_id: dict[str, str] = {}
        """The text of every element that has an id."""
        self.attributes: dict[str, dict[str, str]] = {}
        """Attributes of every element that has an id."""
        self.alerts: list[str] = []
        """Texts of ``role="alert"``."""
        self.language = ""
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._form: Form | None = None
        self.feed(html)
        self.close()

    def button(self, id: str) -> tuple[Form, Button]:
        """The button with this id, with its form; LookupError without one."""
        for form in self.forms:
            for button in form.buttons:
                if button.id == id:
                    return form, button
        raise LookupError(f"no button {id}; there are {[button.id for form in self.forms for button in form.buttons]}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang", "")
        if tag == "form":
            self._form = Form(attributes.get("action", ""), attributes.get("method", "get").upper(), {})
            self.forms.append(self._form)
        if self._form is not None:
            self._field(self._form, tag, attributes)
        if identity := attributes.get("id"):
            self.attributes[identity] = attributes
        if tag not in _VOID:
            self._open.append((tag, attributes, []))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        while self._open:
            opened, attributes, texts = self._open.pop()
            self._text_of(opened, attributes, " ".join("".join(texts).split()))
            if self._open:
                self._open[-1][2].extend([" ", *texts, " "])
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)

    def _text_of(self, tag: str, attributes: dict[str, str], text: str) -> None:
        if identity := attributes.get("id"):
            self.by_id[identity] = text
        if attributes.get("role") == "alert" and text:
            self.alerts.append(text)
        if tag == "a" and "href" in attributes:
            self.links[text] = attributes["href"]
            if identity := attributes.get("id"):
                self.links[identity] = attributes["href"]

    def _field(self, form: Form, tag: str, attributes: dict[str, str]) -> None:
        name, value, kind = attributes.get("name", ""), attributes.get("value", ""), attributes.get("type", "")
        if tag == "button" and kind in ("", "submit"):
            form.buttons.append(Button(attributes.get("id", ""), name, value))
        elif tag == "input" and kind in ("checkbox", "radio"):
            if "checked" in attributes and name:
                form.fields[name] = value or "on"
        elif tag in ("input", "textarea", "select") and name and kind not in ("submit", "button", "image"):
            form.fields[name] = value
