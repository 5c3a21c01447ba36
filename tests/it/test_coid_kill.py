"""Two adapters, killed at random moments while their callers ask for comparisons and try again: each messageId is compared
once and paid for once, and its caller gets the answer. req 2.35, 3.06, C-26"""
import random
import threading

import pytest

import coid
from coid import ask, new_message
from tools import until
from world import Second, make_world

CALLERS = 3
TRIES_S = 120  # a message that has no answer by then is lost
FAULTS = [("verify", "register-then-504", None), ("verify", "register-then-reset", None),
          ("verify", "register-then-hang", None), ("verify", "cut-body", None), ("verify", "reset", None),
          ("verify", "slow", 300), ("get", "slow", 300), ("get", "504", None), ("get", "reset", None)]


@pytest.fixture
def pair(country):
    """Two adapters with one database and one ЦОИД, whose patience is short."""
    first = make_world(country, coid=True)
    first.settings = {"coid": {"budget_ms": 4000, "call_ms": 1500, "failures": 64, "failure_window_ms": 100},
                      "limits": {"exchange_ms": 6000, "claim_lease_ms": 6500}}  # whoever was killed is soon thought dead
    first.start()
    second = Second(first)
    second.settings |= first.settings
    second.start()
    first.centre.reset()
    yield first, second
    first.centre.reset()
    assert second.stop() == 0
    assert first.stop() == 0


class Caller(threading.Thread):
    """A system that asks for comparisons one after the other, each until it has the answer, at either adapter."""

    def __init__(self, pair, seed, stop):
        super().__init__(daemon=True)
        self.pair, self.chance, self.stop = pair, random.Random(seed), stop
        self.answers = {}  # messageId: idempotencyKey
        self.tries, self.failure = 0, None

    def run(self):
        people = self.pair[0].centre.people
        while not self.stop.is_set():
            message, request = new_message(), coid.verify_photo(people[self.chance.choice(["man", "woman", "low", "foreigner"])],
                                                                vendor=self.chance.randint(1, 5))
            try:
                self.answers[message] = self.insist(message, request)
            except BaseException as failure:  # pylint: disable=broad-except
                self.failure = failure
                return

    def insist(self, message, request):
        def once():
            self.tries += 1
            told = ask(self.chance.choice(self.pair), request, message=message)
            assert told.code in (None, "SCSS001", "SCSE003"), told.text
            return told.code == "SCSS001" and told.value("idempotencyKey")
        return until(f"an answer to {message}", once, TRIES_S)


def kill_loop(pair, kills, seed):
    """Returns {messageId: key} of all that was answered."""
    centre, chance, stop = pair[0].centre, random.Random(seed), threading.Event()
    callers = [Caller(pair, seed * 100 + number, stop) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for _ in range(kills):
        question, fault, ms = chance.choice(FAULTS)
        centre.fault(question, fault, times=1, ms=ms)
        victim = chance.choice(pair)
        before = len(victim.events("exchange.received"))
        until("a call at work", lambda: len(victim.events("exchange.received")) > before or any(c.failure for c in callers))
        stop.wait(chance.triangular(0, 0.6, 0.1))  # a random moment of it
        victim.shepd.kill()
        stop.wait(chance.uniform(0, 0.5))  # callers go to the other one
        victim.start_shepd()
    stop.set()
    for caller in callers:
        caller.join(TRIES_S + 60)
        assert not caller.failure, caller.failure
    answers = {message: key for caller in callers for message, key in caller.answers.items()}
    print(f"{kills} kills, {len(answers)} comparisons, {sum(caller.tries for caller in callers)} calls")
    return answers


def check_bills(pair, answers):
    first = pair[0]
    first.centre.clear_all()
    bills = first.centre.bills
    assert len(set(answers.values())) == len(answers), "two messages share a comparison"
    assert set(bills["keys"]) == set(answers.values()), "a comparison that nobody was told of, or one that was never made"
    assert set(bills["keys"].values()) == {1} and bills["comparisons"] == len(answers)
    rows = first.sql("SELECT message_id, LOWER(HEX(idempotency_key)), state FROM coid_call")
    assert sorted(rows) == sorted([message, key.replace("-", ""), "done"] for message, key in answers.items())
    for world in pair:
        numbers = [int(line["seq"]) for line in world.journal()]
        assert numbers == list(range(1, len(numbers) + 1))  # no gap, no double
    recovered = {line["messageId"] for world in pair for line in world.events("coid.recovered")}
    print(f"{len(recovered)} of them recovered: asked about instead of asked for again")
    assert recovered, "no kill and no fault met a comparison"


def test_twenty_kills_cost_no_comparison_twice_and_lose_none(pair):
    check_bills(pair, kill_loop(pair, 20, seed=7))


@pytest.mark.long
def test_two_hundred_kills_cost_no_comparison_twice_and_lose_none(pair):
    check_bills(pair, kill_loop(pair, 200, seed=8))
