"""Ports of tests: who runs beside us is never given the same one."""
import socket
import subprocess
import sys

import ports
from tools import ROOT, until

FIRST, LAST = 32000, 32400  # nobody else's
TAKER = """
import sys
sys.path.insert(0, sys.argv[1])
import ports
mine = ports.Ports(int(sys.argv[2]), int(sys.argv[3]))
print(*[mine.take() for _ in range(20)], flush=True)
sys.stdin.read()
"""


def test_ports_are_given_once_even_to_workers_at_once():
    takers = [subprocess.Popen([sys.executable, "-c", TAKER, str(ROOT / "tests"), str(FIRST), str(LAST)],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    given = [int(port) for taker in takers for port in taker.stdout.readline().split()]
    assert len(given) == len(set(given)) == 80 and all(FIRST <= port < LAST for port in given)
    for taker in takers:
        taker.communicate()
    until("what they gave back", lambda: ports.Ports().lock(given[0]))


def test_a_port_in_use_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])
    assert ports.is_free(ports.free_port())
