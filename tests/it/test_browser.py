"""The watched browser itself: what it must complain about."""
from urllib.parse import quote

import pytest


def page(body, head=""):
    return "data:text/html," + quote(f"<!DOCTYPE html><html lang='en'><title>t</title>{head}<body>{body}</body></html>")


POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'\">"
WRONG = [  # what is wrong, the page, what the browser must say of it
    ("a console error", page("<script>console.error('what is this')</script>"), "what is this"),
    ("a script that ends with an error", page("<script>nothing.here()</script>"), "nothing is not defined"),
    ("a request elsewhere by number", page("<img alt='' src='http://192.0.2.1/a.png'>"), "request to http://192.0.2.1"),
    ("a request elsewhere by name", page("<img alt='' src='https://example.com/b'>"), "request to https://example.com"),
    ("a style against the page's policy", page("<p style='color: red'>red</p>", POLICY), "violated: style-src-attr"),
]


@pytest.mark.parametrize("url, complaint", [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_the_browser_complains_of(browser, url, complaint):
    browser.open(url)
    found = browser.complaints()
    assert any(complaint in what for what in found), found
