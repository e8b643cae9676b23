"""The mailbox and the gallery: there in the demo, and nowhere else."""

from __future__ import annotations

import pytest

from civicconnect import jobs, settings
from civicconnect.accounts import ContactDetails
from civicconnect.app import handlers

ADDRESSES = ("/demo/mailbox", "/components")


@pytest.fixture
def demo():
    file = settings.current().data_folder / "demo.json"
    file.write_text("{}", encoding="utf-8")
    yield file
    file.unlink()


@pytest.mark.parametrize("address", ADDRESSES)
def test_outside_the_demo_there_is_no_such_page(visitor, address):
    assert visitor.get(address).status == 404


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_the_gallery_shows_every_part(visitor, demo, make_report, prefix):
    make_report()
    page = visitor.get(f"{prefix}/components")
    assert "Only colleagues read this." in page.words
    assert page.text.count('class="status ') >= 6


def test_the_mailbox_shows_letters_that_reached_nobody(visitor, demo, make_report):
    assert "No letter yet." in visitor.get("/demo/mailbox").words
    make_report(contact=ContactDetails(email="ana@home.example"))
    jobs.drain(handlers())
    page = visitor.get("/demo/mailbox")
    assert "ana@home.example" in page.words
    letter = visitor.client.get(next(link for link in page.links() if "/demo/mailbox/" in link))
    assert b"We have your report" in letter.data
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert visitor.get("/demo/mailbox/..%2Fdemo").status == 404
