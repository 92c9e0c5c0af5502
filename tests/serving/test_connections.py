"""Connections: what a client can't do to others."""

import json
import socket
import threading
import time

import numpy as np
import pytest

from mnist_estimators.serving import Limits, create_app
from mnist_estimators.serving._server import make_server, open_socket


@pytest.fixture
def connect(running, classifier):
    """Open a bare connection to a server with other limits."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def open_connection(**limits):
            app = create_app(classifier, limits=Limits(**limits))
            url = stack.enter_context(running(app))
            host, port = url.removeprefix("http://").split(":")
            connection = socket.create_connection((host, int(port)), timeout=10)
            return stack.enter_context(connection)

        yield open_connection


def everything_from(connection):
    received = b""
    while chunk := connection.recv(4096):
        received += chunk
    return received


def test_a_body_that_trickles_is_ended(connect):
    connection = connect(body_seconds=0.2)
    connection.sendall(
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
        b"Content-Length: 1000\r\n\r\nabc"
    )

    answer = everything_from(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_the_bodies_of_all_are_bounded(running, scripted):
    limits = Limits(body_bytes=1000, waiting_bytes=1000)
    head = (
        b"POST /predict HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        b"Content-Type: image/png\r\nContent-Length: 600\r\n\r\n"
    )
    with running(create_app(scripted, limits=limits)) as url:
        host, port = url.removeprefix("http://").split(":")
        with (
            socket.create_connection((host, int(port)), timeout=10) as first,
            socket.create_connection((host, int(port)), timeout=10) as second,
            socket.create_connection((host, int(port)), timeout=10) as third,
        ):
            first.sendall(head + bytes(500))
            time.sleep(0.2)
            second.sendall(head + bytes(600))
            refused = everything_from(second)
            first.sendall(bytes(100))
            taken = everything_from(first)
            third.sendall(head + bytes(600))
            later = everything_from(third)

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in refused
    # What they sent is no picture, but it was looked at.
    assert taken.startswith(b"HTTP/1.1 422 ")
    assert later.startswith(b"HTTP/1.1 422 ")


def test_headers_that_trickle_are_ended(connect, monkeypatch):
    monkeypatch.setattr("mnist_estimators.serving._server.HEADER_SECONDS", 0.2)
    connection = connect()
    began = time.monotonic()
    connection.sendall(b"GET /health HTTP/1.1\r\nHost:")

    assert everything_from(connection) == b""
    assert time.monotonic() - began < 5


def test_who_never_reads_the_answers_is_cut_off(running, scripted, monkeypatch):
    monkeypatch.setattr("mnist_estimators.serving._server.HEADER_SECONDS", 0.2)
    monkeypatch.setattr("mnist_estimators.serving._server.RESPONSE_SECONDS", 0.3)
    n_requests = 1_000
    with running(create_app(scripted)) as url, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        host, port = url.removeprefix("http://").split(":")
        connection.connect((host, int(port)))
        connection.sendall(
            b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * n_requests
        )
        time.sleep(1)
        try:
            received = everything_from(connection)
        except ConnectionResetError:
            received = b""

    assert received.count(b"HTTP/1.1 200 ") < n_requests


@pytest.mark.parametrize("header", [b"", b"Connection: close\r\n"])
def test_who_never_reads_its_only_answer_is_cut_off(scripted, monkeypatch, header):
    """The system takes a part of it; the rest is in the server's memory."""
    monkeypatch.setattr("mnist_estimators.serving._server.HEADER_SECONDS", 0.2)
    listener = open_socket("127.0.0.1", 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    server = make_server(create_app(scripted))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    pixels = np.zeros((28, 28), int)
    pixels[4:24, 13:15] = 255
    body = json.dumps({"images": [pixels.tolist()] * 100}).encode()
    try:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(listener.getsockname())
            connection.sendall(
                b"POST /predict HTTP/1.1\r\nHost: a\r\n" + header + b"Content-Type: "
                b"application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            connections = server.server_state.connections
            wait_for(lambda: any(one.transport.is_closing() for one in connections))
            wait_for(lambda: not connections)
    finally:
        server.should_exit = True
        thread.join(30)


def wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_connection_too_many_is_told_to_come_again(running, scripted, monkeypatch):
    monkeypatch.setattr("mnist_estimators.serving._server.MOST_CONNECTIONS", 1)
    with running(create_app(scripted)) as url:
        host, port = url.removeprefix("http://").split(":")
        with (
            socket.create_connection((host, int(port)), timeout=10) as first,
            socket.create_connection((host, int(port)), timeout=10) as second,
            socket.create_connection((host, int(port)), timeout=10) as third,
        ):
            first.sendall(b"GET /model HTTP/1.1\r\nHost: a\r\n\r\n")
            assert first.recv(4096).startswith(b"HTTP/1.1 200 ")
            second.sendall(
                b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
                b"Content-Length: 5000000\r\n\r\n" + bytes(5_000_000)
            )
            refused = everything_from(second)
            third.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            health = everything_from(third)
            first.sendall(
                b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            )
            metrics = everything_from(first)

    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: 1\r\n" in refused
    assert b"\r\ncontent-security-policy: " in refused
    assert health.startswith(b"HTTP/1.1 200 ")
    assert b'path="/predict",status="503"} 1.0' in metrics


def test_a_client_that_waits_to_be_asked_sees_the_refusal_at_once(connect):
    connection = connect(body_bytes=1000)
    began = time.monotonic()
    connection.sendall(
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
        b"Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n"
    )

    assert everything_from(connection).startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - began < 0.8


def test_who_sends_too_much_sees_the_refusal_and_not_a_broken_connection(connect):
    connection = connect(body_bytes=1_000_000)
    connection.sendall(
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
        b"Content-Length: 1500000\r\n\r\n"
    )
    connection.sendall(bytes(1_500_000))

    assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_requests_in_progress_have_27_seconds_to_end(classifier):
    # docs/guide/serving.rst says so; managers of services kill after 30.
    config = make_server(create_app(classifier)).config
    assert config.timeout_graceful_shutdown == 27
