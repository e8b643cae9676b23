"""Everything that differs between two installations, read once and then frozen.

A setting is looked for in the environment (`CIVIC_PORT`), in the file that `CIVIC_PORT_FILE`
names, in `.env`, and in `<data>/secrets/CIVIC_PORT`. docs/settings.md lists them all.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from civicconnect.errors import Refusal

HERE = Path(__file__).resolve().parent
# The settings that are whole numbers, and where each ends.
HIGHEST = {"port": 65535, "threads": 500, "posts_an_hour": 10**6, "tries_an_hour": 10**6,
           "photo_megabytes": 500}
# What a city among many is called: its folder, part of its data folder, its database and its host name.
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Missing(Refusal):
    """The start stops here: a setting is absent or cannot be read."""


def _setting(
    words: str, default: str | None = "", *, secret: bool = False, printed: bool = True
) -> str:
    """Declare one setting: its sentence in docs/settings.md, its default (None: required).

    secret     made by `civic init`, and left out where settings are printed: in a log, in a traceback
    printed    False leaves it out there too: it may hold a password
    """
    told = {"words": words, "default": default, "secret": secret}
    return field(metadata=told, repr=printed and not secret)  # type: ignore[no-any-return]  # dataclasses types field() as its value


@dataclass(frozen=True)
class Settings:
    """One installation's choices. Text as given; the properties below say what it means."""

    data: str = _setting("Folder of the database, photos, publication and seals.", "var")
    database_url: str = _setting("Database address; empty means SpatiaLite inside the data folder.")
    city: str = _setting("The city's folder, or its name under cities/.", "larkmouth")
    cities: str = _setting("Folder whose folders are cities, all served by one process; empty: one city.")
    basemap: str = _setting("The city's street map, a PMTiles file, where it is not basemap.pmtiles in the "
                            "city's folder; `{slug}` in it becomes the folder's name.")
    bind: str = _setting("Address the web server listens on.", "127.0.0.1")
    port: str = _setting("Port the web server listens on.", "8311")
    base_url: str = _setting("How people reach the site; empty means http://localhost and the port.")
    threads: str = _setting("Requests answered at the same time.", "8")
    secret_key: str = _setting("Signs cookies and links.", None, secret=True)
    contact_key: str = _setting("Seals contact details in the database.", None, secret=True)
    posts_an_hour: str = _setting("Reports accepted from one address in an hour.", "60")
    tries_an_hour: str = _setting("Sign-in tries accepted from one address in an hour.", "30")
    second_factor: str = _setting("Roles whose people must have a second factor, with blanks between.")
    photo_megabytes: str = _setting("Largest photo accepted, in megabytes.", "12")
    mail_url: str = _setting("Mail server, as smtp://user:password@host:587 or smtps://host:465; empty: "
                             "letters are kept in the data folder and reach nobody.", printed=False)
    mail_from: str = _setting("Address that letters come from; empty means the city's own e-mail address.")
    trusted_proxy: str = _setting("Address of the proxy in front, whose X-Forwarded-For, -Proto and "
                                  "-Host are believed; empty: nobody's.")
    local_sign_in: str = _setting("yes or no: whether passwords, links and passkeys kept here let people in.",
                                  "yes")
    oidc_issuer: str = _setting("Address of the provider where staff sign in (OpenID Connect); empty: none.")
    oidc_client_id: str = _setting("As what the provider knows this site.")
    oidc_client_secret: str = _setting("What the provider gave this site to show who it is; empty: a public "
                                       "client.", printed=False)
    oidc_name: str = _setting("What people call the provider: \"Sign in with …\"; empty: the city's sign-on.")
    oidc_scopes: str = _setting("What is asked of the provider, with blanks between.", "openid email profile")
    oidc_claim: str = _setting("Where the provider writes somebody's groups; dots lead inside.", "groups")
    oidc_roles: str = _setting("What each group may do here: group=role or group=role:department,department, "
                               "with ; between.")
    oidc_verified: str = _setting("Where the provider says that an e-mail address is somebody's.",
                                  "email_verified")
    oidc_new_people: str = _setting("yes or no: whether a group is enough for somebody nobody invited.", "no")

    @property
    def data_folder(self) -> Path:
        return base() / self.data

    @property
    def city_folder(self) -> Path:
        given = Path(self.city)
        return given.resolve() if given.is_dir() else home() / "cities" / self.city

    @property
    def basemap_file(self) -> Path:
        """Return where the city's street map is, if it has one."""
        folder = self.city_folder
        return (base() / self.basemap.replace("{slug}", folder.name) if self.basemap
                else folder / "basemap.pmtiles")

    @property
    def cities_folder(self) -> Path:
        return base() / self.cities

    @property
    def url_of_database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder / 'civic.sqlite'}"

    @property
    def address(self) -> str:
        return (self.base_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        return frozenset(self.second_factor.split())

    @property
    def photo_bytes(self) -> int:
        return int(self.photo_megabytes) * 1024 * 1024


SECRETS = tuple(f"CIVIC_{entry.name.upper()}" for entry in fields(Settings) if entry.metadata["secret"])
# What else a city among many may have in its secrets folder.
SIGN_ON = ("oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_roles")
OWN = ("CIVIC_DATABASE_URL", "CIVIC_BASE_URL", *(f"CIVIC_{name.upper()}" for name in SIGN_ON))


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
    """Read the settings, or raise Missing with one sentence for everything that is wrong.

    With CIVIC_CITIES these are the settings of the one city that CIVIC_CITY names.
    """
    together = shared(environ)
    return of_city(together, together.city) if together else _read(_surroundings(environ))


def shared(environ: Mapping[str, str] | None = None) -> Settings | None:
    """Read what the cities of CIVIC_CITIES share; None where this installation is one city's.

    It holds no secrets, and is no city's: `of_city` makes it one. Raises Missing, as `load` does.
    """
    env = _surroundings(environ)
    if not _value("CIVIC_CITIES", env, secrets_folder(env)):
        return None
    faults = [f"{name} is set for all cities at once, and each must have its own, which 'civic init' makes. "
              "Take it out of the environment and of .env."
              for name in SECRETS if name in env or f"{name}_FILE" in env]
    if faults:
        raise Missing("\n".join(faults))
    # Nobody's until somebody says whose: a default would be the wrong city's sooner or later.
    nobody = {"CIVIC_CITY": env.get("CIVIC_CITY", "")}
    unasked = dict.fromkeys(SECRETS, "unasked")
    return replace(_read(env | nobody | unasked), secret_key="", contact_key="")


def _read(env: Mapping[str, str]) -> Settings:
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


def slugs(together: Settings) -> list[str]:
    """Return the cities of CIVIC_CITIES: the folders with a city.toml. Raises Missing where there is none."""
    folder = together.cities_folder
    try:
        found = sorted(inside.name for inside in folder.iterdir()
                       if not inside.name.startswith(".") and os.path.lexists(inside / "city.toml"))
    except OSError as fault:
        raise Missing(f"CIVIC_CITIES is {folder}: {fault.strerror}.") from None
    if not found:
        raise Missing(f"CIVIC_CITIES is {folder}, and no folder in it holds a city.toml.")
    return found


def of_city(together: Settings, slug: str) -> Settings:
    """Return the settings of one city among many: its own data folder, database, address and secrets.

    `{slug}` is filled in here; `{host}` stays in the base URL until somebody knows its host names.
    Raises Missing: no such city, or something it may not share with the others.
    """
    known = slugs(together)
    if slug not in known:
        raise Missing(f"CIVIC_CITY is '{slug}', and there are several cities in {together.cities_folder}. "
                      f"Set CIVIC_CITY to the one that is meant: {', '.join(known)}.")
    folder = city_secrets(together, slug)
    own = {name: _value(name, {}, folder) for name in (*OWN, *SECRETS)}
    url = own["CIVIC_DATABASE_URL"] or _distinct(together, "database_url", "{slug}")
    address = own["CIVIC_BASE_URL"] or _distinct(together, "base_url", "{slug}", "{host}")
    faults = [f"{name} of the city '{slug}' is not in {folder}. Type: civic init --cities "
              f"{together.cities_folder}" for name in SECRETS if not own[name]]
    if faults:
        raise Missing("\n".join(faults))
    sign_on = {name: (own[f"CIVIC_{name.upper()}"] or str(getattr(together, name))).replace("{slug}", slug)
               for name in SIGN_ON}
    differ = (own[f"CIVIC_{name.upper()}"] or "{slug}" in getattr(together, name)
              for name in ("oidc_issuer", "oidc_roles"))
    if sign_on["oidc_issuer"] and not any(differ):
        raise Missing("CIVIC_OIDC_ISSUER and CIVIC_OIDC_ROLES are the same for all cities: the staff of one "
                      "would be the staff of all. Write {slug} in one of them.")
    return replace(
        together, **sign_on, cities="", city=str(together.cities_folder / slug), data=str(folder.parent),
        database_url=url.replace("{slug}", slug),
        base_url=address.replace("{slug}", slug) or f"http://{slug}.localhost:{together.port}",
        secret_key=str(own["CIVIC_SECRET_KEY"]), contact_key=str(own["CIVIC_CONTACT_KEY"]),
        trusted_proxy="",  # the roof has asked it already
    )


def _distinct(together: Settings, name: str, *marks: str) -> str:
    """Return a setting that is written once for all cities, and must come out different for each."""
    written = str(getattr(together, name))
    if written and not any(mark in written for mark in marks):
        raise Missing(f"CIVIC_{name.upper()} is the same for all cities. Write {' or '.join(marks)} where "
                      "they differ.")
    return written


def _is_number(text: str, highest: int) -> bool:
    return text.isdecimal() and len(text) < 10 and 1 <= int(text) <= highest


def secrets_folder(env: Mapping[str, str]) -> Path:
    """Return where the secrets that `civic init` made are kept."""
    return base() / env.get("CIVIC_DATA", "var") / "secrets"


def city_secrets(together: Settings, slug: str) -> Path:
    """Return where the secrets of one city among many are kept. Raises Missing: it cannot be called so."""
    if not SLUG.fullmatch(slug):
        raise Missing(f"'{slug}' cannot be the name of a city's folder. Use small letters, digits, - and _.")
    return together.data_folder / slug / "secrets"


def make_secrets(environ: Mapping[str, str] | None = None) -> list[str]:
    """Make the secrets that are not set anywhere yet; return their names. Only we can read them."""
    env = _surroundings(environ)
    folder = secrets_folder(env)
    return _make(folder, (name for name in SECRETS if _value(name, env, folder) is None))


def make_city_secrets(together: Settings, slug: str) -> list[str]:
    """Make the secrets that a city among many has not got yet; return their names."""
    folder = city_secrets(together, slug)
    return _make(folder, (name for name in SECRETS if _value(name, {}, folder) is None))


def _make(folder: Path, names: Iterable[str]) -> list[str]:
    made = []
    for name in names:
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


def _surroundings(environ: Mapping[str, str] | None) -> dict[str, str]:
    """Return what was handed in, or the environment; in any case on top of .env."""
    return {**_dotenv(base() / ".env"), **(os.environ if environ is None else environ)}


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
