"""The settings of one city among many: what it shares with the others, and what it never does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from civicconnect import settings
from civicconnect.settings import Missing, Settings


def write_folder(home: Path, slug: str) -> None:
    """Write as much of a city's folder as the settings look at."""
    (home / slug).mkdir(parents=True)
    (home / slug / "city.toml").write_text(f'slug = "{slug}"\n')


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    for slug in ("otter", "heron"):
        write_folder(tmp_path / "cities", slug)
    (tmp_path / "cities" / "profiles").mkdir()
    write_folder(tmp_path / "cities", ".unfinished")
    return {"CIVIC_DATA": str(tmp_path / "data"), "CIVIC_CITIES": str(tmp_path / "cities")}


@pytest.fixture
def otter(environ):
    """Return the settings of one of them, under other surroundings."""
    def read(**more: str) -> Settings:
        together = settings.shared(environ | more)
        settings.make_city_secrets(together, "otter")
        return settings.of_city(together, "otter")
    return read


def test_the_cities_are_the_folders_that_hold_a_city(environ):
    assert settings.slugs(settings.shared(environ)) == ["heron", "otter"]


def test_where_there_is_one_city_nothing_is_shared(environ):
    assert settings.shared({"CIVIC_DATA": environ["CIVIC_DATA"]}) is None


@pytest.mark.parametrize("folder", ["/nowhere", "empty"])
def test_a_folder_without_cities_is_a_sentence(environ, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Missing, match="^CIVIC_CITIES is "):
        settings.slugs(settings.shared(environ | {"CIVIC_CITIES": str(tmp_path / folder)}))


@pytest.mark.parametrize("name", ["CIVIC_SECRET_KEY", "CIVIC_CONTACT_KEY", "CIVIC_SECRET_KEY_FILE"])
def test_a_secret_for_all_cities_is_refused_by_name(environ, name):
    with pytest.raises(Missing, match=f"^{name.removesuffix('_FILE')} is set for all cities at once"):
        settings.shared(environ | {name: "s" * 40})


def test_a_city_among_many_has_its_own_folder_database_address_and_secrets(otter, environ, tmp_path):
    own = otter()
    assert own.data_folder == tmp_path / "data" / "otter"
    assert own.city_folder == tmp_path / "cities" / "otter"
    assert own.url_of_database == f"sqlite:///{tmp_path / 'data' / 'otter' / 'civic.sqlite'}"
    assert own.address == "http://otter.localhost:8311"
    assert len(own.secret_key) >= 40
    assert (own.cities, own.trusted_proxy) == ("", "")
    heron = settings.make_city_secrets(settings.shared(environ), "heron")
    assert heron == ["CIVIC_SECRET_KEY", "CIVIC_CONTACT_KEY"]


def test_one_line_says_where_every_citys_database_and_address_are(otter):
    own = otter(CIVIC_DATABASE_URL="postgresql://civic@db/civic_{slug}", CIVIC_BASE_URL="https://{slug}.example")
    assert own.url_of_database == "postgresql://civic@db/civic_otter"
    assert own.address == "https://otter.example"


def test_a_city_may_lie_on_a_database_server_of_its_own(otter, tmp_path):
    otter()
    (tmp_path / "data" / "otter" / "secrets" / "CIVIC_DATABASE_URL").write_text("postgresql://elsewhere/otter\n")
    assert otter(CIVIC_DATABASE_URL="postgresql://db/civic").url_of_database == "postgresql://elsewhere/otter"


@pytest.mark.parametrize(("name", "value", "mark"), [
    ("CIVIC_DATABASE_URL", "postgresql://civic@db/civic", "Write {slug} where"),
    ("CIVIC_BASE_URL", "https://311.example", "Write {slug} or {host} where"),
])
def test_what_all_cities_would_share_and_must_not_is_refused(otter, name, value, mark):
    with pytest.raises(Missing, match=f"^{name} is the same for all cities. {mark}"):
        otter(**{name: value})


SHARED = {"CIVIC_OIDC_ISSUER": "https://login.example/{slug}", "CIVIC_OIDC_CLIENT_ID": "311",
          "CIVIC_OIDC_ROLES": "crew=staff:streets"}


def test_each_city_has_a_provider_or_groups_of_its_own(otter, tmp_path):
    assert otter(**SHARED).oidc_issuer == "https://login.example/otter"
    alike = SHARED | {"CIVIC_OIDC_ISSUER": "https://login.example/"}
    assert otter(**alike | {"CIVIC_OIDC_ROLES": "{slug}-crew=admin"}).oidc_roles == "otter-crew=admin"
    with pytest.raises(Missing, match="the staff of one would be the staff of all"):
        otter(**alike)
    secrets = tmp_path / "data" / "otter" / "secrets"
    (secrets / "CIVIC_OIDC_ROLES").write_text("otters=admin\n")
    (secrets / "CIVIC_OIDC_CLIENT_SECRET").write_text("of the otters\n")
    assert (otter(**alike).oidc_roles, otter(**alike).oidc_client_secret) == ("otters=admin", "of the otters")


def test_a_command_for_one_city_must_be_told_which(environ):
    with pytest.raises(Missing, match="Set CIVIC_CITY to the one that is meant: heron, otter"):
        settings.load(environ)
    with pytest.raises(Missing, match="CIVIC_CITY is 'larkmouth'"):
        settings.load(environ | {"CIVIC_CITY": "larkmouth"})
    settings.make_city_secrets(settings.shared(environ), "otter")
    found = settings.load(environ | {"CIVIC_CITY": "otter"})
    assert found.data_folder == Path(environ["CIVIC_DATA"]) / "otter"


def test_a_city_before_init_says_what_to_type(environ):
    with pytest.raises(Missing, match="^CIVIC_SECRET_KEY of the city 'otter' is not in .* civic init --"):
        settings.load(environ | {"CIVIC_CITY": "otter"})


@pytest.mark.parametrize("name", ["Our City", "otter.old", "Otter", "ötter"])
def test_a_folder_whose_name_cannot_be_a_host_is_named(environ, tmp_path, name):
    write_folder(tmp_path / "cities", name)
    with pytest.raises(Missing, match=f"^'{re.escape(name)}' cannot be the name of a city's folder"):
        settings.of_city(settings.shared(environ), name)
