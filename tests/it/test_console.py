"""The administrator's console over HTTP: who comes in, who does not, and what is on record (req 0.36, 0.38, 0.53)."""
import base64
import hashlib
import os
import pty
import re
import shutil
import signal

import pytest

from console import ADMINISTRATOR, AUDITOR, PASSWORD, STEP_S, WRONG, Client, a_console, add_user, totp, user
from tools import BUILD, at_once, run
from world import Second, at_work


@pytest.fixture(scope="module")
def console(country):
    yield from a_console(country)


@pytest.fixture(scope="module")
def second(console):
    """Another shepd on the same database."""
    world = Second(console)
    world.settings["admin"] = {"max_address_failures": 3, "tls_cert_file": world.sandbox / "tls/server.pem",
                               "tls_key_file": world.sandbox / "tls/server.key"}
    with at_work(world):
        yield world


@pytest.fixture
def somebody(console, request):
    """A fresh account for a test that locks or changes it."""
    name = "t." + re.sub(r"[^a-z0-9]", "-", request.node.name.lower())[-40:]
    add_user(console, name)
    yield name
    user(console, "remove", name, check=False)


def of(world, name, account, text=""):
    """The journal's lines of one event and account."""
    return [line for line in world.events(name, text) if line["account"] == account]


def ctl_lines(world, event):
    return [line for line in world.journal("journal/ctl") if line["event"] == event]


def at_a_terminal(command, questions, answer):
    """Runs it on a terminal of its own and answers each question; (exit status, all that was shown)."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], [str(word) for word in command])
    shown = b""
    for question in questions:
        while not shown.decode("utf-8", "replace").endswith(question):
            shown += os.read(terminal, 4096)
        os.write(terminal, answer.encode() + b"\n")
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:  # closed
            more = b""
        if not more:
            break
        shown += more
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    return status, shown.decode("utf-8", "replace")


# ---- in and out ----

def test_who_logs_in_and_out_is_on_record_with_address_and_time(console):  # req 0.36, 0.44, 0.45, 0.60
    before = len(of(console, "auth.login", ADMINISTRATOR)), len(of(console, "auth.logout", ADMINISTRATOR))
    client = Client(console)
    client.log_in(ADMINISTRATOR)
    login = of(console, "auth.login", ADMINISTRATOR)[before[0]:]
    assert [(line["ip"], line["level"], line["text"]) for line in login] == [
        ("127.0.0.1", "Notifications", "logged in as administrator")]
    assert login[0]["start"] and login[0]["end"]
    cookie = client.cookie
    assert client.log_out().to == "/admin/login?said_out"
    assert len(of(console, "auth.logout", ADMINISTRATOR)) == before[1] + 1
    assert client.cookie is None
    client.cookies["shepd"] = cookie  # whoever kept it
    assert client.get("/admin/password").to == "/admin/login"
    assert console.sql("SELECT COUNT(*) FROM account_session WHERE account = 'aidar'") == [["0"]]


def test_nobody_sees_a_page_before_logging_in(console):  # req 0.53
    client = Client(console)
    for path in ("/admin", "/admin/", "/admin/password", "/admin/totp", "/admin/totp.svg", "/admin/journal", "/admin/x"):
        page = client.get(path)
        assert (page.status, page.to, page.body) == (303, "/admin/login", b""), path
        assert client.ask("HEAD", path).status == 303
    for path in ("/admin/logout", "/admin/password", "/admin/totp", "/admin/language", "/admin/login", "/admin/code"):
        page = client.post(path, {"name": ADMINISTRATOR, "password": PASSWORD}, token="A" * 43)
        assert page.status == 403, path
    assert client.cookie is None and console.http("GET", "/admin/login")[0] == 404  # not on the public listener
    assert console.http("GET", "/admin/console.css")[0] == 404


@pytest.mark.parametrize("name, password, account, reason", [
    (AUDITOR, WRONG, AUDITOR, "wrong password"), (AUDITOR, "", AUDITOR, "wrong password"),
    ("nobody", PASSWORD, "-", "no such account"), (PASSWORD, ADMINISTRATOR, "-", "no such account"),
    ("", "", "-", "no such account"), ("Aidar", PASSWORD, "-", "no such account"),
    ("aidar' OR '1'='1", PASSWORD, "-", "no such account"), ("x" * 5000, "y" * 5000, "-", "no such account")],
    ids=["password", "none", "unknown", "swapped", "empty", "case", "quote", "overlong"])
def test_a_failed_log_in_says_the_same_whatever_was_wrong(console, name, password, account, reason):  # req 0.36
    before = len(of(console, "auth.failed", account))
    client = Client(console)
    page = client.try_to_log_in(name, password)
    assert page.status == 403 and "You could not be logged in" in page.said
    assert client.cookie is None
    line, = of(console, "auth.failed", account)[before:]
    assert reason in line["text"] and line["ip"] == "127.0.0.1" and line["level"] == "Warning"
    typed = [text for text in (name, password) if text and text != account]
    assert not any(text in str(line) for text in typed)
    assert not any(text in page.text for text in typed)
    Client(console).log_in(AUDITOR)  # forgets its failures


def test_the_answer_has_the_headers_of_a_page_that_nothing_may_be_put_into(console):
    client = Client(console)
    for page in (client.get("/admin/login"), client.log_in(ADMINISTRATOR), client.get("/admin/nothing")):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert "script" not in policy and "unsafe" not in policy and "<script" not in page.text and "style=" not in page.text
        assert page.headers["Cache-Control"] == "no-store" and page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["X-Frame-Options"] == "DENY" and page.headers["Referrer-Policy"] == "same-origin"
    head = client.ask("HEAD", "/admin/password")
    assert head.status == 200 and head.body == b"" and int(head.headers["Content-Length"]) > 1000
    css = client.get("/admin/console.css")
    assert css.status == 200 and client.get("/admin/console.css", **{"If-None-Match": css.headers["ETag"]}).status == 304


@pytest.mark.parametrize("method, path, allowed", [
    ("POST", "/admin/", "GET, HEAD"), ("GET", "/admin/logout", "POST"), ("PUT", "/admin/login", "GET, HEAD, POST"),
    ("DELETE", "/admin/password", "GET, HEAD, POST"), ("POST", "/admin/nothing", "GET, HEAD"),
    ("OPTIONS", "/admin/login", "GET, HEAD, POST")])
def test_a_method_that_a_path_does_not_take_is_405(console, method, path, allowed):
    page = Client(console).ask(method, path)
    assert (page.status, page.headers["Allow"]) == (405, allowed)


# ---- forms of others ----

FORGED = [  # what a page elsewhere can make a browser send, or somebody who has one half of it
    ("no token", lambda c, o: c.post("/admin/logout", token="")),
    ("another's token", lambda c, o: c.post("/admin/logout", token=o.last.token)),
    ("a token cut short", lambda c, o: c.post("/admin/logout", token=c.last.token[:-1])),
    ("another site", lambda c, o: c.post("/admin/logout", headers={"Origin": "https://evil.example"})),
    ("an origin that is null", lambda c, o: c.post("/admin/logout", headers={"Origin": "null"})),
    ("another port of ours", lambda c, o: c.post("/admin/logout", headers={"Origin": "http://127.0.0.1:1"})),
    ("cross-site", lambda c, o: c.post("/admin/logout", headers={"Sec-Fetch-Site": "cross-site"})),
    ("same-site", lambda c, o: c.post("/admin/logout", headers={"Sec-Fetch-Site": "same-site"})),
    ("neither origin nor site", lambda c, o: c.post("/admin/logout", headers={"Origin": ""})),
]


@pytest.mark.parametrize("send", [row[1] for row in FORGED], ids=[row[0] for row in FORGED])
def test_a_form_that_no_page_of_ours_sent_is_refused_and_on_record(console, send):  # req 0.38
    client, other = Client(console), Client(console)
    client.log_in(ADMINISTRATOR)
    other.log_in(AUDITOR)
    before = len(of(console, "access.refused", ADMINISTRATOR))
    assert send(client, other).status == 403
    line, = of(console, "access.refused", ADMINISTRATOR)[before:]
    assert line["code"] == "403" and line["text"].startswith("POST /admin/logout: ")
    assert client.get("/admin/password").status == 200  # still in
    for one in (client, other):
        one.get("/admin/password")
        one.log_out()


def test_a_cookie_that_was_planted_opens_nothing_after_the_log_in(console):
    """Session fixation: whoever comes in gets a new cookie."""
    client = Client(console)
    planted = "A" * 43
    client.cookies["shepd"] = planted
    client.get("/admin/login")
    client.log_in(ADMINISTRATOR)
    assert client.cookie not in (None, planted)
    first = client.cookie
    thief = Client(console)
    thief.cookies["shepd"] = planted
    assert thief.get("/admin/password").to == "/admin/login"
    assert console.sql("SELECT COUNT(*) FROM account_session WHERE cookie_sha256 = "
                       f"UNHEX(SHA2('{first}', 256))") == [["1"]]  # its hash, nothing else
    client.get("/admin/password")
    again = client.post("/admin/login", {"name": ADMINISTRATOR, "password": PASSWORD})
    assert again.status == 303 and client.cookie != first
    thief.cookies["shepd"] = first
    assert thief.get("/admin/password").to == "/admin/login"
    client.follow(again)
    client.log_out()


def test_who_begins_to_log_in_anew_is_nobody_until_it_is_done(console, somebody):
    """Whoever was in, or half in, in this browser: what is shown and told is a stranger's."""
    def fail_anew(client, entered):
        client.get(entered)
        for _ in range(2):  # the second time from the form that was shown
            page = client.post("/admin/login", {"name": "nobody", "password": WRONG})
            assert (page.status, page.title) == (403, "Log in") and "You could not be logged in" in page.said
            assert page.menu == [] and somebody not in page.text and "/admin/logout" not in page.text

    client = Client(console)
    client.log_in(somebody)
    fail_anew(client, "/admin/password")
    assert client.get("/admin/password").status == 200  # nobody else ended it
    secret_of(console, somebody)
    half = Client(console)
    assert half.try_to_log_in(somebody).to == "/admin/code"
    fail_anew(half, "/admin/code")
    assert half.get("/admin/code").title != "Log in"


def test_two_cookies_of_one_name_are_none(console):
    client = Client(console)
    client.log_in(ADMINISTRATOR)
    both = f"shepd={client.cookie}; shepd={'A' * 43}"
    assert client.get("/admin/password", Cookie=both).to == "/admin/login"
    client.get("/admin/password")
    client.log_out()


# ---- how long a log-in lasts ----

@pytest.mark.parametrize("column, age_s, over", [
    ("seen_at", 890, False), ("seen_at", 901, True), ("created_at", 28790, False), ("created_at", 28801, True)])
def test_a_log_in_ends_by_idleness_and_by_age(console, column, age_s, over):  # req 0.36
    client = Client(console)
    client.log_in(ADMINISTRATOR)
    cookie, before = client.cookie, len(of(console, "auth.expired", ADMINISTRATOR))
    console.sql(f"UPDATE account_session SET {column} = NOW(6) - INTERVAL {age_s} SECOND WHERE account = 'aidar'")
    page = client.get("/admin/password")
    assert (page.status, page.to) == ((303, "/admin/login?said_over") if over else (200, None))
    assert len(of(console, "auth.expired", ADMINISTRATOR)) == before + over
    if over:
        hashed = hashlib.sha256(cookie.encode()).hexdigest()
        assert "session is over" in client.get(page.to).said
        assert console.sql(f"SELECT COUNT(*) FROM account_session WHERE HEX(cookie_sha256) = '{hashed}'") == [["0"]]
    else:
        client.log_out()


def test_an_account_has_so_many_log_ins_and_the_oldest_makes_room(console, somebody):
    clients = [Client(console) for _ in range(6)]
    for client in clients:
        client.log_in(somebody)
    assert clients[0].get("/admin/password").status == 303
    assert [client.get("/admin/password").status for client in clients[1:]] == [200] * 5


# ---- lock-out ----

def test_five_failures_lock_an_account_and_the_databases_clock_opens_it(console, somebody):  # req 0.36
    for _ in range(5):
        assert Client(console).try_to_log_in(somebody, WRONG).status == 403
    assert len(of(console, "auth.failed", somebody)) == 4 and len(of(console, "auth.locked", somebody)) == 1
    page = Client(console).try_to_log_in(somebody)  # the right one does not help, and is not told apart
    assert page.status == 403 and "You could not be logged in" in page.said
    assert "locked" in of(console, "auth.failed", somebody)[-1]["text"]
    left = "SELECT TIMESTAMPDIFF(SECOND, NOW(6), locked_until) FROM account WHERE name = "
    assert 850 < int(console.sql(left + f"'{somebody}'")[0][0]) <= 900
    console.sql(f"UPDATE account SET locked_until = NOW(6) - INTERVAL 1 SECOND WHERE name = '{somebody}'")
    assert Client(console).try_to_log_in(somebody, WRONG).status == 403  # a new row of failures: the first
    assert console.sql(f"SELECT failures FROM account WHERE name = '{somebody}'") == [["1"]]
    Client(console).log_in(somebody)
    assert console.sql(f"SELECT failures FROM account WHERE name = '{somebody}'") == [["0"]]


def test_guesses_at_once_on_two_instances_are_counted_together(console, second, somebody):
    tries = [lambda: Client(console).try_to_log_in(somebody, WRONG).status for _ in range(4)]
    tries += [lambda: Client(second, tls=True).try_to_log_in(somebody, WRONG).status for _ in range(2)]
    assert set(at_once(*tries)) <= {403, 503}  # 503: four at a time are judged
    while console.sql(f"SELECT failures FROM account WHERE name = '{somebody}'") != [["5"]]:
        Client(console).try_to_log_in(somebody, WRONG)
    assert Client(console).try_to_log_in(somebody).status == 403
    user(console, "unlock", somebody)
    Client(console).log_in(somebody)


def test_an_address_that_keeps_failing_is_not_heard(second):
    statuses = [Client(second, tls=True).try_to_log_in("nobody", WRONG).status for _ in range(5)]
    assert 403 in statuses and statuses[-1] == 429
    assert Client(second, tls=True).try_to_log_in(ADMINISTRATOR).status == 429
    line, = second.events("auth.throttled")
    assert line["ip"] == "127.0.0.1"


# ---- several instances ----

def test_over_tls_the_cookie_is_bound_to_the_host(second):
    client = Client(second, tls=True)
    page = client.get("/admin/login")
    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-shepd-door=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"}


def test_instances_share_log_ins_and_a_kill_loses_none(console, second, somebody):
    client = Client(console)
    client.log_in(somebody)
    there = Client(second, tls=True)
    there.cookies["__Host-shepd"] = client.cookie
    assert there.get("/admin/password").status == 200
    console.shepd.process.send_signal(signal.SIGKILL)
    console.shepd.process.wait(60)
    assert there.get("/admin/password").status == 200
    console.start_shepd()
    assert client.get("/admin/password").status == 200
    there.get("/admin/password")
    assert there.log_out().status == 303
    assert client.get("/admin/password").to == "/admin/login"
    assert len(of(console, "auth.login", somebody)) == 1 and len(of(second, "auth.logout", somebody)) == 1


# ---- the second factor ----

def enrol(client, world, name):
    """Switches it on in the console; the secret."""
    client.get("/admin/totp")
    assert client.post("/admin/totp", {"do": "begin", "password": WRONG}).status == 403
    client.follow(client.post("/admin/totp", {"do": "begin", "password": PASSWORD}))
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", client.last.text).group(1).replace(" ", "")
    picture = client.get("/admin/totp.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml" and picture.body.startswith(b"<")
    client.get("/admin/totp")
    step = database_step(world)
    wrong = f"{(int(totp(secret, step)) + 1) % 1000000:06d}"
    assert client.post("/admin/totp", {"do": "confirm", "code": wrong}).status == 400
    page = client.follow(client.post("/admin/totp", {"do": "confirm", "code": totp(secret, database_step(world))}))
    assert "It is on" in page.text
    assert len(of(world, "account.changed", name, "second factor switched on")) == 1
    return secret


def database_step(world):
    return int(world.sql("SELECT UNIX_TIMESTAMP()")[0][0]) // STEP_S


def test_a_second_factor_is_asked_for_and_each_code_counts_once(console, somebody):  # req 0.36
    client = Client(console)
    client.log_in(somebody)
    secret = enrol(client, console, somebody)
    client.log_out()
    (kept,), = console.sql(f"SELECT HEX(totp) FROM account WHERE name = '{somebody}'")
    assert len(kept) > 80 and base64.b32decode(secret).hex().upper() not in kept  # sealed

    used = int(console.sql(f"SELECT totp_step FROM account WHERE name = '{somebody}'")[0][0])
    client = Client(console)
    assert client.try_to_log_in(somebody).to == "/admin/code"
    half = client.cookie
    assert client.get("/admin/password").to == "/admin/login"  # a half log-in sees nothing
    client.get("/admin/code")
    assert client.post("/admin/code", {"code": totp(secret, used)}).status == 403  # the one it was confirmed with
    assert "taken before" in of(console, "auth.failed", somebody)[-1]["text"]
    fresh = max(database_step(console), used + 1)
    assert client.post("/admin/code", {"code": totp(secret, fresh)}).to == "/admin/"
    assert client.cookie != half and client.get("/admin/password").status == 200
    assert "second factor" in of(console, "auth.login", somebody)[-1]["text"]

    thief = Client(console)  # saw password and code over the shoulder
    thief.try_to_log_in(somebody)
    thief.get("/admin/code")
    assert thief.post("/admin/code", {"code": totp(secret, fresh)}).status == 403
    thief.cookies["shepd"] = half
    assert thief.get("/admin/code").title == "Log in"


def test_wrong_codes_lock_the_account_too(console, somebody):
    told = user(console, "totp", "on", somebody).stdout
    secret = re.match(r"otpauth://totp/shepd%20sandbox:[a-z0-9.-]+\?secret=([A-Z2-7]{32})&issuer=", told).group(1)
    client = Client(console)
    client.try_to_log_in(somebody)
    for _ in range(5):
        client.get("/admin/code")
        client.post("/admin/code", {"code": "000000"})
    assert len(of(console, "auth.locked", somebody)) == 1
    client.get("/admin/code")
    assert client.post("/admin/code", {"code": totp(secret, database_step(console))}).status == 403
    user(console, "unlock", somebody)
    user(console, "totp", "off", somebody)
    Client(console).log_in(somebody)


def secret_of(world, name):
    """Switches the second factor on by shepctl."""
    return re.search(r"secret=([A-Z2-7]{32})", user(world, "totp", "on", name).stdout).group(1)


def test_the_second_factor_is_switched_off_with_the_password_only(console, somebody):  # req 0.36
    """Whoever finds an open browser cannot."""
    client = Client(console)
    client.log_in(somebody)
    enrol(client, console, somebody)
    for password in (WRONG, ""):
        client.get("/admin/totp")
        assert client.post("/admin/totp", {"do": "off", "password": password}).status == 403
        assert console.sql(f"SELECT totp IS NULL FROM account WHERE name = '{somebody}'") == [["0"]]
    client.get("/admin/totp")
    client.follow(client.post("/admin/totp", {"do": "off", "password": PASSWORD}))
    assert console.sql(f"SELECT totp IS NULL FROM account WHERE name = '{somebody}'") == [["1"]]
    assert len(of(console, "account.changed", somebody, "second factor switched off")) == 1


def test_a_right_password_before_a_wrong_code_forgets_no_failure(console, somebody):  # req 0.36
    """Else whoever knows the password could try codes for ever, one log-in each."""
    secret_of(console, somebody)
    for _ in range(5):
        client = Client(console)
        assert client.try_to_log_in(somebody).to == "/admin/code"
        client.get("/admin/code")
        assert client.post("/admin/code", {"code": "000000"}).status == 403
    assert len(of(console, "auth.locked", somebody)) == 1
    assert Client(console).try_to_log_in(somebody).status == 403


def test_wrong_codes_count_for_the_address_too(own_world):
    world = own_world(settings={"admin": {"max_address_failures": 3, "max_failures": 100}})
    secret = secret_of(world, add_user(world, ADMINISTRATOR))
    client = Client(world)
    assert client.try_to_log_in(ADMINISTRATOR).to == "/admin/code"
    for _ in range(3):
        client.get("/admin/code")
        assert client.post("/admin/code", {"code": "000000"}).status == 403
    client.get("/admin/code")
    assert client.post("/admin/code", {"code": totp(secret, database_step(world))}).status == 429
    assert client.get("/admin/password").to == "/admin/login"
    assert len(world.events("auth.throttled")) == 1


# ---- the password ----

def test_a_password_that_another_set_is_changed_before_anything_else(console):  # req 0.37
    add_user(console, "newcomer", "auditor", "--role", "auditor")
    client, elsewhere = Client(console), Client(console)
    client.follow(client.try_to_log_in("newcomer"))
    elsewhere.try_to_log_in("newcomer")
    assert client.last.title == "Password" and client.last.menu == []
    assert client.get("/admin/totp").to == "/admin/password"
    client.get("/admin/password")
    fresh = "четыре других слова"
    for fields, words in (({"password": WRONG}, "present password is wrong"),
                          ({"new": "короткий"}, "At least 12"), ({"new": "newcomer-2026"}, "account's name"),
                          ({"new": "abababababababab"}, "repetition"), ({"new": PASSWORD}, "is the present one"),
                          ({"new": fresh, "again": fresh + "."}, "differ")):
        sent = {"password": PASSWORD, "new": fresh, **fields}
        page = client.post("/admin/password", {"again": sent["new"], **sent})
        assert page.status in (400, 403) and words in page.said, (fields, page.said)
    page = client.follow(client.post("/admin/password", {"password": PASSWORD, "new": fresh, "again": fresh}))
    assert "password is changed" in page.said
    assert elsewhere.get("/admin/password").to == "/admin/login"
    assert len(of(console, "account.changed", "newcomer", "password")) == 1
    assert Client(console).try_to_log_in("newcomer").status == 403
    Client(console).log_in("newcomer", fresh)
    user(console, "remove", "newcomer")


# ---- accounts, by shepctl ----

def test_every_change_of_an_account_is_on_record_with_what_changed(console):  # req 0.37
    add_user(console, "zhanar")
    client = Client(console)
    client.log_in("zhanar")
    user(console, "role", "zhanar", "auditor")
    assert client.get("/admin/password").to == "/admin/login"  # what it may is looked at afresh
    client.log_in("zhanar")
    user(console, "lock", "zhanar")
    assert client.get("/admin/password").to == "/admin/login"
    assert Client(console).try_to_log_in("zhanar").status == 403
    assert "blocked" in of(console, "auth.failed", "zhanar")[-1]["text"]
    user(console, "unlock", "zhanar")
    client.log_in("zhanar")
    user(console, "remove", "zhanar")
    assert client.get("/admin/password").to == "/admin/login"
    told = [(event, line["text"]) for event in ("account.created", "account.changed", "account.locked", "account.unlocked",
                                               "account.removed") for line in ctl_lines(console, event)
            if line["text"].startswith("zhanar")]
    assert told == [("account.created", "zhanar: role=administrator"),
                    ("account.changed", "zhanar: role administrator to auditor"),
                    ("account.locked", "zhanar: blocked, log-ins ended"), ("account.unlocked", "zhanar"),
                    ("account.removed", "zhanar")]
    assert all(PASSWORD not in str(line) for line in ctl_lines(console, "account.created"))


def test_the_last_administrator_cannot_be_taken_away(console):
    for change in (("remove", ADMINISTRATOR), ("lock", ADMINISTRATOR), ("role", ADMINISTRATOR, "auditor")):
        done = user(console, *change, check=False)
        assert done.returncode == 1 and "last administrator" in done.stderr, change
        assert "last administrator" in ctl_lines(console, "account.refused")[-1]["text"]
    assert console.sql("SELECT role, blocked FROM account WHERE name = 'aidar'") == [["administrator", "0"]]
    done = user(console, "add", ADMINISTRATOR, "--role", "auditor", "--password-file", console.folder / "console-password",
                check=False)
    assert done.returncode == 1 and "already" in done.stderr


def test_a_password_is_asked_for_on_the_terminal_and_never_on_the_command_line(console):
    code, shown = at_a_terminal([BUILD / "shepctl", "user", "add", "prompted", "--config", console.config, "--role", "auditor",
                                 "--own"], ["New password of prompted: ", "The same again: "], PASSWORD)
    assert code == 0, shown
    assert PASSWORD not in shown  # no echo
    Client(console).log_in("prompted")
    user(console, "remove", "prompted")
    for words in ("short", "x" * 129):
        file = console.folder / "bad"
        file.write_text(words)
        assert user(console, "add", "bad", "--role", "auditor", "--password-file", file, check=False).returncode == 2


def verify(world, folder, *options):
    return run(BUILD / "shepctl", "journal", "verify", folder, "--config", world.config, *options, check=False)


def test_the_services_journal_is_verified_by_its_people_alone_and_a_copy_by_whoever_has_it(console, somebody, tmp_path):
    """req 0.53"""
    folder, right, wrong = console.folder / "journal", console.folder / "console-password", tmp_path / "wrong"
    wrong.write_text(WRONG)
    done = verify(console, folder)
    assert done.returncode == 2 and "--user" in done.stderr and not done.stdout
    for user_name, file in (("nobody", right), (somebody, wrong)):
        done = verify(console, folder, "--user", user_name, "--password-file", file)
        assert done.returncode == 2 and "not let in" in done.stderr and not done.stdout
    assert "no such account" in ctl_lines(console, "auth.failed")[-2]["text"]
    assert ctl_lines(console, "auth.failed")[-1]["text"].startswith(f"{somebody}: log-in refused: wrong password")
    assert console.sql(f"SELECT failures FROM account WHERE name = '{somebody}'") == [["1"]]  # counts like the console's
    for name in (somebody, AUDITOR):
        done = verify(console, folder, "--user", name, "--password-file", right)
        assert "lines (seq" in done.stdout, done.stderr
        login, proof = ctl_lines(console, "auth.login")[-1], ctl_lines(console, "journal.verified")[-1]
        assert login["text"].startswith(f"{name}: logged in") and proof["account"].startswith(f"{name}@")
    shutil.copytree(folder, tmp_path / "copy")
    assert "lines (seq" in verify(console, tmp_path / "copy").stdout
    (tmp_path / "link").symlink_to(folder)
    assert verify(console, tmp_path / "link").returncode == 2
    user(console, "totp", "on", somebody)
    done = verify(console, folder, "--user", somebody, "--password-file", right, "--totp", "000000")
    assert done.returncode == 2 and "not let in" in done.stderr
    user(console, "lock", somebody)
    assert verify(console, folder, "--user", somebody, "--password-file", right, "--totp", "000000").returncode == 2


@pytest.mark.parametrize("command, event", [(("search",), "journal.searched"), (("restore", "2026-01"), "journal.restored")],
                         ids=["search", "restore"])
def test_records_of_exchanges_are_the_administrators_alone_on_the_command_line_too(console, command, event):
    """req 0.53"""
    def ask(*who):
        return run(BUILD / "shepctl", "journal", *command, "--config", console.config, *who, check=False)

    right = ("--password-file", console.folder / "console-password")
    done = ask()
    assert done.returncode == 2 and "--user" in done.stderr and not done.stdout
    before = len(ctl_lines(console, event))
    done = ask("--user", AUDITOR, *right)
    assert done.returncode in (1, 2) and "not for the role" in done.stderr and not done.stdout
    refused = ctl_lines(console, "access.refused")[-1]
    assert refused["account"].startswith("saule@") and refused["code"] == "403"
    assert len(ctl_lines(console, event)) == before
    done = ask("--user", ADMINISTRATOR, *right)
    assert "not for" not in done.stderr and "not let in" not in done.stderr
    assert ctl_lines(console, "auth.login")[-1]["account"].startswith("aidar@")
    assert len(ctl_lines(console, event)) == before + 1


def test_languages_are_kept_and_lead_back(console):
    client = Client(console, language="kk")
    assert client.get("/admin/login").title == "Кіру"
    assert client.post("/admin/language", {"language": "ru", "back": "/admin/login"}).to == "/admin/login"
    assert client.get("/admin/login").title == "Вход"
    for elsewhere in ("https://evil.example/", "//evil.example", "/admin/\\evil", "/metrics", "/admin/%0d%0aX: y"):
        assert client.post("/admin/language", {"language": "en", "back": elsewhere}).to == "/admin/"
    assert client.get("/admin/login").title == "Log in"
