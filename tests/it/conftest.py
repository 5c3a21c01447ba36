"""The fixtures of the integration tests: one country for all of them, worlds in it, and a browser."""
import pytest

from browser import Browser
from world import a_country, at_work, make_world


def pytest_addoption(parser):
    parser.addoption("--short", action="store_true", help="leave out the long loops")


# Files whose tests take longest, the longest first: with several workers (pytest-xdist's --dist loadfile hands out whole
# files in this order) the short ones fill what is left at the end.
LONGEST = ["package", "page", "retention", "coid_faults", "life", "responders", "coid_kill", "exchange", "browserphone", "forgeries"]


def place(item):
    name = item.path.stem.removeprefix("test_")
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(config, items):
    items.sort(key=place)  # stable: a file's tests stay in order
    if config.getoption("--short"):
        for item in items:
            if "long" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="a long loop: scripts/test --long"))


@pytest.fixture(scope="session")
def country():
    yield from a_country()


@pytest.fixture(scope="session")
def world(country):
    """One world for the tests that leave it as they found it."""
    with at_work(make_world(country, coid=True)) as one:
        yield one


@pytest.fixture
def own_world(country):
    """Makes worlds for tests that kill, reload or configure: own_world(algorithm=…, settings=…)."""
    worlds = []

    def make(algorithm="gost2015", settings=None, more="", coid=False):
        one = make_world(country, algorithm, coid)
        one.settings, one.more = settings or {}, more
        worlds.append(one)
        return one.start()

    yield make
    for one in worlds:
        one.stop()


@pytest.fixture(scope="module")
def chromium(country):
    """One browser for the tests of a module."""
    one = Browser([country.sandbox / "tls/server.pem", country.sandbox / "tls/ca.pem"])
    yield one
    one.close()


@pytest.fixture
def browser(chromium):
    """A browser that has seen nothing yet; what it complains about fails the test."""
    chromium.fresh()
    yield chromium
    assert chromium.complaints() == []
