"""The journal at a receiver of syslog (req 0.34): a real rsyslogd stores what it gets, and is compared line by line."""
import signal
import socket
import threading

import pytest
from rsyslog import RSYSLOGD, Rsyslog, first_ones
from tools import ROOT, run, until

SEVERITY = {"Alerts": 1, "Critical": 2, "Errors": 3, "Warning": 4, "Notifications": 5, "Informational": 6, "Debug": 7}
LOCAL0 = 16
SAME = ("seq", "id", "date", "time", "source", "account", "ip", "level", "category", "event", "exchange", "messageId",
        "sessionId", "signing", "code")


@pytest.fixture
def receiver(country, request):
    """Makes receivers; none outlives the test."""
    made = []

    def make(world, *transports, **kwargs):
        made.append(Rsyslog(world.folder / f"rsyslog{len(made)}", transports, tls=country.sandbox / "tls", **kwargs))
        return made[-1].start()

    yield make
    for one in made:
        one.kill()


def send_to(world, receiver, transport, **more):
    world.settings["syslog"] = {"transport": transport, "address": f"127.0.0.1:{receiver.port(transport)}", **more}
    world.restart()


class Callers:
    """Calls of nobody, each a line of the journal, until it is left."""

    def __init__(self, world):
        self.world, self.done = world, threading.Event()
        self.thread = threading.Thread(target=self.call)

    def call(self):
        while not self.done.is_set():
            try:
                self.world.http("GET", "/m/" + "A" * 22 + "/mgovSign")
            except OSError:  # shepd is away
                self.done.wait(0.05)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join(60)


def more_lines(world, count=30):
    """Waits until the journal has so many more."""
    end = len(world.journal()) + count
    until(f"{count} more lines", lambda: len(world.journal()) >= end)


def assert_same(message, line):
    for key in SAME:
        assert message.get(key, "") == line[key].replace('\\"', '"').replace("\\\\", "\\"), (key, message["raw"], line)
    assert message["start"][11:23] == line["start"] and message["end"][11:23] == line["end"]
    assert message["msg"] == line["text"].replace('\\"', '"').replace("\\\\", "\\")
    assert message["bom"] == bool(line["text"])
    assert int(message["pri"]) == LOCAL0 * 8 + SEVERITY[line["level"]]
    assert (message["host"], message["app"], message["procid"]) == ("sandbox", "shepd", "-")
    assert message["msgid"] == line["event"][:32]
    date = "-".join(reversed(line["date"].split(":")))
    milliseconds = int(line["id"].replace("-", "")[:12], 16) % 1000
    assert message["timestamp"] == f"{date}T{line['time']}.{milliseconds:03}+05:00"
    assert message["sd"]["meta"] == {"sequenceId": line["seq"]}
    assert message["sd"]["origin"]["software"] == "shepd"


def assert_complete(world, receiver):
    """All that the journal has is there, once the repeated ids are gone, in order and line by line."""
    def all_told():
        journal = world.journal()
        return {line["id"] for line in journal} <= {line["id"] for line in receiver.lines()} and journal

    journal = until("all lines", all_told)
    messages = first_ones(receiver.lines())[:len(journal)]
    assert [message["seq"] for message in messages] == [line["seq"] for line in journal]
    for message, line in zip(messages, journal):
        assert_same(message, line)


def a_world(own_world):
    return own_world(settings={"http": {"max_wrong_tokens": 1000000}})


def test_relp_is_complete_and_in_order_whoever_dies(own_world, receiver):
    """req 0.34"""
    world = a_world(own_world)
    siem = receiver(world, "relp", "relp-tls")
    send_to(world, siem, "relp")
    with Callers(world):
        more_lines(world)
        siem.stop()
        more_lines(world)
        world.shepd.kill()
        world.start_shepd()
        more_lines(world)
        siem.start()
        more_lines(world)
        siem.kill()
        more_lines(world)
        siem.start()
        more_lines(world)
        world.shepd.kill()
        world.start_shepd()
        more_lines(world)
    assert_complete(world, siem)
    # by TLS it goes on where it was: a restart repeats nothing that was acknowledged
    assert world.shepd.stop() == 0
    assert_complete(world, siem)
    before = len(siem.lines())
    world.settings["syslog"].update(transport="relp-tls", address=f"localhost:{siem.port('relp-tls')}",
                                    tls_ca_file=world.ca)
    world.start_shepd()
    assert_complete(world, siem)
    assert len(siem.lines()) - before == len(world.journal()) - before_ids(siem, before)


def before_ids(siem, before):
    return len({line["id"] for line in siem.lines()[:before]})


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_streams_are_complete_after_a_reconnect_by_what_is_sent_again(own_world, receiver, transport):
    """req 0.34: what lay in the receiver's socket when it died is lost, and comes with the repeated lines."""
    world = a_world(own_world)
    siem = receiver(world, transport, client_certificates=True)
    if transport == "tls":
        refused_without_certificate(world, siem)
    send_to(world, siem, transport, **(tls_settings(world, siem) if transport == "tls" else {}))
    with Callers(world):
        until("lines", lambda: len(siem.lines()) > 20)
        siem.process.send_signal(signal.SIGSTOP)
        until("lines on their way", lambda: lag(world) == 0 and len(world.journal()) > len(siem.lines()) + 10)
        siem.kill()
        more_lines(world)
        siem.start()
        more_lines(world)
    assert_complete(world, siem)
    assert len(siem.lines()) > len(world.journal())
    assert world.events("syslog.lost", "the connection broke") == world.events("syslog.back") == []


def refused_without_certificate(world, siem):
    """The receiver says so after the handshake, when TLS 1.3 looks well already: that is no success."""
    send_to(world, siem, "tls", address=f"localhost:{siem.port('tls')}", tls_ca_file=world.ca)
    until("syslog.lost", lambda: world.events("syslog.lost", "certificate required"))
    assert siem.lines() == [] and len(world.events("syslog.lost")) == 1


def tls_settings(world, siem):
    """With a certificate to show."""
    own = world.folder / "syslog.pem"
    run("openssl", "pkcs12", "-legacy", "-in", world.sandbox / "tls/client.p12", "-passin", f"file:{world.sandbox / 'pass'}",
        "-nodes", "-out", own)
    return {"address": f"localhost:{siem.port('tls')}", "tls_ca_file": world.ca, "tls_cert_file": own,
            "tls_key_file": own}


def lag(world, metric="shepd_journal_lag_lines"):
    text = world.http("GET", "/metrics", port=world.admin_port, plain=True)[2].decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f'{metric}{{sink="syslog"}}'))


def test_datagrams_are_well_formed_and_begin_now(own_world, receiver):
    """req 0.34"""
    world = a_world(own_world)
    siem = receiver(world, "udp")
    send_to(world, siem, "udp", hostname="gate.example.kz", facility="audit", enterprise_number=99999)
    with Callers(world):
        until("datagrams", lambda: len(siem.lines()) > 20)
        siem.stop()
        more_lines(world)
        siem.start()
        until("more of them", lambda: len(siem.lines()) > 60)
    assert world.shepd.stop() == 0
    journal = {line["id"]: line for line in world.journal()}
    messages = siem.lines("gate.example.kz")
    assert len(messages) == len(siem.lines()) < len(journal)
    first = min(int(message["seq"]) for message in messages)
    assert first > next(int(line["seq"]) for line in world.journal() if line["event"] == "service.stopped")
    for message in messages:
        line = journal[message["id"]]
        assert int(message["pri"]) == 13 * 8 + SEVERITY[line["level"]]
        assert "shepd@99999" in message["raw"] and message["msg"]
    assert world.events("syslog.lost") == []


def test_a_receiver_that_is_not_believed_gets_nothing_and_nobody_waits_for_it(own_world, receiver):
    """req 0.34, 0.39: a wrong authority, a wrong name; the journal says so once, and when it is over"""
    world = a_world(own_world)
    siem = receiver(world, "tls")
    send_to(world, siem, "tls", address=f"localhost:{siem.port('tls')}", tls_ca_file=wrong_authority(world))
    until("syslog.lost", lambda: world.events("syslog.lost", "certificate is not believed"))
    world.settings["syslog"].update(tls_ca_file=world.ca, tls_name="siem.example.kz")
    world.restart()
    until("syslog.lost", lambda: world.events("syslog.lost", "hostname mismatch"))
    assert world.create().code == "SCSS001" and lag(world, "shepd_journal_sink_failing") == 1
    assert lag(world) == len(world.journal())
    assert siem.lines() == []
    world.settings["syslog"].update(tls_name="localhost")
    world.restart()
    assert_complete(world, siem)
    assert len(world.events("syslog.lost")) == 2


def wrong_authority(world):
    """Another one's, of the same names."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
        world.folder / "wrong.key", "-out", world.folder / "wrong.pem", "-subj", "/CN=wrong", "-days", "2")
    return world.folder / "wrong.pem"


def test_a_receiver_that_only_listens_holds_nobody_up(own_world):
    """req 0.34: it accepts and never answers; the service answers, and stops in time"""
    world = a_world(own_world)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.settings["syslog"] = {"transport": "relp", "address": f"127.0.0.1:{silent.getsockname()[1]}"}
        world.restart()
        connection = silent.accept()[0]
        assert connection.recv(100).startswith(b"1 open ")
        assert world.create().code == "SCSS001"
        assert world.shepd.stop() == 0  # well before io_ms is over
        connection.close()


def test_lines_that_are_gone_are_told_of_and_passed_over(own_world, receiver):
    """req 0.34: files that were taken away before the receiver had them"""
    world = own_world(settings={"http": {"max_wrong_tokens": 1000000}, "journal": {"max_file_bytes": 65536}})
    siem = receiver(world, "relp")
    folder = world.folder / "journal"
    with Callers(world):
        until("files", lambda: len(sorted(folder.glob("journal-*.log"))) >= 3)
    assert world.shepd.stop() == 0
    left = sorted(folder.glob("journal-*.log"))[2]
    for file in [*folder.glob("journal-*")]:
        if file.name < left.name:
            file.unlink()
    first = int(world.journal()[0]["seq"])
    world.settings["syslog"] = {"transport": "relp", "address": f"127.0.0.1:{siem.port('relp')}"}
    world.start_shepd()
    told = until("syslog.skipped", lambda: world.events("syslog.skipped"))
    assert len(told) == 1 and f"{first - 1} lines, seq 1 to {first - 1}:" in told[0]["text"]
    assert told[0]["level"] == "Critical"
    assert_complete(world, siem)


@pytest.mark.parametrize("example", ["relp", "tls", "tcp", "udp"])
def test_rsyslog_takes_the_examples(country, tmp_path, example):
    """req 0.34: etc/rsyslog"""
    text = "".join((ROOT / f"etc/rsyslog/{name}.conf").read_text() for name in ("shepd-common", example))
    text = text.replace("/etc/rsyslog.d/tls/siem", str(country.sandbox / "tls/server"))
    text = text.replace("/etc/rsyslog.d/tls", str(country.sandbox / "tls"))
    (tmp_path / "rsyslog.conf").write_text(text)
    told = run(RSYSLOGD, "-N1", "-f", tmp_path / "rsyslog.conf", "-i", tmp_path / "pid").stderr
    assert "error" not in told and "warning" not in told, told
