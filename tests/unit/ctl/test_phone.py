"""shepctl phone against a scripted API №1 and API №2: what the app sends, shows and refuses."""
import base64
import copy
import json
import urllib.parse

import pytest

from conftest import FAMILIES, shepctl, text_of

XML = '<?xml version="1.0" encoding="UTF-8"?><заявление><текст>Прошу</текст></заявление>'
FILE = b"%PDF-1.4 \x00\xff"


def documents(method):
    item = {"id": 12345, "nameRu": "Документ", "nameKz": "Құжат", "nameEn": "Document",
            "meta": [{"name": "Дата", "value": "2024-01-01"}]}
    if method == "XML":
        item["documentXml"] = XML
    else:
        item["document"] = {"file": {"mime": "@file/pdf", "data": base64.b64encode(FILE).decode()}}
    second = {**copy.deepcopy(item), "id": 2}
    # order and unknown fields are the server's affair (req 1.35, 1.36)
    return {"documentsToSign": [item, second], "version": 1, "x": [None, True, 1.5, "\u0001\"\\/"],
            "signMethod": method}


class App:
    """The server's side of one session."""

    def __init__(self, peer, method="CMS_WITH_DATA", auth="Token"):
        self.peer, self.documents, self.auth = peer, documents(method), auth
        self.api1, self.put_answer = f"{peer.url}/m/T/mgovSign", (200, {"message": "success", "status": "success"})
        self.offer = {"description": "Подписание документов", "expiry_date": "2024-01-01T04:52:23.626Z",
                      "organisation": {"nameRu": 'АО "НИТ"', "nameKz": '"ҰАТ" АҚ', "nameEn": "NITEC",
                                       "bin": "000740000728"},
                      "document": {"uri": f"{peer.url}/m/T/documents", "auth_type": auth}}
        if auth == "Token":
            self.offer["document"]["auth_token"] = "2dffe45dssvg"
        peer.answer = self.answer

    def answer(self, request):
        method, path, headers, _ = request
        if (method, path) == ("GET", "/m/T/mgovSign"):
            status, body = 200, self.offer
        elif path != "/m/T/documents":
            status, body = 404, {"message": "нет"}
        elif self.auth == "Token" and headers.get("Authorization") != "Bearer 2dffe45dssvg":
            status, body = 401, {"message": "токен"}
        elif method == ("POST" if self.auth == "Eds" else "GET"):
            status, body = 200, self.documents
        else:
            status, body = self.put_answer
        return status, "application/json", json.dumps(body).encode()

    def sent(self, method):
        return [request for request in self.peer.requests if request[0] == method]


def phone(sandbox, *options, key="individual", family="gost2015", tsp=True):
    return shepctl("phone", *sandbox.key(family, key),
                   *(["--tsp", f"{sandbox.url}/tsp/{family}"] if tsp else []), *options)


def values(body):
    for item in body["documentsToSign"]:
        yield item if "documentXml" in item else item["document"]["file"]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["XML", "CMS_WITH_DATA", "CMS_SIGN_ONLY"])
def test_documents_come_back_signed_in_their_places(sandbox, peer, tmp_path, family, method):
    app = App(peer, method)
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", family=family)
    assert done.returncode == 0, text_of(done)
    for words in ("Подписание документов", 'АО "НИТ"', "000740000728", "12345", "Документ", "PUT          200, success"):
        assert words in text_of(done), text_of(done)
    (put,) = app.sent("PUT")
    body = json.loads(put[3])
    key = "documentXml" if method == "XML" else "data"
    for place in values(body):
        signed, content = tmp_path / "signed", tmp_path / "content"
        value = place[key]
        signed.write_bytes(value.encode() if method == "XML" else base64.b64decode(value, validate=True))
        content.write_bytes(FILE)
        more = ["--content", content] if method == "CMS_SIGN_ONLY" else []
        done = shepctl("verify", "--revocation", "ocsp", *sandbox.trust, *more, signed)
        assert done.returncode == 0, text_of(done)
        assert ("✓ timestamp" in text_of(done)) is (method != "XML")  # req 1.07, 1.08
    # all else is as it was (req 1.36)
    for place, original in zip(values(body), values(app.documents)):
        assert place[key] != original[key]
        place[key] = original[key]
    assert body == app.documents
    assert b"1.5" in put[3]


def test_every_request_carries_language_and_token(sandbox, peer):
    app = App(peer)
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", "--lang", "kk")
    assert done.returncode == 0 and '"ҰАТ" АҚ' in text_of(done) and "Құжат" in text_of(done)
    assert [request[0] for request in peer.requests] == ["GET", "GET", "PUT"]
    for _, path, headers, _ in peer.requests:
        assert headers["Accept-Language"] == "kk"  # req 1.42
        assert ("Authorization" in headers) is path.endswith("documents")  # req 1.18
    assert peer.requests[2][2]["Content-Type"].startswith("application/json")


def test_without_authentication_nothing_is_sent(sandbox, peer):
    app = App(peer, auth="None")  # req 1.20
    assert phone(sandbox, "--qr", f"mobileSign:{app.api1}").returncode == 0
    assert all("Authorization" not in request[2] for request in peer.requests)


def auth_key(sandbox, family="gost2015", name="individual-auth"):
    return ["--auth-key", sandbox.folder / family / f"{name}.p12"]


@pytest.mark.parametrize("family", FAMILIES)
def test_with_eds_it_signs_in_with_the_authentication_key(sandbox, peer, tmp_path, family):
    app = App(peer, auth="Eds")
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", *auth_key(sandbox, family), family=family)
    assert done.returncode == 0, text_of(done)
    assert [request[0] for request in peer.requests] == ["GET", "POST", "PUT"]  # req 1.22
    assert all("Authorization" not in request[2] for request in peer.requests)
    body = json.loads(app.sent("POST")[0][3])
    assert list(body) == ["xml"]  # req 1.19
    assert body["xml"].startswith('<?xml version="1.0" encoding="UTF-8"?>\n<login><url>')
    assert f"<url>{peer.url}/m/T/documents</url><timeStamp>20" in body["xml"]
    login = tmp_path / "login.xml"
    login.write_text(body["xml"])
    done = shepctl("verify", "--revocation", "ocsp", *sandbox.trust, login)
    assert "✓ coverage" in text_of(done) and "individual-auth" not in text_of(done), text_of(done)
    assert "keyEncipherment" in text_of(done)


def test_with_eds_a_refusal_needs_a_sign_in(sandbox, peer):
    app = App(peer, auth="Eds")
    app.put_answer = (200, {"message": "success"})
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", "--refuse", *auth_key(sandbox))
    assert done.returncode == 0, text_of(done)
    assert [request[0] for request in peer.requests] == ["GET", "POST", "DELETE"]


@pytest.mark.parametrize("link", ["https://m.egov.kz/mobileSign/?link={}",
                                  "https://mgovsign.page.link/?link={}&isi=1476128386&ibi=kz.egov.mobile"])
@pytest.mark.parametrize("encode", [str, urllib.parse.quote, lambda url: urllib.parse.quote(url, safe="")])
def test_a_link_opens_the_same_session(sandbox, peer, link, encode):
    app = App(peer, auth="None")
    done = phone(sandbox, "--link", link.format(encode(app.api1)))
    assert done.returncode == 0, text_of(done)


def test_a_refused_signature_shows_the_servers_words(sandbox, peer):
    app = App(peer)
    app.put_answer = (403, {"message": "Подпись\u009b31m не прошла\nпроверку"})  # req 1.39, 1.43
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}")
    assert done.returncode == 1
    assert "PUT          403, Подпись?31m не прошла?проверку" in text_of(done)


def test_refusing_sends_delete_and_no_signature(sandbox, peer):
    app = App(peer)
    app.put_answer = (200, {"message": "success"})
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", "--refuse")
    assert done.returncode == 0 and "DELETE       200" in text_of(done)
    assert [request[0] for request in peer.requests] == ["GET", "DELETE"]
    assert peer.requests[1][2]["Authorization"] == "Bearer 2dffe45dssvg"


def change(path, value):
    """Sets app.offer or app.documents at a path; DELETED takes the member away."""
    def apply(app):
        at = {"offer": app.offer, "documents": app.documents}[path[0]]
        for step in path[1:-1]:
            at = at[step]
        if value is DELETED:
            del at[path[-1]]
        else:
            at[path[-1]] = value
    return apply


DELETED = object()


@pytest.mark.parametrize("spoil, words", [
    (change(["offer", "document", "auth_type"], "Eds"), "no authentication key"),
    (change(["offer", "document", "auth_type"], "token"), "auth_type is none of"),  # req 1.40
    (change(["offer", "document", "auth_token"], DELETED), "no auth_token"),
    (change(["offer", "document", "auth_token"], "a\r\nX: y"), "auth_token holds"),
    (change(["offer", "document", "auth_token"], "wrong"), "401: токен"),
    (change(["offer", "document", "uri"], "file:///etc/passwd"), "document.uri"),
    (change(["offer", "document"], DELETED), "document.uri"),
    (change(["documents", "signMethod"], "SIGN_PIXELS"), "SIGN_PIXELS is not supported"),
    (change(["documents", "signMethod"], DELETED), "no signMethod"),
    (change(["documents", "documentsToSign"], []), "documentsToSign"),
    (change(["documents", "documentsToSign"], {}), "documentsToSign"),
    (change(["documents", "documentsToSign", 1, "document"], DELETED), "no data"),
    (change(["documents", "documentsToSign", 1, "document", "file", "data"], "%"), "base64"),
])
def test_a_server_that_is_wrong_is_told_so(sandbox, peer, spoil, words):
    app = App(peer)
    spoil(app)
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}")
    assert done.returncode == 2 and words in done.stderr.decode(), text_of(done)
    assert not app.sent("PUT")


def test_a_mixed_session_is_signed_by_each_documents_method(sandbox, peer):
    app = App(peer, "CMS_WITH_DATA")  # req 1.27
    app.documents["signMethod"] = "MIX_SIGN"
    app.documents["documentsToSign"] = [
        {**documents("XML")["documentsToSign"][0], "signMethod": "XML"},
        {**documents("CMS_SIGN_ONLY")["documentsToSign"][1], "signMethod": "CMS_SIGN_ONLY"}]
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}")
    assert done.returncode == 0, text_of(done)
    first, second = json.loads(app.sent("PUT")[0][3])["documentsToSign"]
    assert "<ds:Signature" in first["documentXml"]
    assert base64.b64decode(second["document"]["file"]["data"])[0] == 0x30


@pytest.mark.parametrize("answer, words", [
    ((404, "application/json", '{"message":"Не найдено"}'.encode()), "404: Не найдено"),
    ((500, "text/html", b"<html>"), "API №1 answered 500"),
    ((200, "application/json", b"[]"), "JSON object"),
    ((200, "application/json", b"\xef\xbb\xbf{}"), "JSON object"),
    ((302, "text/plain", b""), "302"),
])
def test_an_api1_that_is_away_or_wrong(sandbox, peer, answer, words):
    peer.answer = lambda request: answer
    done = phone(sandbox, "--qr", f"mobileSign:{peer.url}/x")
    assert done.returncode == 2 and words in done.stderr.decode(), text_of(done)


@pytest.mark.parametrize("arguments, words", [
    ([], "--qr TEXT and --link URL"), (["--qr", "a", "--link", "b"], "--qr TEXT and --link URL"),
    (["--qr", "https://x"], "link"), (["--qr", "mobileSign:http://127.0.0.1:1/"], "127.0.0.1"),
    (["--lang", "kz"], "--lang kz"), (["--qr", "rubbish"], "mobileSign:"),
])
def test_wrong_usage_is_named(sandbox, arguments, words):
    done = phone(sandbox, *arguments)
    assert done.returncode == 2 and words in done.stderr.decode(), text_of(done)


def test_a_tsa_that_is_away_stops_the_signing(sandbox, peer):
    app = App(peer)
    done = phone(sandbox, "--qr", f"mobileSign:{app.api1}", "--tsp", "http://127.0.0.1:1/", tsp=False)
    assert done.returncode == 2 and not app.sent("PUT"), text_of(done)
