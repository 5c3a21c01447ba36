"""ЦОИД as operators see it: numbers, readiness, keys and limits exchanged while it serves, news, the end."""
import os
import shutil
import threading
import time

import pytest

import coid
import prometheus
from coid import ask
from test_keys import admin, day, make_signer, sample_of
from tools import BUILD, ROOT, run, until

STATES = ("closed", "open", "half-open")
NEWS = 2  # of the sandbox's ЦОИД


@pytest.fixture
def make(own_world):
    """Worlds that offer ЦОИД; the country's ЦОИД forgets its faults afterwards."""
    worlds = []

    def one(**settings):
        worlds.append(own_world(coid=True, settings={"coid": settings} if settings else None))
        return worlds[-1]

    yield one
    for world in worlds:
        world.centre.reset()


def numbers(world, family, **labels):
    """The values of a family's series with these labels; of histograms, how often."""
    samples = prometheus.read(admin(world, "/metrics")[1])[family].samples
    return [value for name, own, value in samples
            if name in (family, f"{family}_count") and labels.items() <= own.items()]


def state(world):
    found = [one for one in STATES if numbers(world, "shepd_upstream_state", upstream="coid", state=one) == [1]]
    assert len(found) == 1, found
    return found[0]


def test_calls_comparisons_and_certificates_stand_in_the_metrics(make):
    """req 3.06: what costs money is counted by vendor; req 3.01: our keys' days are there."""
    world = make()
    iin = world.centre.people["man"]
    compared = ask(world, coid.verify_photo(iin))
    assert compared.code == "SCSS001", compared.text
    again = ask(world, coid.get_verification(compared.value("idempotencyKey")))
    assert again.code == "SCSS001", again.text
    assert numbers(world, "shepd_coid_comparisons_total", vendor=compared.value("vendor")) == [1]
    assert numbers(world, "shepd_coid_call_duration_seconds", operation="verifyPhoto", status="200", code="ok") == [1]
    for phase in ("wait", "queue", "connect", "first-byte", "judge"):
        assert numbers(world, "shepd_coid_call_phase_seconds", operation="verifyPhoto", phase=phase) == [1], phase
    for purpose in ("ldap", "ocsp"):
        assert numbers(world, "shepd_upstream_call_duration_seconds", purpose=purpose, code="ok")[0] >= 1, purpose
    assert state(world) == "closed"
    assert numbers(world, "shepd_upstream_passed_total", upstream="coid")[0] >= 1
    assert numbers(world, "shepd_upstream_calls", upstream="coid") == [0]
    for role in ("coid-client", "coid-sign"):
        assert sample_of(world, "shepd_certificate_expiry_days", role) > 0
    assert iin not in admin(world, "/metrics")[1]


def test_signing_is_ready_while_coid_is_left_alone_and_a_reload_does_not_forget_it(make):
    world = make(failures=1, open_ms=600000)
    until("our own look at the news", lambda: len(world.events("coid.news")) == NEWS)  # not to be refused, and counted
    world.centre.fault("vendors", "502-html", times=3)
    assert ask(world, coid.get_vendors()).error == "upstreamUnavailable"
    assert admin(world, "/health/ready") == (200, "ready; ЦОИД failed too often and is left alone\n")
    assert world.create().code == "SCSS001"
    refused = ask(world, coid.get_vendors())
    assert (refused.code, refused.error) == ("SCSE003", "upstreamOpen")

    world.settings["coid"]["failures"] = 3
    world.write_config()
    world.reload()
    assert state(world) == "open"
    assert ask(world, coid.get_vendors()).error == "upstreamOpen"
    assert numbers(world, "shepd_upstream_refused_total", upstream="coid", reason="open") == [2]
    assert numbers(world, "shepd_upstream_opened_total", upstream="coid") == [1]

    world.settings["coid"]["open_ms"] = 10  # the next one tries, and may again
    world.settings["coid"]["successes"] = 1
    world.write_config()
    world.reload()
    world.centre.reset()
    assert ask(world, coid.get_vendors()).code == "SCSS001"
    assert state(world) == "closed"
    assert admin(world, "/health/ready") == (200, "ready\n")


def test_what_hangs_does_not_hold_the_end(make):
    """SIGTERM while ЦОИД hangs, on a caller's operation and on our own look at its news."""
    world = make(call_ms=24000, news_every_ms=1000)
    world.centre.fault("news", "hang", times=5)
    world.centre.fault("vendors", "hang", times=5)
    told = []
    caller = threading.Thread(target=lambda: told.append(ask(world, coid.get_vendors())))
    caller.start()
    until("both with ЦОИД", lambda: numbers(world, "shepd_upstream_calls", upstream="coid") == [2])
    began = time.monotonic()
    assert world.shepd.stop() == 0
    took = time.monotonic() - began
    caller.join(60)
    assert told[0].code == "SCSE003", told[0].text  # answered, and not cut off
    assert took < 15, took
    world.centre.reset()
    world.start_shepd()
    assert ask(world, coid.get_vendors()).code == "SCSS001"


def test_keys_for_coid_are_exchanged_and_watched_apart_from_signing(make, tmp_path):
    """req 3.01, 3.02: a key that does not do changes nothing; one that has ended is an alert, and signing goes on."""
    world = make()
    place = world.folder / "client.p12"
    shutil.copy(world.sandbox / "tls/client.p12", place)
    world.settings = {"coid": {"client_key_file": place}}
    world.restart()
    assert ask(world, coid.get_vendors()).code == "SCSS001"

    shutil.copy(world.key("adapter", "gost2015"), place)  # the other key of the set
    assert "[coid] TLS client key" in world.reload("config.refused")["text"]
    assert ask(world, coid.get_vendors()).code == "SCSS001"

    place.write_text(make_signer(tmp_path, day(-3)))
    world.reload()
    until("the alert", lambda: world.events("certificate.expired", "coid-client"))
    assert world.events("certificate.expired", "coid-client")[0]["level"] == "Alerts"
    assert sample_of(world, "shepd_certificate_expiry_days", "coid-client") < -2
    assert ask(world, coid.get_vendors()).code == "SCSE003"
    world.restart()  # it starts all the same
    assert admin(world, "/health/ready") == (200, "ready\n")
    assert world.create().code == "SCSS001"

    shutil.copy(world.sandbox / "tls/client.p12", place)
    world.reload()
    assert ask(world, coid.get_vendors()).code == "SCSS001"


def test_a_reload_takes_it_away_and_gives_it_back(make):
    world = make()
    centre = world.centre
    assert ask(world, coid.get_vendors()).code == "SCSS001"
    world.centre = None
    world.write_config()
    world.reload()
    assert ask(world, coid.get_vendors()).code == "SCE004"
    assert not numbers(world, "shepd_upstream_state", upstream="coid")
    assert world.create().code == "SCSS001"
    world.centre = centre
    world.write_config()
    world.reload()
    assert ask(world, coid.get_vendors()).code == "SCSS001"
    assert state(world) == "closed"


def test_a_senders_comparisons_of_a_day_are_bounded_and_a_reload_raises_the_bound(make):
    """req 3.06: a repeat costs nothing, so it is never refused."""
    world = make()
    iin = world.centre.people["man"]
    sender = 'sender "sandbox"'
    world.settings = {sender: {"coid_daily_limit": 1}}
    world.write_config()
    world.reload()
    first = coid.new_message()
    assert ask(world, coid.verify_photo(iin), message=first).code == "SCSS001"
    before = world.centre.bills["comparisons"]
    refused = ask(world, coid.verify_photo(iin))
    assert (refused.code, refused.error) == ("SCSE002", "dailyLimit")
    assert ask(world, coid.verify_photo(iin), message=first).code == "SCSS001"
    assert world.centre.bills["comparisons"] == before
    world.settings[sender]["coid_daily_limit"] = 2
    world.write_config()
    world.reload()
    assert ask(world, coid.verify_photo(iin)).code == "SCSS001"
    assert ask(world, coid.verify_photo(iin)).error == "dailyLimit"
    assert numbers(world, "shepd_coid_comparisons_total") == [2]


def test_a_database_that_dies_while_coid_compares_costs_nothing_twice(make):
    """C-26: the key was in it before ЦОИД heard of it; what ЦОИД answered into the void is asked about."""
    world = make()
    daemon, place = ROOT / "scripts/private-mariadbd", world.folder / "db"
    request, message = coid.verify_photo(world.centre.people["man"]), coid.new_message()
    before = world.centre.bills["comparisons"]
    world.centre.fault("verify", "slow", ms=2000)
    told = []
    caller = threading.Thread(target=lambda: told.append(ask(world, request, message=message)))
    caller.start()
    until("it is compared", lambda: world.centre.bills["comparisons"] == before + 1)
    run(daemon, "kill", place)
    caller.join(60)
    run(daemon, "start", place, "--owner", os.getpid())
    assert told[0].code == "SCSE003", told[0].text
    again = until("its answer", lambda: (one := ask(world, request, message=message)).code == "SCSS001" and one)
    assert world.centre.bills["comparisons"] == before + 1
    assert world.centre.bills["keys"][again.value("idempotencyKey")] == 1
    assert world.events("coid.recovered")


def test_news_are_fetched_once_and_stand_in_the_journal(make):
    """req 3.14"""
    world = make()
    until("all news", lambda: len(world.events("coid.news")) == NEWS)
    count = len(world.events("coid.news"))
    requests = world.centre.bills["requests"]
    world.restart()
    assert ask(world, coid.get_vendors()).code == "SCSS001"
    assert len(world.events("coid.news")) == count
    assert world.centre.bills["requests"].get("news") == requests.get("news")


def test_what_cannot_be_meant_is_refused_before_it_starts(make):
    """req 3.07: not even a sandbox goes without TLS."""
    world = make()
    for line, why in (("base_url =", "is not offered"),
                      (f"base_url = {world.centre.url.replace('https', 'http')}", "begins with https://"),
                      (f"base_url = {world.centre.url}\nmax_calls = 64", "below [http] workers")):
        text = world.config.read_text()
        broken = world.folder / "broken.conf"
        broken.write_text(text.replace(f"base_url = {world.centre.url}", line))
        done = run(BUILD / "shepd", "--check-config", "--config", broken, check=False)
        assert done.returncode != 0 and why in done.stdout + done.stderr, done.stdout + done.stderr


def test_a_reload_leaves_workers_for_signing(make):
    """The workers that run are those of the start, whatever the file says by now."""
    world = make()
    world.settings = {"http": {"workers": 256}, "coid": {"max_calls": 100}}
    world.write_config()
    assert "below the 64 workers that run" in world.reload("config.refused")["text"]
    assert ask(world, coid.get_vendors()).code == "SCSS001"
    world.restart()
    assert ask(world, coid.get_vendors()).code == "SCSS001"
