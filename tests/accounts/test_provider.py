"""What a provider says is believed only where it is signed by it, for us, for this sign-in, and of now."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from civicconnect import accounts, clock, settings
from civicconnect.accounts import Begun, TurnedAway, sign_on_of
from civicconnect.settings import Missing
from tests.provider import CLIENT, SECRET, fresh, running

BACK = "http://localhost:8311/sign-in/back"
DISCOVERY, KEYS, TOKEN = "/realm/.well-known/openid-configuration", "/realm/keys", "/realm/token"


@pytest.fixture(scope="module")
def running_provider():
    with running() as fake:
        yield fake


@pytest.fixture
def fake(running_provider):
    return fresh(running_provider, {"sub": "sara-1", "email": "sara@city.example", "groups": ["crew"]})


@pytest.fixture
def given(fake, tmp_path):
    return settings.load({
        "CIVIC_DATA": str(tmp_path), "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40,
        "CIVIC_OIDC_ISSUER": fake.issuer, "CIVIC_OIDC_CLIENT_ID": CLIENT, "CIVIC_OIDC_CLIENT_SECRET": SECRET,
        "CIVIC_OIDC_ROLES": "crew=staff:streets"})


@pytest.fixture
def round_trip(fake, given):
    """Go to the provider and back: a function that returns who it vouches for."""
    def go(**came):
        on = sign_on_of(given)
        begun, address = accounts.begin_sign_on(on, BACK, "en")
        code, state = fake.code_for(address)
        assert state == begun.state
        return accounts.end_sign_on(on, BACK, begun, {"code": code} | came)
    return go


def why(round_trip, **came) -> str:
    with pytest.raises(TurnedAway) as fault:
        round_trip(**came)
    return fault.value.why


def test_somebody_is_vouched_for_by_what_the_provider_calls_them(round_trip):
    vouched = round_trip()
    assert (vouched.subject, vouched.claims["groups"]) == ("sara-1", ["crew"])
    assert vouched.hint.count(".") == 2


FAULTS = {
    "another sign-in's nonce": {"nonce": "of another"}, "no nonce": {"nonce": None},
    "another site's": {"aud": "another-site"}, "nobody's": {"aud": None},
    "several sites', and nobody's in particular": {"aud": [CLIENT, "another"]},
    "handed to another": {"aud": [CLIENT, "another"], "azp": "another"},
    "ours, but handed to another": {"azp": "another"},
    "another issuer's": {"iss": "http://127.0.0.1:1/realm"}, "no issuer's": {"iss": None},
    "expired": {"exp": int(time.time()) - 120}, "without an end": {"exp": None},
    "not of now": {"nbf": int(time.time()) + 3600}, "made tomorrow": {"iat": int(time.time()) + 86400},
    "about nobody": {"sub": None}, "about an empty name": {"sub": ""}, "about a list": {"sub": ["sara-1"]},
    "about a name that no database takes": {"sub": "a\0b"},
    "about a name without end": {"sub": "s" * 300}, "with another key's hash": {"at_hash": "AAAA"},
    "with an end in words": {"exp": "soon"},
}


@pytest.mark.parametrize("said", FAULTS.values(), ids=FAULTS)
def test_a_token_with_one_thing_wrong_is_not_believed(round_trip, fake, said):
    fake.said = said
    assert why(round_trip) == "untrue"


@pytest.mark.parametrize(("algorithm", "signs_with"), [
    ("none", "first"), ("HS256", "first"), ("RS256", "foreign")])
def test_a_token_that_anybody_could_have_signed_is_not_believed(round_trip, fake, algorithm, signs_with):
    fake.algorithm, fake.signs_with = algorithm, signs_with
    assert why(round_trip) == "untrue"


def test_a_token_for_several_sites_is_believed_where_it_was_handed_to_us(round_trip, fake):
    fake.said = {"aud": [CLIENT, "another"], "azp": CLIENT}
    assert round_trip().subject == "sara-1"


def test_keys_are_kept_and_fetched_anew_when_there_is_another(round_trip, fake):
    round_trip()
    round_trip()
    assert (fake.asked.count(KEYS), fake.asked.count(DISCOVERY)) == (1, 1)
    fake.keys, fake.signs_with = ["second"], "second"
    assert round_trip().subject == "sara-1"
    assert fake.asked.count(KEYS) == 2
    fake.signs_with = "first"  # taken out of use
    assert why(round_trip) == "untrue"


def test_a_new_key_under_the_old_name_is_found_too(round_trip, fake):
    round_trip()
    fake.kids = {"second": "first"}
    fake.keys, fake.signs_with = ["second"], "second"
    assert round_trip().subject == "sara-1"


# What is no answer

@pytest.mark.parametrize("path", [DISCOVERY, KEYS, TOKEN])
@pytest.mark.parametrize(("status", "raw"), [
    (500, None), (404, None), (302, None), (200, b"<html>"), (200, b"[]"), (200, b"{}"), (200, b""),
    (200, b'{"keys": 5, "id_token": 5}'), (200, b'{"a":"' + b"x" * 600_000)],
    ids=["500", "404", "302", "html", "list", "empty", "nothing", "figures", "endless"])
def test_nonsense_is_turned_away_and_no_redirection_is_followed(round_trip, fake, path, status, raw):
    fake.statuses[path] = status
    if raw is not None:
        fake.raw[path] = raw
    assert why(round_trip) in ("away", "unset", "untrue")
    assert "/realm/elsewhere" not in fake.asked


@pytest.mark.parametrize("published", [
    {"issuer": "http://127.0.0.1:1/another"},
    {"authorization_endpoint": "http://provider.example/authorize"},
    {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": ["a"]},
    {"authorization_endpoint": ""}, {"token_endpoint": "http://169.254.169.254/token"}, {"jwks_uri": None}])
def test_addresses_that_are_not_safe_are_not_used(round_trip, fake, published):
    fake.more = published
    assert why(round_trip) == "unset"


def test_a_provider_elsewhere_leads_nobody_to_this_machine(given):
    on = accounts.provider.Provider("https://login.example")
    on._published = clock.now(), {"token_endpoint": "http://127.0.0.1/token"}
    with pytest.raises(TurnedAway, match="no address that is safe"):
        on.address("token_endpoint")


def test_an_answer_that_was_meant_for_another_provider_is_not_taken(round_trip, fake):
    assert why(round_trip, iss="https://another.example") == "untrue"
    assert round_trip(iss=fake.issuer).subject == "sara-1"
    fake.more = {"authorization_response_iss_parameter_supported": True}
    accounts.provider.provider_of.cache_clear()
    assert why(round_trip) == "untrue"


def test_a_code_is_redeemed_only_by_who_asked_for_it(fake, given):
    on = sign_on_of(given)
    begun, address = accounts.begin_sign_on(on, BACK, "en")
    code, _ = fake.code_for(address)
    with pytest.raises(TurnedAway, match="invalid_grant"):
        accounts.end_sign_on(on, BACK, Begun(begun.state, begun.nonce, "guessed"), {"code": code})


# Settings

@pytest.mark.parametrize(("wrong", "words"), [
    ({"oidc_issuer": "http://login.example"}, "must begin with https://"),
    ({"oidc_issuer": "https://login.example/?a=b"}, "CIVIC_OIDC_ISSUER is .* without"),
    ({"oidc_issuer": "https://a:b@login.example/"}, "must begin with https://"),
    ({"oidc_issuer": "https://" + "x" * 300}, "at most 255"),
    ({"oidc_client_id": ""}, "CLIENT_ID is not set"),
    ({"oidc_client_secret": "schlüssel"}, "CLIENT_SECRET holds a character"),
    ({"oidc_roles": " ; "}, "nobody would have a role"), ({"oidc_roles": "crew=mayor"}, "crew=mayor"),
    ({"oidc_roles": "staff"}, "write group=role"), ({"oidc_scopes": "email"}, "openid must be among them"),
    ({"oidc_new_people": "perhaps"}, "must be yes or no"), ({"local_sign_in": "off"}, "must be yes or no"),
    ({"local_sign_in": "no", "oidc_issuer": ""}, "nobody could sign in"),
])
def test_settings_that_are_no_good_are_named(given, wrong, words):
    with pytest.raises(Missing, match=words):
        sign_on_of(replace(given, **wrong))


def test_the_secret_is_printed_nowhere(given):
    assert SECRET not in repr(given)
    assert SECRET not in repr(sign_on_of(given))
