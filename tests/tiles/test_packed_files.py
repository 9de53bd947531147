"""Packed tiles in files: shared, bounded, there again after a restart, and no harm when damaged."""

import os
import threading

import brotli
import pytest

from gridgeo.tiles import packed_files
from gridgeo.tiles.cache import Tile
from gridgeo.tiles.packed_files import PackedFiles
from gridgeo.tiles.packing import packed
from gridgeo.tiles.sending import Packer

LONG = b"one tile and another, " * 200
MANY = 2**20


def files_in(folder):
    return sorted(path for path in folder.glob("*/*") if path.is_file())


def test_what_one_worker_packs_another_finds(tmp_path, monkeypatch):
    made = Packer(PackedFiles(tmp_path, MANY)).body(Tile(LONG), "br", private=False)
    assert brotli.decompress(made) == LONG
    with monkeypatch.context() as broken:
        broken.setattr("gridgeo.tiles.cache.packed", lambda *args: 1 / 0)
        assert Packer(PackedFiles(tmp_path, MANY)).body(Tile(LONG), "br", private=False) == made


def test_other_bytes_and_other_codings_have_files_of_their_own(tmp_path):
    packer = Packer(PackedFiles(tmp_path, MANY))
    bodies = {
        packer.body(Tile(plain), coding, private=False)
        for plain in (LONG, LONG + b"!") for coding in ("br", "gzip")
    }  # fmt: skip
    assert len(bodies) == len(files_in(tmp_path)) == 4


def test_a_small_tile_a_plain_one_and_a_private_one_have_no_file(tmp_path):
    packer = Packer(PackedFiles(tmp_path, MANY))
    assert packer.body(Tile(b"small"), "br", private=False) == b"small"
    assert packer.body(Tile(LONG), None, private=False) == LONG
    assert brotli.decompress(packer.body(Tile(LONG), "br", private=True)) == LONG
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_file_is_told_and_made_anew(tmp_path, caplog, damage):
    body = packed(LONG, "br")
    PackedFiles(tmp_path, MANY).put(Tile(LONG).mark, "br", body)
    (path,) = files_in(tmp_path)
    held = bytearray(path.read_bytes())
    held[-1] ^= 1
    path.write_bytes(held if damage is None else damage)
    files = PackedFiles(tmp_path, MANY)
    assert files.get(Tile(LONG).mark, "br") is None
    assert "damaged" in caplog.text
    assert Packer(files).body(Tile(LONG), "br", private=False) == body
    assert files.get(Tile(LONG).mark, "br") == body


def test_a_folder_that_cannot_be_used_is_told_and_everything_is_served(tmp_path, caplog):
    (tmp_path / "file").touch()
    files = PackedFiles(tmp_path / "file", MANY)
    packer = Packer(files)
    for _ in range(2):
        assert brotli.decompress(packer.body(Tile(LONG), "br", private=False)) == LONG
    assert caplog.text.count("cannot be kept") == 1


def test_the_longest_unused_files_go_when_there_are_too_many(tmp_path):
    files = PackedFiles(tmp_path, 100_000)
    marks = [f"{number:024x}" for number in range(150)]
    for age, mark in enumerate(reversed(marks)):
        files.put(mark[::-1], "br", bytes(1000))
        for path in files_in(tmp_path):
            if path.name.startswith(mark[::-1][2:]):
                os.utime(path, (2_000_000_000 - age * 10, 2_000_000_000 - age * 10))
    held = sum(path.stat().st_size for path in files_in(tmp_path))
    assert 50_000 < held <= 100_000 * (1 + 1 / packed_files.SHARE)
    assert files.get(marks[-1][::-1], "br") is not None


def test_a_file_that_is_read_counts_as_used(tmp_path):
    files = PackedFiles(tmp_path, MANY)
    files.put("a" * 24, "br", b"body")
    (path,) = files_in(tmp_path)
    os.utime(path, (1, 1))
    assert files.get("a" * 24, "br") == b"body"
    assert path.stat().st_mtime > 1


def test_a_restart_looks_at_what_was_left(tmp_path):
    large = PackedFiles(tmp_path, MANY)
    for number in range(100):
        large.put(f"{number:024d}"[::-1], "gzip", bytes(1000))
    PackedFiles(tmp_path, 20_000).put("f" * 24, "gzip", bytes(1000))
    assert sum(path.stat().st_size for path in files_in(tmp_path)) <= 20_000


def test_many_threads_may_keep_the_same_and_other_tiles(tmp_path):
    files = PackedFiles(tmp_path, 200_000)

    def work(first):
        for number in range(first, first + 60):
            mark = f"{number:024x}"[::-1]
            files.put(mark, "br", mark.encode() * 100)
            assert files.get(mark, "br") in (None, mark.encode() * 100)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 20, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert files_in(tmp_path) and all(path.suffix == ".br" for path in files_in(tmp_path))
