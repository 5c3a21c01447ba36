"""Behind HAProxy and nginx the caller's address is right; nobody else is believed."""
import re
import shutil
import socket
import urllib.parse

import pytest

from tools import ROOT, Server, free_port, until
from world import envelope, send_message


def start_proxy(world, name, args, port):
    if not shutil.which(args[0]):
        pytest.skip(f"{args[0]} is not installed")
    proxy = Server.__new__(Server)
    proxy.name, proxy.log = name, world.folder / f"{name}.log"
    import subprocess
    with open(proxy.log, "ab") as log:
        proxy.process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=log, text=True)

    def listens():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0

    until(f"{name} to listen", listens)
    return proxy


def last_address(world):
    return [line["ip"] for line in world.journal() if line["event"] == "exchange.answered"][-1]


def post_from(world, port, source, headers=None):
    """A request through the proxy from a loopback address of one's own."""
    import http.client
    import ssl
    context = ssl.create_default_context(cafile=str(world.ca))
    link = http.client.HTTPSConnection("127.0.0.1", port, context=context, source_address=(source, 0), timeout=60)
    link.request("POST", "/shep/SyncChannel", envelope(send_message("<data/>", "m")).encode(),
                 {"Content-Type": "text/xml", **(headers or {})})
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def shipped(name, /, **places):
    """An example of etc/ with other addresses and files in the places of its own; each must be there."""
    text = (ROOT / "etc" / name).read_text()
    assert "8444" not in re.sub(r"check port 8444|#.*", "", text)  # the admin listener is asked about health at most
    for old, new in places.values():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


def test_haproxy_tells_the_address_by_the_proxy_protocol(own_world):
    """By etc/haproxy: the instance that is away gets nothing. req 0.09"""
    world = own_world(settings={"http": {"proxy_protocol": "yes", "trusted_peers": "127.0.0.1"}})
    tls = {"tls_cert_file": world.sandbox / "tls/server.pem", "tls_key_file": world.sandbox / "tls/server.key"}
    world.settings["admin"] = tls
    world.restart()
    port = free_port()
    config = world.folder / "haproxy.cfg"
    config.write_text("global\n log stderr format raw local0\ndefaults\n mode http\n option httplog\n log global\n" + shipped(
        "haproxy/shepd.cfg", bind=(":443", f"127.0.0.1:{port}"), one=("10.0.0.11:8443", f"127.0.0.1:{world.port}"),
        two=("10.0.0.12:8443", f"127.0.0.2:{free_port()}"), health=("port 8444", f"port {world.admin_port}"),
        pace=("inter 2s", "inter 200ms"), ca=("/etc/haproxy/shepd-ca.pem", world.ca)))
    proxy = start_proxy(world, "haproxy", ["/usr/sbin/haproxy", "-f", str(config)], port)
    try:
        for source in ("127.0.0.9", "127.0.0.8", "127.0.0.7"):
            assert post_from(world, port, source) == 500
            assert last_address(world) == source
        log = world.folder / "haproxy.log"
        until("who is away is found out", lambda: "shepd_instances/two is DOWN" in log.read_text())
        assert "shepd_instances/one is DOWN" not in log.read_text()
        assert post_from(world, port, "127.0.0.6") == 500
    finally:
        proxy.stop()


def start_nginx(world, port, locations, servers=None):
    """The server of these locations, or those that are given."""
    config = world.folder / "nginx.conf"
    tls = world.sandbox / "tls"
    config.write_text(
        f"daemon off; pid {world.folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {world.folder}/body; proxy_temp_path {world.folder}/proxy;\n"
        f" fastcgi_temp_path {world.folder}/f; uwsgi_temp_path {world.folder}/u; scgi_temp_path {world.folder}/s;\n"
        f" proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
        f" proxy_set_header X-Forwarded-Proto https;\n"
        + (servers or
           f" server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {tls}/server.pem; ssl_certificate_key {tls}/server.key;\n"
           f"  {locations} }}") + " }\n")
    return start_proxy(world, "nginx", ["/usr/sbin/nginx", "-c", str(config)], port)


def test_nginx_tells_the_address_by_x_forwarded_for(own_world):
    """By etc/nginx: the admin listener's addresses are not there, no token is in its log."""
    world = own_world(settings={"http": {"trusted_peers": "127.0.0.1"}})
    port, tls, log = free_port(), world.sandbox / "tls", world.folder / "access.log"
    proxy = start_nginx(world, port, "", shipped(
        "nginx/shepd.conf", listen=("listen 443", f"listen 127.0.0.1:{port}"),
        one=("10.0.0.11:8443", f"127.0.0.1:{world.port}"), two=("10.0.0.12:8443", f"127.0.0.1:{free_port()}"),
        name=("sign.example.kz", "localhost"), cert=("/etc/nginx/shepd/server.pem", tls / "server.pem"),
        key=("/etc/nginx/shepd/server.key", tls / "server.key"), ca=("/etc/nginx/shepd/ca.pem", world.ca),
        access=("/var/log/nginx/shepd.log", log), error=("/var/log/nginx/shepd-error.log", world.folder / "error.log")))
    try:
        assert post_from(world, port, "127.0.0.9") == 500
        assert last_address(world) == "127.0.0.9"
        post_from(world, port, "127.0.0.9", {"X-Forwarded-For": "10.1.2.3"})  # a caller's own claim does not count
        assert last_address(world) == "127.0.0.9"
        wsdl = world.http("GET", "/shep/SyncChannel?wsdl", port=port)[2].decode()
        assert f'location="https://127.0.0.1:{port}/shep/SyncChannel"' in wsdl
        for path in ("/metrics", "/health/ready", "/admin/"):
            assert world.http("GET", path, port=port)[0] == 404
        qr, page = (world.create().value(name) for name in ("qrText", "pageUrl"))
        for url in (qr.removeprefix("mobileSign:"), page, page + "/qr.png"):
            assert world.http("GET", urllib.parse.urlsplit(url).path, port=port)[0] == 200, url
        until("four lines of links and pages", lambda: log.read_text().count("…") >= 3)
        assert log.read_text().count("GET /m/…") == 1 and "GET /sign/…/qr.png" in log.read_text()
        for url in (qr, page):
            token = re.search(r"/(?:m|sign)/([^/]+)", url).group(1)
            assert token not in log.read_text() and len(token) > 20
    finally:
        proxy.stop()


PREFIX = "/gov/sign"


@pytest.mark.parametrize("tail", ["/", ""], ids=["the proxy takes it off", "the proxy leaves it on"])
def test_everything_is_reached_below_a_path_of_the_proxy(own_world, tail):
    """public_url with a path: QR, API №1 and №2, the page and all it shows, the contract."""
    port = free_port()
    public = f"https://127.0.0.1:{port}{PREFIX}"
    world = own_world(settings={"http": {"trusted_peers": "127.0.0.1", "public_url": public}})
    proxy = start_nginx(world, port, f"location {PREFIX}/ {{ proxy_pass https://127.0.0.1:{world.port}{tail}; }}")

    def below(url):
        """(type, text) of what the proxy gives at a URL that stands below the public one."""
        assert url.startswith(public + "/"), url
        status, headers, body = world.http("GET", url.removeprefix(f"https://127.0.0.1:{port}"), port=port)
        assert status == 200, (url, status)
        return headers["Content-Type"], body

    try:
        assert world.http("GET", "/shep/SyncChannel?wsdl", port=port)[0] == 404  # nothing of ours beside the path
        created = world.create()
        qr, page = created.value("qrText"), created.value("pageUrl")
        assert qr.startswith(f"mobileSign:{public}/m/")
        assert created.value("link").endswith(f"?link={qr.removeprefix('mobileSign:')}")  # 1.01, C-25
        kind, html = below(page)
        assert kind.startswith("text/html")
        shown = re.findall(r"""<(?:img|link|script)\b[^>]*?\b(?:src|href)="([^"]+)\"""", html.decode())
        assert len(shown) >= 2, html  # its style and its QR at least
        for url in shown:
            below(urllib.parse.urljoin(page, url))
        assert below(page + "/qr.png")[1].startswith(b"\x89PNG")
        assert b"created" in below(page + "/status")[1]
        phone = world.phone(qr)
        assert phone.returncode == 0 and "success" in phone.stdout, phone.stdout + phone.stderr
        assert b"signed" in below(page + "/status")[1]
        wsdl = below(f"{public}/shep/SyncChannel?wsdl")[1].decode()
        assert f'location="{public}/shep/SyncChannel"' in wsdl
        for url in re.findall(r'location="([^"]+\.wsdl)"', wsdl):
            below(url)
    finally:
        proxy.stop()


def test_an_untrusted_caller_is_not_believed(world):
    assert post_from(world, world.port, "127.0.0.7", {"X-Forwarded-For": "10.1.2.3"}) == 500
    assert last_address(world) == "127.0.0.7"
