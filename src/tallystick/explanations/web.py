"""Refusals of `web` and `front`: requests that are not well-formed, or not for us."""

from __future__ import annotations

from .hint import Hint, Hints

_FORM = "RFC 6749 3.2"

HINTS: Hints = {
    "http.method": Hint("The URL does not take this method. Allow in the answer says which it takes.", _FORM),
    "host.unknown": Hint(
        "No tenant has this host. Use the issuer's host and port; a proxy must pass the Host header on.", "RFC 9110 7.2"
    ),
    "path.unknown": Hint("There is nothing under this path. Discovery names the protocol's URLs.", "RFC 8414 3"),
    "host.count": Hint("There must be exactly one Host header.", "RFC 9112 3.2"),
    "host.form": Hint("The Host header is malformed.", "RFC 9112 3.2"),
    "client_cert.*": Hint(
        "What the proxy sent is not of the form that client_cert_header chooses, which is in the check's name; its end"
        " says what is wrong. Compare the proxy's configuration with the one in deploy.",
        "",
    ),
    "client_cert.duplicate": Hint(
        "A client certificate header stands twice, and one may be the client's own. Have the proxy set it, not add to"
        " it, and remove what the client sent.",
        "RFC 9440 2",
    ),
    "client_cert.spelling": Hint(
        "A client certificate header is spelled with _ for -. Have the proxy remove that spelling too from what the"
        " client sent.",
        "RFC 9440 2",
    ),
    "headers.count": Hint("There are too many headers.", ""),
    "headers.size": Hint("The headers are too large.", ""),
    "body.size": Hint("The body is too large.", "RFC 9110 15.5.14"),
    "parameters.query": Hint(
        "Parameters stand in the URL, where they end up in logs. Send all of them in the body.", _FORM
    ),
    "parameters.content_type": Hint(
        "The body must be application/x-www-form-urlencoded or application/json, and say so once.", _FORM
    ),
    "parameters.form": Hint("The body is not well-formed: name=value with & between, percent-encoded UTF-8.", _FORM),
    "parameters.json": Hint("The body is not one JSON object.", "RFC 8259"),
    "parameters.json_types": Hint("Every parameter in the JSON body must be a string.", _FORM),
    "parameters.duplicate": Hint("A parameter stands twice. Send each once.", _FORM),
    "parameters.count": Hint("There are too many parameters.", ""),
    "form.browser": Hint(
        "The form came without the browser's own cookie. Cookies must be allowed, and the page be at most as old as the"
        " browser's memory.",
        "RFC 6749 10.12",
    ),
    "form.origin": Hint(
        "The form came from a page of another origin. If that is our own address with http:// before it, no proxy ends "
        "TLS in front: put one there, or start with an issuer that begins with http://.",
        "RFC 6749 10.12",
    ),
    "form.site": Hint("The browser says that the form came from another site.", "RFC 6749 10.12"),
    "form.token": Hint("The form was not written for this browser, or not for this step.", "RFC 6749 10.12"),
    "page.method": Hint("A page is asked for with GET, and its forms are sent with POST.", "RFC 9110 15.5.6"),
    "sign_in.changed": Hint("The account's password was changed while somebody signed in with the old one.", ""),
    "session.ended": Hint("The person's session ended while the request was answered.", "OpenID Connect Core 3.1.2.6"),
    "storage": Hint("The database did not answer in time. Try again; if it lasts, tell whoever runs the server.", ""),
    "bug": Hint("This is a mistake of the server's. The process log has more under the correlation id.", ""),
}
