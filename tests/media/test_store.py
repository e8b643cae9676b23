"""Photos are found by what is in them, and go when nobody names them."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from civicconnect import clock, media
from civicconnect.errors import NotFound
from civicconnect.media import Photo, Store

DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    folder = tmp_path / "photos"
    folder.mkdir()
    return Store(folder)


def new_photo(store: Store, colour: str = "red") -> Photo:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(out, "JPEG")
    out.seek(0)
    return media.accept(store, out)


def files(store: Store) -> list[Path]:
    return sorted(path for path in store.folder.rglob("*") if path.is_file())


def test_files_are_named_by_their_content(store: Store) -> None:
    photo = new_photo(store)
    full, small = store.path(photo.digest), store.path(photo.digest, "small")
    assert sha256(full.read_bytes()).hexdigest() == photo.digest
    assert full == store.folder / photo.digest[:2] / photo.digest[2:4] / f"{photo.digest}.jpg"
    assert small.name == f"{photo.digest}.small.webp"
    assert files(store) == sorted([full, small])


def test_a_stored_photo_is_read_back(store: Store) -> None:
    photo = new_photo(store)
    assert store.photo(photo.digest) == photo


def test_stored_files_can_be_read_by_the_web_server_and_not_run(store: Store) -> None:
    for path in files(store) or [store.path(new_photo(store).digest)]:
        assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "a" * 63,
        "a" * 64,
        "a" * 65,
        "A" * 64,
        "g" * 64,
        "a" * 64 + "\n",
        "../" * 20 + "etc/passwd",
        "../../outside".rjust(64, "a"),
        "/etc/passwd",
        "\0" * 64,
        "..%2f" * 12 + "etcp",
    ],
)
def test_what_is_not_a_stored_digest_is_not_found(store: Store, digest: str) -> None:
    (store.folder.parent / "outside.jpg").write_bytes(b"secret")
    new_photo(store)
    for size in ("full", "small"):
        with pytest.raises(NotFound):
            store.path(digest, size)
    with pytest.raises(NotFound):
        store.photo(digest)


def test_a_size_we_do_not_make_is_not_found(store: Store) -> None:
    photo = new_photo(store)
    with pytest.raises(NotFound):
        store.path(photo.digest, "../full")


def test_sweeping_removes_orphans_and_keeps_the_kept(store: Store) -> None:
    kept, orphan = new_photo(store, "red"), new_photo(store, "blue")
    with clock.stopped_at(datetime.now(UTC) + 2 * DAY):
        assert store.sweep(lambda digest: digest == kept.digest, DAY) == 1
    assert store.photo(kept.digest) == kept
    assert store.path(kept.digest, "small").is_file()
    with pytest.raises(NotFound):
        store.path(orphan.digest)
    assert len(files(store)) == 2


def test_sweeping_leaves_the_young_alone(store: Store) -> None:
    photo = new_photo(store)
    assert store.sweep(lambda digest: False, DAY) == 0
    assert store.photo(photo.digest) == photo


def test_a_photo_sent_again_is_young_again(store: Store) -> None:
    photo = new_photo(store)
    for path in files(store):
        os.utime(path, (0, 0))
    assert new_photo(store) == photo
    assert store.sweep(lambda digest: False, DAY) == 0


def test_sweeping_removes_what_was_left_half_written(store: Store) -> None:
    photo = new_photo(store)
    left = store.path(photo.digest).with_name("tmpabc123.part")
    left.write_bytes(b"half")
    assert store.sweep(lambda digest: True, DAY) == 0
    os.utime(left, (0, 0))
    assert store.sweep(lambda digest: True, DAY) == 1
    assert not left.exists()
    assert store.photo(photo.digest) == photo


def test_sweeping_removes_a_small_picture_left_alone(store: Store) -> None:
    photo = new_photo(store)
    store.path(photo.digest).unlink()
    os.utime(store.path(photo.digest, "small"), (0, 0))
    assert store.sweep(lambda digest: False, DAY) == 1
    assert files(store) == []


def test_sweeping_touches_no_file_that_is_not_ours(store: Store) -> None:
    photo = new_photo(store)
    stranger = store.path(photo.digest).with_name("README.txt")
    stranger.write_text("hello")
    os.utime(stranger, (0, 0))
    store.sweep(lambda digest: False, DAY)
    assert stranger.exists()


def test_a_disk_that_fails_leaves_no_half_photo(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        new_photo(store)
    assert files(store) == []
