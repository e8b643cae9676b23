"""What a browser sends as a passkey and is none."""

from __future__ import annotations

import pytest

from civicconnect import accounts

NONE = ("", "[", "[" * 20000, "{}", "null", '{"id": "\\u0000"}', '{"id": 7}', "\ufffe")


@pytest.mark.parametrize("sent", NONE, ids=range(len(NONE)))
def test_what_is_no_passkey_signs_nobody_in(db_, sent):
    assert accounts.person_of_passkey(db_, sent, "a challenge") is None
