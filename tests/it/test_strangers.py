"""Who shows too many wrong tokens is not heard for a while; everybody else is."""
import http.client
import ssl

import pytest

import prometheus
from tools import load_json
from world import at_work, make_world


def ask_from(world, source, path, method="GET", headers=None):
    """One call of a telephone or browser from a loopback address of one's own: (status, headers, body)."""
    link = http.client.HTTPSConnection("127.0.0.1", world.port, timeout=60, source_address=(source, 0),
                                       context=ssl.create_default_context(cafile=str(world.ca)))
    link.request(method, path, headers=headers or {})
    answer = link.getresponse()
    body = answer.read()
    link.close()
    return answer.status, answer.headers, body


def paths_of(world, created):
    return {"api1": created.value("qrText").split(f":{world.port}")[1],
            "page": created.value("pageUrl").split(f":{world.port}")[1]}


NOBODY = "A" * 22


@pytest.fixture(scope="module")
def strict(country):
    world = make_world(country)
    world.settings = {"http": {"max_wrong_tokens": 3, "wrong_token_window_s": 86400}}
    with at_work(world):
        yield world


def test_an_address_with_too_many_wrong_tokens_gets_429_and_one_line(strict):
    """A wrong link, a wrong Bearer and a wrong page count together; the right token is then not looked up either."""
    paths = paths_of(strict, strict.create())
    documents = paths["api1"].replace("mgovSign", "documents")
    before = len(strict.journal())
    assert ask_from(strict, "127.0.0.11", paths["api1"])[0] == 200
    assert ask_from(strict, "127.0.0.11", documents)[0] == 401  # no Bearer at all: no guess
    assert ask_from(strict, "127.0.0.11", f"/m/{NOBODY}/mgovSign")[0] == 404
    assert ask_from(strict, "127.0.0.11", documents, headers={"Authorization": "Bearer " + NOBODY})[0] == 401
    assert ask_from(strict, "127.0.0.11", f"/sign/{NOBODY}")[0] == 404
    for path, method in [(f"/m/{NOBODY}/mgovSign", "GET"), (documents, "PUT"), (paths["api1"], "GET"),
                         (paths["page"], "GET"), (paths["page"] + "/qr.png", "GET")]:
        status, headers, body = ask_from(strict, "127.0.0.11", path, method, {"Accept": "text/html"})
        assert status == 429 and 86000 < int(headers["Retry-After"]) <= 86400
        if path.startswith("/m/"):
            assert load_json(body)["message"].startswith("Из вашей сети")
        elif path == paths["page"]:  # a person reads it, and so it looks like the page
            assert b"<html" in body and "Из вашей сети" in body.decode()
            assert "default-src 'none'" in headers["Content-Security-Policy"]
        else:
            assert headers["Content-Type"].startswith("text/plain")
    assert ask_from(strict, "127.0.0.11", "/sign/sign.css")[0] == 200
    lines = [line for line in strict.journal()[before:] if line["ip"] == "127.0.0.11"]
    assert [line["event"] for line in lines] == ["api1.fetched", "bearer.wrong", "token.unknown", "bearer.wrong",
                                                 "tokens.guessed", "http.refused"]  # the page of nobody: the third wrong token
    assert lines[-2]["code"] == "429" and lines[-1]["code"] == "404" and NOBODY not in str(lines)


def test_the_refusal_speaks_the_callers_language(strict):
    for _ in range(3):
        ask_from(strict, "127.0.0.12", f"/m/{NOBODY}/documents", "PUT")
    for language, text in [("ru", "Из вашей сети"), ("kk", "Сіздің желіңізден"), ("en", "Too many links")]:
        status, _, body = ask_from(strict, "127.0.0.12", f"/m/{NOBODY}/mgovSign", headers={"Accept-Language": language})
        assert status == 429 and load_json(body)["message"].startswith(text)


def test_other_addresses_and_partners_are_heard(strict):
    for _ in range(4):
        ask_from(strict, "127.0.0.1", f"/sign/{NOBODY}/status")
    created = strict.create()  # the gateway's road has no such limit
    assert created.code == "SCSS001"
    assert ask_from(strict, "127.0.0.1", paths_of(strict, created)["api1"])[0] == 429
    assert ask_from(strict, "127.0.0.13", paths_of(strict, created)["api1"])[0] == 200


def test_the_numbers_tell_of_them(strict):
    def number(name):
        text = strict.http("GET", "/metrics", port=strict.admin_port, plain=True)[2].decode()
        return sum(value for _, _, value in prometheus.read(text)[name].samples)

    wrong, refused = number("shepd_wrong_tokens_total"), number("shepd_strangers_refused_total")
    for _ in range(5):
        ask_from(strict, "127.0.0.14", f"/m/{NOBODY}/mgovSign")
    assert number("shepd_wrong_tokens_total") == wrong + 3
    assert number("shepd_strangers_refused_total") == refused + 2


def test_behind_a_proxy_it_is_the_telephone_that_is_not_heard(own_world):
    world = own_world(settings={"http": {"max_wrong_tokens": 2, "trusted_peers": "127.0.0.1"}})
    ask = lambda ip, path: ask_from(world, "127.0.0.1", path, headers={"X-Forwarded-For": ip})[0]  # noqa: E731
    assert [ask("192.0.2.1", f"/m/{NOBODY}/mgovSign") for _ in range(3)] == [404, 404, 429]
    assert [ask(f"2001:db8::{n}", f"/m/{NOBODY}/mgovSign") for n in range(3)] == [404, 404, 429]  # one /64
    assert ask("192.0.2.2", f"/m/{NOBODY}/mgovSign") == 404
