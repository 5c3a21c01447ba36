"""The administrator's console over HTTP: who comes in, who does not, and what is on record (req 0.36, 0.38, 0.53)."""


def test_nobody_sees_a_page_before_logging_in(world):
    status, headers, body = world.http("GET", "/admin/login", port=world.admin_port, plain=True)
    assert status == 200 and b"<h1>" in body
    print(body.decode())
