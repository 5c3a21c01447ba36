"""What the host records besides shepd (etc/host, req 0.68): each file is read by the program it is for."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from rsyslog import RSYSLOGD, Rsyslog, is_bound
from tools import ROOT, free_port, run, until

HOST = ROOT / "etc/host"
FORWARD = HOST / "rsyslog.d/50-shepd-host.conf"
# The kernel's side of auditctl: takes every rule and keeps none, so that no test changes what this host records.
KERNEL = """
#include <stdio.h>
int audit_can_control(void) { return 1; }
int audit_open(void) { return 0; }
void audit_close(int fd) { (void)fd; }
int audit_is_enabled(int fd) { (void)fd; return 1; }
int audit_set_backlog_limit(int fd, unsigned v) { (void)fd; return (int)v; }
int audit_set_backlog_wait_time(int fd, unsigned v) { (void)fd; return (int)v; }
int audit_set_failure(int fd, unsigned v) { (void)fd; (void)v; return 1; }
int audit_get_reply(int fd, void *reply, int block, int peek) { (void)fd; (void)reply; (void)block; (void)peek; return -1; }
int audit_request_status(int fd) { (void)fd; return -1; }
int audit_request_features(int fd) { (void)fd; return -1; }
int audit_add_rule_data(int fd, void *rule, int flags, int action)
{
    (void)fd; (void)rule; (void)flags; (void)action;
    puts("taken");
    return 1;
}
"""


@pytest.fixture(scope="module")
def borrowed(tmp_path_factory):
    """borrowed(packages…): their files in a folder; nothing is installed."""
    def borrow(*packages):
        folder = tmp_path_factory.mktemp("borrowed")
        done = run("apt-get", "download", "-q", *packages, cwd=folder, check=False)
        files = list(folder.glob("*.deb"))
        if done.returncode != 0 or len(files) != len(packages):
            pytest.skip(f"SKIP: {' '.join(packages)} cannot be had: {done.stderr.strip()[-200:]}")
        for file in files:
            run("dpkg-deb", "-x", file, folder)
        return folder
    return borrow


def lines_of(file):
    """Without comments and blanks."""
    return [line for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]


# ---- the operating system ----
def judged_by_auditctl(folder, text):
    """(taken rules, complaints)"""
    rules = folder / "judged.rules"
    rules.write_text(text)
    environment = {**os.environ, "LD_LIBRARY_PATH": str(next(folder.rglob("libauparse.so.0")).parent),
                   "LD_PRELOAD": str(folder / "kernel.so")}
    done = run(folder / "sbin/auditctl", "-R", rules, check=False, env=environment, stdin=subprocess.DEVNULL)
    return done.stdout.count("taken"), done.stderr


def test_the_kernels_audit_takes_every_rule(borrowed):
    folder = borrowed("auditd", "libauparse0")
    (folder / "kernel.c").write_text(KERNEL)
    run("cc", "-shared", "-fPIC", "-o", folder / "kernel.so", folder / "kernel.c")
    text = (HOST / "audit/50-shepd.rules").read_text()
    assert text.count("uid!=shepd ") > 2
    text = text.replace("uid!=shepd ", "uid!=daemon ")  # who is not on this host
    taken, complaints = judged_by_auditctl(folder, text)
    assert taken == len(re.findall(r"(?m)^-[wa] ", text)) > 30 and not complaints, complaints
    for good, bad in (("-p wa -k units", "-p wq -k units"), ("finit_module", "finit_modul"), ("exit=-EACCES", "exit=-EACES")):
        taken_less, complaints = judged_by_auditctl(folder, text.replace(good, bad))
        assert taken_less < taken and "error in line" in complaints, bad


def test_journald_knows_every_setting():
    known = pathlib.Path("/etc/systemd/journald.conf")
    if not known.is_file():
        pytest.skip("SKIP: systemd is not installed")
    names = set(re.findall(r"(?m)^#?(\w+)=", known.read_text()))
    section, *settings = lines_of(HOST / "journald.conf.d/50-shepd.conf")
    assert section == "[Journal]" and len(settings) > 5
    assert {line.split("=")[0] for line in settings} <= names
    assert "MaxRetentionSec=0" in settings  # req 0.51: nothing goes by its age


# ---- the database ----
def test_the_database_records_who_came_and_what_people_did(country, borrowed, tmp_path):
    folder = borrowed("mariadb-server")
    section, *settings = lines_of(HOST / "mariadb/50-shepd-audit.cnf")
    assert section == "[mariadbd]"
    options = ["--" + re.sub(r" *= *", "=", line) for line in settings]
    log = tmp_path / "audit.log"
    plugin = next(folder.rglob("server_audit.so")).parent
    home = pathlib.Path(country.folder) / "audited"  # a socket's path is short
    shutil.copytree(country.empty / "data", home / "data")
    run(ROOT / "scripts/private-mariadbd", "start", home, "--owner", os.getpid(), f"--plugin-dir={plugin}", *options,
        "--server-audit-output-type=file", f"--server-audit-file-path={log}")  # no syslog here
    try:
        def ask(user, statement):
            return run("mariadb", "--no-defaults", "-u", user, "-S", home / "sock", "-e", statement, check=False)

        assert ask("root", "SELECT 'a person looks'").returncode == 0
        assert ask("shepd", "SELECT 'the service works'").returncode == 0
        assert ask("nobody_known", "SELECT 1").returncode != 0
        assert ask("root", "UNINSTALL PLUGIN server_audit").returncode != 0
        text = until("all of it", lambda: "UNINSTALL" in log.read_text() and log.read_text())
        assert re.search(r",root,localhost,.*QUERY,.*a person looks", text)
        assert re.search(r",shepd,localhost,.*,CONNECT,", text) and "the service works" not in text
        assert re.search(r",nobody_known,localhost,.*,FAILED_CONNECT,", text)
    finally:
        run(ROOT / "scripts/private-mariadbd", "stop", home)


# ---- the antivirus ----
def test_the_antivirus_knows_every_setting(borrowed):
    (sample,) = borrowed("clamav-daemon").rglob("clamd.conf.sample")
    names = set(re.findall(r"(?m)^#?(\w+)", sample.read_text()))
    settings = {line.split()[0] for line in lines_of(HOST / "clamav/clamd.conf.lines")}
    assert len(settings) > 5 and settings <= names, settings - names


# ---- on its way to the SIEM ----
def replaced(text, *places):
    for old, new in places:
        assert old in text, old
        text = text.replace(old, str(new))
    return text


def with_keys(text, sandbox, folder):
    """The sandbox's certificate of a client is the host's."""
    both = folder / "client.pem"
    run("openssl", "pkcs12", "-legacy", "-in", sandbox / "tls/client.p12", "-passin", f"file:{sandbox / 'pass'}", "-noenc",
        "-out", both)
    return replaced(text, ("/etc/rsyslog.d/siem-ca.pem", sandbox / "tls/ca.pem"), ("/etc/rsyslog.d/host.pem", both),
                    ("/etc/rsyslog.d/host.key", both))


def test_rsyslog_finds_nothing_wrong(country, tmp_path):
    if not RSYSLOGD:
        pytest.skip("SKIP: rsyslog is not installed")
    config = tmp_path / "all.conf"
    text = replaced(with_keys(FORWARD.read_text(), country.sandbox, tmp_path), ("/var/spool/rsyslog", tmp_path))
    config.write_text(text)
    done = run(RSYSLOGD, "-N1", "-f", config, check=False)
    assert done.returncode == 0 and "error" not in done.stderr, done.stderr
    config.write_text(text.replace('ruleset="equipment")', 'ruleset="equipmen")', 1))
    assert "equipmen" in run(RSYSLOGD, "-N1", "-f", config, check=False).stderr


def test_every_source_of_the_host_reaches_the_siem(country):
    """By the shipped configuration, RELP and TLS: audit, proxy, intrusions, equipment by UDP and TCP, and the host's
    own syslog, which stands for journald here; while the SIEM is away it waits on disk."""
    if not RSYSLOGD:
        pytest.skip("SKIP: rsyslog is not installed")
    folder = pathlib.Path(country.folder) / "host"
    folder.mkdir()
    tls = folder / "tls"  # the SIEM believes the authority of clients, the host that of servers
    shutil.copytree(country.sandbox / "tls", tls)
    shutil.copy(tls / "client-ca.pem", tls / "ca.pem")
    siem = Rsyslog(folder / "siem", ["relp-tls"], tls=tls, client_certificates=True)
    udp, tcp = free_port(), free_port()
    text = with_keys(FORWARD.read_text(), country.sandbox, folder)
    text = re.sub(r'module\(load="imjournal"[^)]*\)',
                  f'module(load="imuxsock" SysSock.Use="off")\ninput(type="imuxsock" socket="{folder}/log")', text)
    text = replaced(text, ("/var/spool/rsyslog", folder), ("/var/log/audit/audit.log", folder / "audit.log"),
                    ("/var/log/nginx/", f"{folder}/nginx-"), ("/var/log/suricata/eve.json", folder / "eve.json"),
                    ('target="siem.example.kz" port="2514"', f'target="localhost" port="{siem.port("relp-tls")}"'),
                    ("siem.example.kz", "localhost"), ('address="10.0.0.10" port="514"', f'address="127.0.0.1" port="{udp}"'),
                    ('address="10.0.0.10" port="601"', f'address="127.0.0.1" port="{tcp}"'),
                    ('startswith "10."', 'startswith "127."'), ('resumeInterval="5"', 'resumeInterval="1"'))
    config = folder / "host.conf"
    config.write_text(text)
    for name in ("audit.log", "nginx-shepd.log", "eve.json"):
        (folder / name).touch()
    with open(folder / "host.log", "ab") as log:
        host = subprocess.Popen([RSYSLOGD, "-n", "-f", str(config), "-i", str(folder / "host.pid")], stdout=log, stderr=log)
    try:
        until("the host's rsyslog listens", lambda: is_bound("udp", "07", udp) and is_bound("tcp", "0A", tcp))
        told = {"audit": 'type=SYSCALL key="shepd_config"', "nginx": '10.1.1.1 "GET /m/…/documents" 200',
                "suricata": '{"event_type":"alert"}'}
        for name, file in (("audit", "audit.log"), ("nginx", "nginx-shepd.log"), ("suricata", "eve.json")):
            with open(folder / file, "a") as log:
                log.write(told[name] + "\n")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.connect(str(folder / "log"))
            s.send(b"<85>Nov 22 12:00:00 mariadb-audit: nobody_known FAILED_CONNECT")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"<189>Nov 22 12:00:00 router link: port 7 is down", ("127.0.0.1", udp))
        with socket.create_connection(("127.0.0.1", tcp)) as s:
            s.sendall(b"<188>Nov 22 12:00:00 firewall deny: 10.9.9.9\n")
        siem.start()  # only now
        wanted = [*told.values(), "nobody_known FAILED_CONNECT", "port 7 is down", "10.9.9.9"]
        until("all of it", lambda: all(any(text in line["raw"] for line in siem.lines()) for text in wanted))
        assert [sum(text in line["raw"] for line in siem.lines()) for text in wanted] == [1] * len(wanted)
        assert {line["host"] for line in siem.lines()} >= {"router", "firewall"}
    finally:
        host.terminate()
        host.wait(60)
        siem.stop()


# ---- the list ----
@pytest.mark.parametrize("page", ["docs/OPERATIONS.md", "docs/OPERATIONS.ru.md"])
def test_the_operators_page_names_a_file_or_a_way_for_each_source(page):
    """The seven sources of req 0.68, and all that lies in etc/host."""
    text = (ROOT / page).read_text()
    table = re.search(r"<!-- host records -->\n(.*?)<!-- end -->", text, re.DOTALL).group(1)
    rows = [row for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(rows) == 7
    named = set(re.findall(r"`(etc/[\w./-]+)`", table))
    assert all((ROOT / name).exists() for name in named), named
    assert {str(file.relative_to(ROOT)) for file in HOST.rglob("*") if file.is_file()} <= named
