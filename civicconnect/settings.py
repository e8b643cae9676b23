"""Everything that differs between two installations, read once and then frozen.

A setting is looked for in the environment (`CIVIC_PORT`), in the file that `CIVIC_PORT_FILE`
names, in `.env`, and in `<data>/secrets/CIVIC_PORT`. docs/settings.md lists them all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from pathlib import Path

from civicconnect.errors import Refusal

HERE = Path(__file__).resolve().parent
# The settings that are whole numbers, and where each ends.
HIGHEST = {"port": 65535, "threads": 500, "posts_an_hour": 10**6, "tries_an_hour": 10**6,
           "photo_megabytes": 500}


class Missing(Refusal):
    """The start stops here: a setting is absent or cannot be read."""


def _setting(words: str, default: str | None = "", *, secret: bool = False) -> str:
    """Declare one setting: its sentence in docs/settings.md, its default (None: required)."""
    # A secret is left out where settings are printed: in a log, in a traceback.
    told = {"words": words, "default": default, "secret": secret}
    return field(metadata=told, repr=not secret)  # type: ignore[no-any-return]  # dataclasses types field() as its value


@dataclass(frozen=True)
class Settings:
    """One installation's choices. Text as given; the properties below say what it means."""

    data: str = _setting("Folder of the database, photos, publication and seals.", "var")
    database_url: str = _setting("Database address; empty means SpatiaLite inside the data folder.")
    city: str = _setting("The city's folder, or its name under cities/.", "larkmouth")
    bind: str = _setting("Address the web server listens on.", "127.0.0.1")
    port: str = _setting("Port the web server listens on.", "8311")
    base_url: str = _setting("How people reach the site; empty means http://localhost and the port.")
    threads: str = _setting("Requests answered at the same time.", "8")
    secret_key: str = _setting("Signs cookies and links.", None, secret=True)
    contact_key: str = _setting("Seals contact details in the database.", None, secret=True)
    posts_an_hour: str = _setting("Reports accepted from one address in an hour.", "60")
    tries_an_hour: str = _setting("Sign-in tries accepted from one address in an hour.", "30")
    photo_megabytes: str = _setting("Largest photo accepted, in megabytes.", "12")
    trusted_proxy: str = _setting("Address of the proxy in front, whose X-Forwarded-For, -Proto and "
                                  "-Host are believed; empty: nobody's.")

    @property
    def data_folder(self) -> Path:
        return base() / self.data

    @property
    def city_folder(self) -> Path:
        given = Path(self.city)
        return given.resolve() if given.is_dir() else home() / "cities" / self.city

    @property
    def url_of_database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder / 'civic.sqlite'}"

    @property
    def address(self) -> str:
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def photo_bytes(self) -> int:
        return int(self.photo_megabytes) * 1024 * 1024


def home() -> Path:
    """Return the folder that holds templates, static, migrations and cities.

    In a checkout that is the folder above the package; in a wheel they lie inside the package.
    """
    return HERE if (HERE / "templates").is_dir() else HERE.parent


def base() -> Path:
    """Return the folder that relative settings and `.env` belong to.

    In a checkout that is its top, wherever the command was typed; else the current folder.
    """
    return Path.cwd() if (HERE / "templates").is_dir() else HERE.parent


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, or raise Missing with one sentence for everything that is wrong."""
    env = {**_dotenv(base() / ".env"), **(os.environ if environ is None else environ)}
    folder = secrets_folder(env)
    found, faults = {}, []
    for entry in fields(Settings):
        name, default = f"CIVIC_{entry.name.upper()}", entry.metadata["default"]
        named = env.get(f"{name}_FILE")
        value = _value(name, env, folder)
        if named and name not in env and not Path(named).is_file():
            faults.append(f"{name}_FILE names {named}, and there is no such file.")
        elif not value and default is None:
            faults.append(f"{name} is not set. Put it in the environment, in .env, or run 'civic init'.")
        found[entry.name] = default if value is None else value
    faults += [
        f"CIVIC_{name.upper()} is '{found[name]}'; it must be a whole number from 1 to {highest}."
        for name, highest in HIGHEST.items() if not _is_number(str(found[name]), highest)
    ]
    if faults:
        raise Missing("\n".join(faults))
    return Settings(**found)


def _is_number(text: str, highest: int) -> bool:
    return text.isdecimal() and len(text) < 10 and 1 <= int(text) <= highest


def secrets_folder(env: Mapping[str, str]) -> Path:
    """Return where the secrets that `civic init` made are kept."""
    return base() / env.get("CIVIC_DATA", "var") / "secrets"


def make_secrets(environ: Mapping[str, str] | None = None) -> list[str]:
    """Make the secrets that are not set anywhere yet; return their names. Only we can read them."""
    env = {**_dotenv(base() / ".env"), **(os.environ if environ is None else environ)}
    folder = secrets_folder(env)
    made = []
    for entry in fields(Settings):
        name = f"CIVIC_{entry.name.upper()}"
        if entry.metadata["secret"] and _value(name, env, folder) is None:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            with open(folder / name, "x", encoding="utf-8", opener=_private) as file:
                file.write(secrets.token_urlsafe(48))
            made.append(name)
    return made


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _value(name: str, env: Mapping[str, str], folder: Path) -> str | None:
    if name in env:
        return env[name]
    for file in (Path(env[f"{name}_FILE"]) if f"{name}_FILE" in env else None, folder / name):
        if file is not None and file.is_file():
            try:
                return file.read_text(encoding="utf-8").strip()
            except UnicodeDecodeError:
                raise Missing(f"{file} is not written in UTF-8; it cannot be {name}.") from None
    return None


def _dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


_bound: ContextVar[Settings] = ContextVar("settings")


def current() -> Settings:
    """Return the settings of the city being served; LookupError where the roof bound none."""
    return _bound.get()


@contextmanager
def bound(settings: Settings) -> Iterator[Settings]:
    """Serve under these settings for a while: one request, one job, one command."""
    token = _bound.set(settings)
    try:
        yield settings
    finally:
        _bound.reset(token)


def use(settings: Settings) -> None:
    """Serve under these settings from here on, in this thread: what the roof says at each request."""
    _bound.set(settings)
