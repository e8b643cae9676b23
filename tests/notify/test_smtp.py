"""A real conversation with a mail server on the loopback."""

from __future__ import annotations

from contextlib import contextmanager
from email.message import EmailMessage
from socket import socket

import pytest
from aiosmtpd.controller import Controller

from civicconnect.notify import Refused, Smtp


class Server:
    """Keeps what comes in; answers with a code where it is told to."""

    def __init__(self, answer=""):
        self.answer, self.letters = answer, []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  the library's name
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.letters.append((envelope.rcpt_tos, envelope.content))
        return "250 OK"


@contextmanager
def listening(server):
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Smtp(f"smtp://127.0.0.1:{port}")
    finally:
        controller.stop()


def letter():
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "Größe ñ ع", "city@town.example", "ana@home.example"
    made.set_content("It is open: ñ ع")
    return made


def test_a_letter_goes_through():
    server = Server()
    with listening(server) as channel:
        channel.send(letter())
    [(to, content)] = server.letters
    assert to == ["ana@home.example"]
    assert b"Subject: =?utf-8?" in content


def test_an_address_that_is_no_good_is_refused_for_good():
    with listening(Server("550 no such address")) as channel, pytest.raises(Refused, match="550 no such"):
        channel.send(letter())


def test_a_server_that_is_busy_is_no_refusal():
    with listening(Server("451 try later")) as channel, pytest.raises(OSError, match="451"):
        channel.send(letter())


def test_no_server_is_no_refusal():
    with pytest.raises(ConnectionRefusedError):
        Smtp("smtp://127.0.0.1:9").send(letter())
