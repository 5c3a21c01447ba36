"""A receiver of syslog: a real rsyslogd with a configuration, folder and ports of its own, run in the foreground.

It stores every message as it came, a file per HOSTNAME; nothing that it has acknowledged waits in its memory only."""
import atexit
import os
import pathlib
import re
import shutil
import signal
import subprocess

from tools import free_port, until

TRANSPORTS = ("udp", "tcp", "tls", "relp", "relp-tls")
RSYSLOGD = shutil.which("rsyslogd", path=os.environ["PATH"] + ":/usr/sbin")
LISTENING, BOUND = "0A", "07"  # states in /proc/net

GLOBAL = """global(workDirectory="{folder}" net.enableDNS="off" maxMessageSize="64k"
  defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{tls}/{ca}"
  defaultNetstreamDriverCertFile="{tls}/server.pem" defaultNetstreamDriverKeyFile="{tls}/server.key")
template(name="file" type="string" string="{folder}/stored/%HOSTNAME%.log")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="store" queue.type="Direct") {{
  action(type="omfile" dynaFile="file" template="raw" fileCreateMode="0600" dirCreateMode="0700")
}}
"""
INPUTS = {
    "udp": 'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="{port}" ruleset="store")\n',
    "tcp": 'module(load="imptcp")\ninput(type="imptcp" address="127.0.0.1" port="{port}" ruleset="store")\n',
    "tls": 'module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="{auth}")\n'
           'input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="store")\n',
    "relp": 'input(type="imrelp" address="127.0.0.1" port="{port}" ruleset="store" maxDataSize="64k")\n',
    "relp-tls": 'input(type="imrelp" address="127.0.0.1" port="{port}" ruleset="store" maxDataSize="64k" tls="on"\n'
                '  tls.caCert="{tls}/{ca}" tls.myCert="{tls}/server.pem" tls.myPrivKey="{tls}/server.key"\n'
                '  {demand})\n',
}
HEADER = re.compile(r"<(?P<pri>\d{1,3})>1 (?P<timestamp>\S+) (?P<host>\S+) (?P<app>\S+) (?P<procid>\S+) (?P<msgid>\S+) ")
ELEMENT = re.compile(r'\[([^ =\]"]+)((?: [^ =\]"]+="(?:[^"\\\]]|\\.)*")*)\]')
PARAM = re.compile(r' ([^ =\]"]+)="((?:[^"\\\]]|\\.)*)"')


def parse(raw):
    """A message of RFC 5424 as a dictionary: the PARAMs of shepd's own SD-ID, and raw, pri, timestamp, host, app, procid, msgid,
    sd ({SD-ID: {name: value}}), msg (without its BOM), bom. AssertionError: it is none."""
    header = HEADER.match(raw)
    assert header, f"no header of RFC 5424: {raw[:200]!r}"
    rest, elements = raw[header.end():], {}
    if rest.startswith("-"):
        rest = rest[1:]
    else:
        while found := ELEMENT.match(rest):
            elements[found[1]] = {name: re.sub(r'\\(["\\\]])', r"\1", value) for name, value in PARAM.findall(found[2])}
            rest = rest[found.end():]
        assert elements, f"no structured data: {raw[:200]!r}"
    assert rest in ("",) or rest.startswith(" "), f"what follows the structured data: {rest[:100]!r}"
    own = next((params for name, params in elements.items() if name.startswith("shepd@")), {})
    return {**own, **header.groupdict(), "raw": raw, "sd": elements, "bom": rest.startswith(" \ufeff"),
            "msg": rest[1:].removeprefix("\ufeff")}


class Rsyslog:
    """Rsyslog(folder, ["relp", "tls"], tls=world.sandbox / "tls").start(); the folder is made, what it stored outlives it.

    tls: the folder of a sandbox's tls, for the transports that want it.
    client_certificates: with TLS one must be shown that client-ca.pem verifies."""

    def __init__(self, folder, transports=("relp",), tls=None, client_certificates=False):
        self.folder, self.transports = pathlib.Path(folder), tuple(transports)
        self.tls, self.client_certificates = tls, client_certificates
        self.ports = {transport: free_port() for transport in self.transports}
        self.process = None
        atexit.register(self.kill)

    def port(self, transport):
        return self.ports[transport]

    # ---- life ----
    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "rsyslog.conf"
        ca = "client-ca.pem" if self.client_certificates else "ca.pem"
        text = GLOBAL.format(folder=self.folder, tls=self.tls, ca=ca)
        if not self.tls:
            text = re.sub(r'\n  defaultNetstream.*', "", text).replace('maxMessageSize="64k"', 'maxMessageSize="64k")')
        if any(transport.startswith("relp") for transport in self.transports):
            text += 'module(load="imrelp" tls.tlsLib="openssl")\n'
        for transport in self.transports:
            text += INPUTS[transport].format(port=self.ports[transport], tls=self.tls, ca=ca,
                                             auth="x509/certvalid" if self.client_certificates else "anon",
                                             demand='tls.authMode="certvalid"' if self.client_certificates else "")
        config.write_text(text)
        with open(self.folder / "rsyslogd.log", "ab") as log:
            self.process = subprocess.Popen([RSYSLOGD, "-n", "-f", str(config), "-i", str(self.folder / "pid")],
                                            stdout=log, stderr=log)
        until("rsyslogd listens", self.listens)
        return self

    def listens(self):
        assert self.process.poll() is None, (self.folder / "rsyslogd.log").read_text()[-3000:]
        return all(is_bound(*(("udp", BOUND) if transport == "udp" else ("tcp", LISTENING)), port)
                   for transport, port in self.ports.items())

    def stop(self, with_signal=signal.SIGTERM):
        """Not running: fine."""
        if self.process:
            self.process.send_signal(with_signal)
            self.process.wait(60)
            self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    # ---- what it has ----
    def lines(self, host=None):
        """Every stored message in the order in which they came, as parse() says; those of one HOSTNAME."""
        files = sorted((self.folder / "stored").glob(f"{host or '*'}.log"))
        return [parse(line) for file in files for line in whole_lines(file)]


def whole_lines(file):
    """The last one may be under way."""
    text = file.read_bytes()
    return text[:text.rfind(b"\n") + 1].decode("utf-8").split("\n")[:-1]


def first_ones(lines):
    """Without the repeated ids."""
    return list({line["id"]: line for line in reversed(lines)}.values())[::-1]


def is_bound(protocol, state, port):
    rows = pathlib.Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]
    return any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == state for row in rows)
