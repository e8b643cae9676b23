"""The drawn map as a phone shows it: by day and by night."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageStat

from tests.browser.conftest import on

pytestmark = [pytest.mark.browser, on("spatialite")]


def brightness(phone) -> float:
    """Return how bright the map in the form is, 0..255."""
    drawing = phone.page.locator(".report-map__drawing")
    drawing.wait_for()
    phone.until("fetch(document.querySelector('.report-map__drawing').src).then(r => r.ok)")
    return brightness_of(drawing)


def brightness_of(shown) -> float:
    """Return how bright a part of the page is, 0..255."""
    with Image.open(io.BytesIO(shown.screenshot())) as picture:
        return float(ImageStat.Stat(picture.convert("L")).mean[0])


@pytest.mark.parametrize(("scheme", "least", "most"), [("light", 190, 255), ("dark", 10, 90)])
def test_the_map_is_dark_where_the_phone_is(phone, scheme, least, most):
    resident = phone(color_scheme=scheme)
    resident.go("/report?lat=41.2&long=-33.4&look=1&zoom=15")
    assert least < brightness(resident) < most
