"""The commands: what they do, what they say, how they end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy import text

from civicconnect import accounts, city, cli, db, jobs, reports, settings
from civicconnect.geo import Box
from tests.basemaps import make_basemap
from tests.browser.conftest import free_port, wait_until_ready
from tests.city.test_broken_folders import WHOLE
from tests.factories import RESIDENT, new_report

ROOT = Path(__file__).parent.parent
LARKMOUTH = ROOT / "cities" / "larkmouth"


def civic(*words: str, url: str = "", folder: Path, check: int | None = 0, **env: str):
    """Run a command in a process of its own; returns what it said."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")}
    done = subprocess.run(
        [sys.executable, "-m", "civicconnect.cli", *words], cwd=ROOT, capture_output=True, text=True,
        env=clean | {"CIVIC_DATA": str(folder), "CIVIC_DATABASE_URL": url} | env, timeout=120)
    if check is not None:
        assert done.returncode == check, done.stdout + done.stderr
    return done


@pytest.fixture
def type_(monkeypatch, capsys):
    """Run a command in this process, which is quicker; returns the exit code and what it said."""
    def run(*words, folder, url="", **env):
        for name in [n for n in os.environ if n.startswith("CIVIC_")]:
            monkeypatch.delenv(name)
        for name, value in ({"CIVIC_DATA": str(folder), "CIVIC_DATABASE_URL": url} | env).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["civic", *words])
        monkeypatch.chdir(ROOT)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out + said.err
    return run


@pytest.fixture(scope="module")
def ready(tmp_path_factory) -> Path:
    """The folder of an installation after `civic init`, to be copied."""
    folder = tmp_path_factory.mktemp("ready")
    civic("init", folder=folder)
    return folder


@pytest.fixture
def installed(ready, tmp_path) -> Path:
    """An installation of the test's own."""
    return Path(shutil.copytree(ready, tmp_path / "installed"))


def start_demo(folder: Path, url: str, port: int) -> tuple[subprocess.Popen[bytes], float]:
    """Start the demo; returns its process and how many seconds it took to be ready."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")}
    began = time.monotonic()
    with (folder / "log").open("wb") as log:
        demo = subprocess.Popen(
            [sys.executable, "-m", "civicconnect.cli", "run"], cwd=ROOT, stdout=log, stderr=log,
            env=clean | {"CIVIC_DATA": str(folder), "CIVIC_DATABASE_URL": url, "CIVIC_PORT": str(port)})
    wait_until_ready(f"http://localhost:{port}", folder / "log", [demo])
    return demo, time.monotonic() - began


def test_the_demo_starts_with_data_stops_cleanly_and_starts_again(empty_url, tmp_path):
    port = free_port()
    demo, _ = start_demo(tmp_path, empty_url, port)
    told = json.loads((tmp_path / "demo.json").read_text())
    assert told["base_url"] == f"http://localhost:{port}"
    assert {user["role"] for user in told["users"]} == {"staff", "supervisor", "admin"}
    for path in ("/", "/report", "/reports", "/performance", "/data", "/healthz", "/readyz",
                 "/data/reports.csv"):
        with urllib.request.urlopen(told["base_url"] + path, timeout=10) as answer:
            assert answer.status == 200, path
            if path == "/data/reports.csv":
                assert answer.read().count(b"\r\n") > 500
    workers = children_of(demo.pid)
    assert workers
    demo.send_signal(signal.SIGINT)
    assert demo.wait(timeout=30) == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]

    again, _ = start_demo(tmp_path, empty_url, port)
    assert json.loads((tmp_path / "demo.json").read_text())["users"] == told["users"]
    again.terminate()
    assert again.wait(timeout=30) == 0


def children_of(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_port_that_is_taken_is_named(tmp_path):
    port = free_port()
    demo, _ = start_demo(tmp_path, "", port)
    second = civic("serve", folder=tmp_path, check=1, CIVIC_PORT=str(port))
    assert f"Port {port}" in second.stderr
    assert "CIVIC_PORT" in second.stderr
    demo.terminate()
    demo.wait(timeout=30)


def test_the_demo_never_opens_a_real_citys_database(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    refused = civic("run", folder=tmp_path, check=1, CIVIC_CITY=str(folder))
    assert "For your own city use 'serve' and 'worker'" in refused.stderr


def test_one_database_holds_one_city(type_, installed, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(LARKMOUTH, other)
    toml = (other / "city.toml").read_text()
    (other / "city.toml").write_text(toml.replace('slug = "larkmouth"', 'slug = "othertown"'))
    code, said = type_("city", "load", str(other), folder=installed)
    assert (code, "This database holds the city 'larkmouth'" in said) == (1, True)


def test_serving_before_init_says_what_to_type(type_, installed):
    (installed / "civic.sqlite").unlink()
    code, said = type_("serve", folder=installed)
    assert (code, "Type: civic init" in said) == (1, True)


def test_missing_secrets_stop_the_start_by_name(tmp_path):
    refused = civic("serve", folder=tmp_path, check=1)
    assert "CIVIC_SECRET_KEY is not set" in refused.stderr
    assert "CIVIC_CONTACT_KEY is not set" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("word", "told"), [("doctor", "FAULT database"), ("publish", "does not answer")])
def test_a_database_that_does_not_answer_is_a_sentence(type_, installed, word, told):
    code, said = type_(word, folder=installed, url="postgresql://civic@127.0.0.1:1/none")
    assert (code, told in said) == (1, True)


def test_init_twice_changes_nothing(empty_url, tmp_path):
    first = civic("init", folder=tmp_path, url=empty_url)
    assert "Made CIVIC_SECRET_KEY" in first.stdout
    secret = (tmp_path / "secrets" / "CIVIC_SECRET_KEY").read_text()
    second = civic("init", folder=tmp_path, url=empty_url)
    assert "loaded already" in second.stdout
    assert (tmp_path / "secrets" / "CIVIC_SECRET_KEY").read_text() == secret
    assert "ok   database" in civic("doctor", folder=tmp_path, url=empty_url).stdout


def test_a_broken_city_is_named_fault_by_fault(type_, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(LARKMOUTH, broken)
    (broken / "promises.toml").write_text('[[promise]]\nservice = "pothole"\nhours = 0\n')
    (broken / "rules.toml").write_bytes(b"[[rule]]\ncode = \xff\n")
    code, said = type_("city", "check", str(broken), folder=tmp_path)
    assert code == 1
    assert "promises.toml, [[promise]] pothole, key 'hours'" in said
    assert "rules.toml" in said


def test_a_street_map_in_the_folder_is_checked_with_it_and_not_loaded(type_, tmp_path):
    folder = tmp_path / "town"
    shutil.copytree(LARKMOUTH, folder)
    make_basemap(folder / "basemap.pmtiles", box=Box(-33.4, 41.0, -33.2, 41.4))
    code, said = type_("city", "check", str(folder), folder=tmp_path)
    assert (code, "basemap.pmtiles: covers " in said) == (1, True), said
    make_basemap(folder / "basemap.pmtiles")
    code, said = type_("city", "check", str(folder), folder=tmp_path)
    assert (code, "is in order" in said) == (0, True), said
    assert "basemap.pmtiles" not in city.read_folder(folder)


@pytest.mark.parametrize("url", ["garbage", "postgresql://[::bad", "sqlite:////proc/x/y"])
@pytest.mark.parametrize("word", ["doctor", "init", "verify"])
def test_a_database_address_that_is_none_is_a_sentence(type_, installed, word, url):
    code, said = type_(word, folder=installed, url=url)
    assert code == 1
    assert said.strip()


@pytest.mark.parametrize("word", ["init", "doctor", "run"])
def test_a_data_folder_that_is_a_file_is_a_sentence(type_, tmp_path, word):
    file = tmp_path / "file"
    file.write_text("")
    code, said = type_(word, folder=file)
    assert code == 1
    assert said.strip()


def test_a_department_may_be_named_twice(type_, installed):
    code, said = type_("user", "add", "ana@city.example", "--password", "long enough words",
                       "--department", "streets", "--department", "streets", folder=installed)
    assert (code, "may sign in" in said) == (0, True)


def test_a_link_made_here_lets_somebody_in_while_local_accounts_are_off(type_, installed):
    words = ("user", "add", "ana@city.example", "--password", "long enough words", "--role", "admin")
    off = {"CIVIC_LOCAL_SIGN_IN": "no", "CIVIC_OIDC_ISSUER": "https://login.example",
           "CIVIC_OIDC_CLIENT_ID": "311", "CIVIC_OIDC_ROLES": "crew=admin", "CIVIC_BASE_URL": "https://311.example"}
    assert type_(*words, folder=installed, **off)[0] == 0
    code, said = type_("user", "link", "Ana@city.example", folder=installed, **off)
    assert (code, said.startswith("https://311.example/sign-in/by-hand/")) == (0, True)


def test_nobody_serves_a_site_that_nobody_can_sign_in_to(type_, installed):
    code, said = type_("serve", folder=installed, CIVIC_LOCAL_SIGN_IN="no")
    assert (code, "nobody could sign in" in said) == (1, True)


@pytest.mark.parametrize(("words", "said"), [
    (("import", "nowhere.csv", "--profile", "boston_2011h2"), "There is no file nowhere.csv"),
    (("import", "README.md", "--profile", "nowhere"), "nowhere.toml"),
    (("import", "README.md", "--profile", "boston_2011h2"), "No column is called"),
    (("city", "check", "nowhere"), "holds no city.toml"),
    (("city", "draft", "--requests", "README.md", "--areas", "README.md", "--profile", "boston_2011h2",
      "--name", "X", "--out", "/proc/nowhere"), "file:"),
    (("import", "README.md", "--profile", "boston_2011h2", "--verdicts", "/proc/x/y"), ""),
    (("user", "add", "ana", "--password", "short"), "e-mail address"),
    (("user", "add", "ana@city.example", "--password", "long enough words"), "Name the department"),
    (("user", "add", "a@city.example", "--password", "long enough words", "--department", "x"), "called 'x'"),
    (("user", "link", "nobody@city.example"), "Nobody with this address works here"),
])
def test_a_wrong_word_gets_a_sentence_and_exit_code_1(type_, installed, words, said):
    code, told = type_(*words, folder=installed)
    assert (code, said in told) == (1, True)


@pytest.mark.parametrize("words", [
    ("--city", "cities/larkmouth"), ("--times", "utc"), ("--layouts", "2"), ("--live", "--extract", "out"),
])
def test_words_of_an_extract_are_not_taken_in_silence_for_anything_else(type_, installed, words):
    code, told = type_("simulate", "--reports", "5", *words, folder=installed)
    assert (code, "--extract" in told) == (2, True)


def test_someone_added_may_sign_in(own_database, own_settings, tmp_path, type_):
    code, said = type_(
        "user", "add", "Ana@City.example", "--password", "long enough words", "--role", "supervisor",
        folder=tmp_path, url=own_settings.database_url, CIVIC_SECRET_KEY="s" * 40, CIVIC_CONTACT_KEY="c" * 40)
    assert (code, "may sign in as supervisor" in said) == (0, True)
    with db.reading() as view:
        assert accounts.is_known(view, "ana@city.example")


def test_verify_ends_with_1_once_anything_was_touched(own_database, own_settings, tmp_path, type_):
    def verify():
        return type_("verify", folder=tmp_path, url=own_settings.database_url,
                     CIVIC_SECRET_KEY="s" * 40, CIVIC_CONTACT_KEY="c" * 40)

    with db.transaction() as change:
        reference = reports.submit(change, RESIDENT, new_report()).reference
    code, said = verify()
    assert (code, "1 reports checked: all in order." in said) == (0, True)
    with own_database.engine.begin() as behind:
        behind.execute(text("UPDATE report_event SET actor = 'nobody' WHERE seq = 1"))
    code, said = verify()
    assert (code, f"report {reference}, event 1" in said) == (1, True)


def test_a_worker_that_is_told_to_stop_finishes_and_ends_with_0(own_database, own_settings, tmp_path):
    with db.transaction() as change:
        reports.submit(change, RESIDENT, new_report())
    with settings.bound(own_settings), db.transaction() as change:
        jobs.enqueue(change, "publish")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")} | {
        "CIVIC_DATA": str(tmp_path), "CIVIC_DATABASE_URL": own_settings.database_url,
        "CIVIC_SECRET_KEY": "s" * 40, "CIVIC_CONTACT_KEY": "c" * 40}
    worker = subprocess.Popen([sys.executable, "-m", "civicconnect.cli", "worker"], cwd=ROOT, env=clean)
    for _ in range(200):
        if (tmp_path / "publication" / "newest").is_file():
            break
        time.sleep(0.1)  # another process: asking again is all there is
    worker.terminate()
    assert worker.wait(timeout=30) == 0
    assert (tmp_path / "publication" / "newest").is_file()


# Many cities

def write_city(home: Path, slug: str, hosts: str = "") -> None:
    """Write the folder of a small city."""
    for path, content in (WHOLE | {"city.toml": WHOLE["city.toml"].replace("smallham", slug)}).items():
        (home / slug / path).parent.mkdir(parents=True, exist_ok=True)
        (home / slug / path).write_text(content)
    toml = home / slug / "city.toml"
    toml.write_text((f'hosts = ["{hosts}"]\n' if hosts else "") + toml.read_text())


@pytest.fixture(scope="module")
def two_cities(tmp_path_factory) -> Path:
    """A folder with `cities` and `data`, after `civic init --cities`, to be copied."""
    home = tmp_path_factory.mktemp("two")
    write_city(home / "cities", "heron", "311.heron.example")
    write_city(home / "cities", "otter")
    told = civic("init", "--cities", str(home / "cities"), folder=home / "data")
    assert "heron: the database is ready; the city was loaded." in told.stdout
    assert "otter: the database is ready; the city was loaded." in told.stdout
    return home


def test_a_broken_city_stops_no_other_from_being_prepared(two_cities, type_, tmp_path):
    home = Path(shutil.copytree(two_cities, tmp_path / "home"))
    write_city(home / "cities", "goose")
    (home / "cities" / "goose" / "rules.toml").write_text("[[rule")
    write_city(home / "cities", "renamed")
    (home / "cities" / "renamed").rename(home / "cities" / "crane")
    kept = (home / "data" / "otter" / "secrets" / "CIVIC_SECRET_KEY").read_text()
    code, said = type_("init", "--cities", str(home / "cities"), folder=home / "data")
    assert code == 1
    assert "goose: rules.toml" in said
    assert "crane: The folder is called 'crane', and its city.toml says 'renamed'" in said
    assert not (home / "data" / "crane").exists()
    assert "otter: the database is ready; the city was loaded already." in said
    assert (home / "data" / "otter" / "secrets" / "CIVIC_SECRET_KEY").read_text() == kept


def test_init_names_two_cities_that_claim_one_host(two_cities, type_, tmp_path):
    home = Path(shutil.copytree(two_cities, tmp_path / "home"))
    write_city(home / "cities", "otter", "311.heron.example")
    code, said = type_("init", "--cities", str(home / "cities"), folder=home / "data")
    assert (code, "'heron' and 'otter' both claim the host name 311.heron.example" in said) == (1, True)


def test_two_cities_are_served_and_worked_for_until_they_are_told_to_stop(two_cities, tmp_path):
    home, port = Path(shutil.copytree(two_cities, tmp_path / "home")), free_port()
    write_city(home / "cities", "goose")  # nobody has prepared it
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CIVIC_")} | {
        "CIVIC_DATA": str(home / "data"), "CIVIC_CITIES": str(home / "cities"), "CIVIC_PORT": str(port)}

    def ask(host: str, path: str) -> tuple[int, str]:
        asked = urllib.request.Request(f"http://localhost:{port}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    with (home / "log").open("wb") as log:
        running = [subprocess.Popen([sys.executable, "-m", "civicconnect.cli", word], cwd=ROOT, env=clean,
                                    stdout=log, stderr=log) for word in ("serve", "worker")]
    wait_until_answers(lambda: ask("heron.localhost", "/readyz")[0] == 200)
    wait_until_answers(lambda: ask("otter.localhost", "/readyz")[0] == 200)
    assert ask(f"311.heron.example:{port}", "/")[0] == 200
    assert ask("goose.localhost", "/")[0] == 503
    assert ask("localhost", "/")[0] == 404
    assert ask("localhost", "/healthz")[0] == 200
    for process in running:
        process.terminate()
    assert [process.wait(timeout=30) for process in running] == [0, 0]
    told = (home / "log").read_text()
    assert "Serving heron: 311.heron.example, heron.localhost" in told
    assert "NOT serving goose: goose.localhost" in told
    assert "Traceback" not in told


def wait_until_answers(is_there) -> None:
    for _ in range(300):
        try:
            if is_there():
                return
        except OSError:
            pass
        time.sleep(0.2)  # another process: asking again is all there is
    raise AssertionError("it did not start within a minute")


def test_a_command_for_one_of_many_cities_is_told_which(two_cities, type_):
    words = ("user", "add", "ana@city.example", "--password", "long enough words", "--role", "supervisor")
    home = {"folder": two_cities / "data", "CIVIC_CITIES": str(two_cities / "cities")}
    code, said = type_(*words, **home)
    assert (code, "Set CIVIC_CITY to the one that is meant: heron, otter." in said) == (1, True)
    code, said = type_(*words, **home, CIVIC_CITY="otter")
    assert (code, "may sign in" in said) == (0, True)
    assert not (two_cities / "data" / "secrets").exists()


@pytest.mark.parametrize("word", ["run", "serve", "worker", "init"])
def test_what_cannot_be_done_for_many_cities_is_a_sentence(type_, tmp_path, word):
    code, said = type_(word, folder=tmp_path, CIVIC_CITIES=str(tmp_path))
    assert code == 1
    assert "Take CIVIC_CITIES away" in said if word == "run" else "no folder in it holds a city.toml" in said
    assert list(tmp_path.iterdir()) == []
