"""Settings are read once, from four places, and whatever is wrong with them is named at the start."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from civicconnect import settings
from civicconnect.settings import Missing, Settings

HERE = Path(__file__).parent.parent
SECRETS = ("CIVIC_SECRET_KEY", "CIVIC_CONTACT_KEY")


@pytest.fixture
def environ(tmp_path):
    """An environment in which everything is well."""
    return {"CIVIC_DATA": str(tmp_path / "var"), **dict.fromkeys(SECRETS, "s" * 40)}


@pytest.fixture
def checkout(tmp_path):
    """A checkout of its own, for its .env: a function that asks its settings for one value."""
    (tmp_path / "checkout" / "templates").mkdir(parents=True)
    package = tmp_path / "checkout" / "civicconnect"
    package.mkdir()
    for name in ("__init__.py", "errors.py", "settings.py"):
        shutil.copy(HERE / "civicconnect" / name, package)

    def ask(name: str, **environ: str) -> str:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CIVIC_")}
        code = f"from civicconnect import settings; print(settings.load().{name})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
                              env=clean | {"PYTHONPATH": str(package.parent)} | environ)
        return done.stdout.strip() or done.stderr.strip().splitlines()[-1]

    ask.env = package.parent / ".env"
    return ask


def keep(environ, name, value):
    """Put a value where `civic init` keeps secrets."""
    folder = settings.secrets_folder(environ)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(value)


# What is missing

@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("given", [None, ""], ids=["absent", "empty"])
def test_a_missing_secret_stops_the_start_by_its_name(environ, name, given):
    del environ[name]
    if given is not None:
        environ[name] = given
    with pytest.raises(Missing, match=f"^{name} is not set. Put it in the environment") as fault:
        settings.load(environ)
    assert "\n" not in str(fault.value)


def test_everything_that_is_missing_or_wrong_is_said_at_once(tmp_path):
    with pytest.raises(Missing) as fault:
        settings.load({"CIVIC_DATA": str(tmp_path), "CIVIC_PORT": "http", "CIVIC_THREADS": "0"})
    said = str(fault.value).splitlines()
    assert [line.split()[0] for line in said] == [*SECRETS, "CIVIC_PORT", "CIVIC_THREADS"]


def test_the_commands_stop_with_the_name_of_the_missing_secret_and_no_traceback(tmp_path):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("CIVIC_")}
    environ = clean | {"CIVIC_DATA": str(tmp_path), "CIVIC_SECRET_KEY": ""}
    done = subprocess.run([sys.executable, "-m", "civicconnect.cli", "worker"], cwd=HERE, text=True,
                          capture_output=True, env=environ)
    assert done.returncode == 1
    assert "CIVIC_SECRET_KEY is not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["port", "threads", "posts_an_hour", "tries_an_hour", "photo_megabytes"])
@pytest.mark.parametrize("wrong", ["", "0", "-1", "1.5", "many", "8e3", "²", " 8", "9" * 30])
def test_a_wrong_number_is_named_with_what_was_given(environ, name, wrong):
    with pytest.raises(Missing) as fault:
        settings.load(environ | {f"CIVIC_{name.upper()}": wrong})
    assert str(fault.value).startswith(f"CIVIC_{name.upper()} is '{wrong}'; it must be a whole number from 1")


def test_a_port_is_one_that_exists(environ):
    assert settings.load(environ | {"CIVIC_PORT": "65535"}).port == "65535"
    with pytest.raises(Missing, match="from 1 to 65535"):
        settings.load(environ | {"CIVIC_PORT": "65536"})


# Where settings come from

def test_a_setting_may_stand_in_a_file_that_the_environment_names(environ, tmp_path):
    (tmp_path / "key").write_text("k" * 40 + "\n")
    environ["CIVIC_SECRET_KEY_FILE"] = str(tmp_path / "key")
    del environ["CIVIC_SECRET_KEY"]
    assert settings.load(environ).secret_key == "k" * 40


@pytest.mark.parametrize("name", ["CIVIC_DATABASE_URL", "CIVIC_SECRET_KEY"])
def test_a_file_that_is_named_and_not_there_is_not_passed_over(environ, name):
    environ.pop(name, "")
    keep(environ, name, "from the folder")
    with pytest.raises(Missing, match=f"^{name}_FILE names /nowhere/key, and there is no such file.$"):
        settings.load(environ | {f"{name}_FILE": "/nowhere/key"})


def test_a_setting_may_stand_in_the_secrets_folder(environ):
    del environ["CIVIC_CONTACT_KEY"]
    keep(environ, "CIVIC_CONTACT_KEY", "c" * 40 + "\n")
    assert settings.load(environ).contact_key == "c" * 40


def test_the_environment_goes_before_a_file_and_a_file_before_the_secrets_folder(environ, tmp_path):
    keep(environ, "CIVIC_PORT", "8003")
    assert settings.load(environ).port == "8003"
    (tmp_path / "port").write_text("8002")
    environ["CIVIC_PORT_FILE"] = str(tmp_path / "port")
    assert settings.load(environ).port == "8002"
    environ["CIVIC_PORT"] = "8001"
    assert settings.load(environ).port == "8001"


def test_a_setting_may_stand_in_dot_env_and_the_environment_goes_before_it(checkout):
    checkout.env.write_text("# our city\n\nCIVIC_SECRET_KEY = 'quoted = kept'\nCIVIC_CONTACT_KEY=\"c\"\n"
                            "CIVIC_PORT=8001\n#CIVIC_BIND=0.0.0.0\n", encoding="utf-8")
    assert checkout("secret_key") == "quoted = kept"
    assert checkout("contact_key") == "c"
    assert checkout("port") == "8001"
    assert checkout("port", CIVIC_PORT="8002") == "8002"
    assert checkout("bind") == "127.0.0.1"


def test_without_dot_env_the_same_checkout_says_what_is_missing(checkout):
    assert "CIVIC_CONTACT_KEY is not set" in checkout("port")


# What they are once read

def test_settings_are_frozen(environ):
    given = settings.load(environ)
    with pytest.raises(dataclasses.FrozenInstanceError):
        given.port = "1"


def test_settings_do_not_change_with_the_environment_they_were_read_from(environ):
    given = settings.load(environ)
    environ["CIVIC_PORT"] = "9999"
    assert given.port == "8311"


def test_printed_settings_tell_no_secret(environ):
    given = settings.load(environ | {"CIVIC_SECRET_KEY": "hush-1", "CIVIC_CONTACT_KEY": "hush-2"})
    assert (given.secret_key, given.contact_key) == ("hush-1", "hush-2")
    assert "hush" not in repr(given)


def test_settings_hold_in_a_block_and_not_after_it(environ):
    outer, inner = settings.load(environ), settings.load(environ | {"CIVIC_PORT": "1"})
    with settings.bound(outer):
        with settings.bound(inner):
            assert settings.current().port == "1"
        assert settings.current() is outer


def test_an_empty_database_url_means_the_embedded_engine_in_the_data_folder(environ, tmp_path):
    assert settings.load(environ).url_of_database == f"sqlite:///{tmp_path / 'var' / 'civic.sqlite'}"
    url = "postgresql://db.internal/civic"
    assert settings.load(environ | {"CIVIC_DATABASE_URL": url}).url_of_database == url


def test_the_city_is_a_folder_or_a_name(environ, tmp_path):
    assert settings.load(environ).city_folder == HERE / "cities" / "larkmouth"
    assert settings.load(environ | {"CIVIC_CITY": str(tmp_path)}).city_folder == tmp_path


@pytest.mark.parametrize(("given", "address"), [
    ({}, "http://localhost:8311"), ({"CIVIC_PORT": "80"}, "http://localhost:80"),
    ({"CIVIC_BASE_URL": "https://reports.city.example/"}, "https://reports.city.example"),
])
def test_the_address_is_told_or_the_port_on_this_machine(environ, given, address):
    assert settings.load(environ | given).address == address


# Secrets

def test_secrets_are_made_where_only_their_owner_reads_them(environ):
    for name in SECRETS:
        del environ[name]
    before = os.umask(0)  # the most careless machine there is
    try:
        assert settings.make_secrets(environ) == list(SECRETS)
    finally:
        os.umask(before)
    folder = settings.secrets_folder(environ)
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
    assert modes == dict.fromkeys(SECRETS, 0o600)
    given = settings.load(environ)
    assert min(len(given.secret_key), len(given.contact_key)) >= 40
    assert given.secret_key != given.contact_key


def test_secrets_that_are_set_anywhere_are_left_alone(environ, tmp_path):
    del environ["CIVIC_SECRET_KEY"]
    assert settings.make_secrets(environ) == ["CIVIC_SECRET_KEY"]
    made = settings.load(environ).secret_key
    assert settings.make_secrets(environ) == []
    assert settings.load(environ).secret_key == made
    assert [file.name for file in settings.secrets_folder(environ).iterdir()] == ["CIVIC_SECRET_KEY"]


# What the operator reads

def table():
    """Return the table of docs/settings.md as the settings' own words make it."""
    lines = ["| Setting | Default | What it says |", "|---|---|---|"]
    for entry in fields(Settings):
        default = entry.metadata["default"]
        told = "made by `civic init`" if entry.metadata["secret"] else f"`{default}`" if default else "empty"
        lines.append(f"| `CIVIC_{entry.name.upper()}` | {told} | {entry.metadata['words']} |")
    return lines


def test_the_page_of_settings_lists_every_one_with_its_default_and_its_words():
    page = (HERE / "docs" / "settings.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in page if line.startswith("|")] == table()
