"""What goes over the wire: whole answers in one packet, one answer after the other, and all of each."""

import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from served import filled, process

ASK = "ASK { <http://example.org/none> ?p ?o }"
NO = b'{"head":{},"boolean":false}'


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with process(filled(tmp_path_factory.mktemp("kg") / "store")) as (address, _):
        yield int(address.rpartition(":")[2])


@pytest.fixture
def line(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        yield line


def asking(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode()


def rest(line: socket.socket) -> bytes:
    return b"".join(iter(lambda: line.recv(65_536), b""))


def test_a_small_answer_is_one_packet(line: socket.socket) -> None:
    for _ in range(3):
        line.sendall(asking(f"/sparql?{urlencode({'query': ASK})}"))
        head, _, body = line.recv(65_536).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body == NO


def test_answers_without_a_body_come_at_once(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/stats")
    tag = connection.getresponse()
    whole = tag.read()
    for _ in range(2):
        connection.request("HEAD", "/static/explorer/app.js")
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")
        connection.request("GET", "/api/stats", headers={"If-None-Match": tag.headers["ETag"]})
        response = connection.getresponse()
        assert (response.status, response.read()) == (304, b"")
        connection.request("GET", "/api/stats")
        assert connection.getresponse().read() == whole


def test_a_client_that_waits_for_leave_to_send_gets_it(line: socket.socket) -> None:
    kind = ("Content-Type: application/sparql-query", f"Content-Length: {len(ASK)}", "Expect: 100-continue")
    for _ in range(2):
        line.sendall(asking("/sparql", *kind, method="POST"))
        assert line.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(ASK.encode())
        assert line.recv(65_536).endswith(NO)


def test_requests_sent_together_are_answered_in_their_order(line: socket.socket) -> None:
    last = asking(f"/sparql?{urlencode({'query': ASK})}", "Connection: close")
    line.sendall(asking("/health") + asking("/none") + asking("/static/explorer/app.js", method="HEAD") + last)
    answers = rest(line).split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"404", b"200", b"200"]
    assert answers[0].endswith(b'{"status":"ok"}')
    assert answers[2].endswith(b"\r\n\r\n")
    assert answers[3].endswith(NO)


def test_long_answers_come_whole(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    for path, end in (("/static/explorer/app.js", b"\n"), ("/swagger/swagger-ui-bundle.js", b"")):
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        assert len(body) == int(response.headers["Content-Length"]) > 1000
        assert body.endswith(end)


def test_what_is_not_http_is_refused(line: socket.socket) -> None:
    line.sendall(b"nonsense\r\n\r\n")
    assert rest(line).startswith(b"HTTP/1.1 400 Bad Request\r\n")
