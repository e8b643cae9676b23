"""City settings on screen: a change holds at once, is refused beside its field, and is a version."""

from __future__ import annotations

import pytest

HOME = "/staff/city"
POTHOLE = f"{HOME}/services/pothole"


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


@pytest.fixture
def change(admin):
    """Change fields of a page's form and send it."""
    def send(address, do="save", reason="The council decided it.", **typed):
        fields = admin.get(address).form(address.removeprefix("/es"))
        typed = {name.replace("__", "."): value for name, value in typed.items()}
        return admin.post(address, fields | typed | {"do": do, "reason": reason})
    return send


def test_a_renamed_service_is_on_the_form_at_once_in_each_language(change, visitor, admin):
    page = change(POTHOLE, name__en="Hole in the road", name__es="Hoyo en la calle")
    assert "Saved as version 2" in admin.follow(page).words
    assert "Hole in the road" in visitor.get("/report").words
    assert "Hoyo en la calle" in visitor.get("/es/report").words
    assert "Hoyo en la calle" in visitor.client.get("/es/report/offer.json").get_data(as_text=True)


PATHS = (
    "", "/services", "/services/pothole", "/services/street-light/questions/fault", "/add/services",
    "/add/services/pothole/questions", "/add/services/pothole/stoppers", "/groups", "/groups/streets",
    "/departments/streets", "/calendars/office", "/add/calendars", "/promises", "/promises/street-light",
    "/banners", "/banners/1", "/add/banners", "/layers/district", "/words/about", "/words/contact",
    "/words/notices", "/words/colours", "/words/storm", "/logo", "/versions", "/versions/1")


def test_every_page_opens_for_an_administrator(admin):
    for path in PATHS:
        assert admin.get(f"{HOME}{path}").status == 200, path


@pytest.mark.parametrize("who", ["streets", "supervisor"])
def test_others_of_the_staff_may_not(signed_in, who):
    clerk = signed_in(who)
    for path in ("", "/services/pothole", "/words/about", "/logo", "/versions", "/versions/1", "/folder.zip"):
        assert clerk.get(f"{HOME}{path}").status == 403, path
