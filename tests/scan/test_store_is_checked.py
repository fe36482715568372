"""A store that is resumed is not trusted: nothing is decoded but what a scan writes."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pytest
import zarr

from parity_bridge.cli.program import main
from parity_bridge.errors import FileError
from parity_bridge.scan import store
from parity_bridge.scan.store import MAPS_FOLDER, check_store, read_map
from tests.scan.stores import (
    REFERENCE,
    REGION,
    chunk_file,
    edit_metadata,
    finished_store,
    image,
    metadata_file,
    write_one,
)

FLAGS = "-cell 50 60 70 -default_F 10 -N 3 -detpixels 20 -pixel 0.8 -lambda 1.1".split()
SCAN = ["scan", "--stamp", "s", "--tile", "10", "--quiet", "--engines"]
PORT = "c,tests.scan.scan_engines:Port"


def test_what_a_scan_writes_is_read_back(tmp_path: Path) -> None:
    layout = finished_store(tmp_path)
    check_store(layout)
    assert np.array_equal(read_map(layout, REFERENCE, REGION), image())


class _Marks:
    """Writes a file where it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.marker,))


def _pickled_store(folder: Path, marker: Path) -> None:
    """Put arrays of Zarr format 2 in place of those of a scan, which are unpickled when read."""
    shutil.rmtree(folder)
    for path in ("reference", "other"):
        zarr.open_group(folder / path, mode="w", zarr_format=2)
        array = folder / path / "image"
        array.mkdir()
        (array / ".zarray").write_text(json.dumps({
            "zarr_format": 2, "shape": [20, 20], "chunks": [10, 10], "dtype": "|O", "order": "C",
            "compressor": None, "fill_value": 0, "filters": [{"id": "pickle", "protocol": 4}],
        }))  # fmt: skip
        for chunk in ("0.0", "0.1", "1.0", "1.1"):
            pickled = pickle.dumps(np.array([_Marks(marker)], dtype=object), 4)
            (array / chunk).write_bytes(pickled)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')


@pytest.mark.usefixtures("without_pictures")
def test_a_store_with_a_pickle_filter_runs_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # As numcodecs was before 0.16.6.
    monkeypatch.setattr("numcodecs.pickles.ALLOW_UNSAFE_PICKLE_DECODE", True, raising=False)
    assert main([*SCAN, PORT, "--", *FLAGS]) == 0
    folder = Path("reports/s/scan/maps.zarr")
    marker = tmp_path / "ran"
    _pickled_store(folder, marker)
    assert main([*SCAN, PORT, "--resume", "--", *FLAGS]) == 5
    assert not marker.exists()
    message = capsys.readouterr().err
    assert "maps.zarr" in message
    assert "scan again under another --stamp" in message


def _set(**values: Any) -> Callable[[Any], object]:
    return lambda content: content.update(values)


def _set_chunks(content: Any) -> None:
    content["chunk_grid"]["configuration"]["chunk_shape"] = [2, 2]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (_set(data_type="float64"), "data_type is float64, not float32"),
        (_set(shape=[8, 7]), "shape"),
        (_set_chunks, "chunk_grid configuration chunk_shape"),
        (_set(fill_value=1.0), "fill_value"),
        (_set(fill_value=False), "another type"),
        (_set(codecs=[{"name": "numcodecs.pickle"}]), "codecs"),
        (_set(storage_transformers=[{"name": "x"}]), "storage_transformers"),
        (_set(zarr_format=2), "zarr_format"),
        (_set(node_type="group"), "node_type"),
        (_set(**{"a\nb\x1b[31m": 1}), "a\\nb"),
    ],
)
def test_other_metadata_are_refused(
    tmp_path: Path, change: Callable[[Any], object], named: str
) -> None:
    layout = finished_store(tmp_path)
    edit_metadata(tmp_path, change)
    os.utime(tmp_path / store.INPUTS_FILE, (1, 1))  # arrays are opened once a version of it
    for read in (lambda: check_store(layout), lambda: read_map(layout, REFERENCE, REGION)):
        with pytest.raises(FileError, match="is not what a scan writes") as refused:
            read()
        assert str(metadata_file(tmp_path)) in str(refused.value)
        assert named in str(refused.value)
        assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5000, b"null", b" " * (2 << 20)]
)
def test_metadata_that_are_no_metadata_are_refused(tmp_path: Path, content: bytes) -> None:
    layout = finished_store(tmp_path)
    metadata_file(tmp_path).write_bytes(content)
    with pytest.raises(FileError, match=r"reference/image/zarr\.json"):
        check_store(layout)


@pytest.mark.parametrize("path", ["", "reference", REFERENCE])
def test_missing_metadata_are_refused(tmp_path: Path, path: str) -> None:
    layout = finished_store(tmp_path)
    metadata_file(tmp_path, path).unlink()
    with pytest.raises(FileError, match=r"zarr\.json is missing; scan again"):
        check_store(layout)


def _link_chunk(folder: Path) -> Path:
    chunk = chunk_file(folder)
    target = folder.parent / "elsewhere"
    chunk.rename(target)
    chunk.symlink_to(target)
    return chunk


def _folder_chunk(folder: Path) -> Path:
    chunk = chunk_file(folder)
    chunk.unlink()
    chunk.mkdir()
    (chunk / "0").touch()
    return chunk


def _pipe_chunk(folder: Path) -> Path:
    chunk = chunk_file(folder)
    chunk.unlink()
    os.mkfifo(chunk)
    return chunk


def _link_folder(folder: Path) -> Path:
    array = folder / MAPS_FOLDER / "other"
    target = folder.parent / "elsewhere"
    array.rename(target)
    array.symlink_to(target)
    return array


def _link_store(folder: Path) -> Path:
    maps = folder / MAPS_FOLDER
    target = folder.parent / "elsewhere"
    maps.rename(target)
    maps.symlink_to(target)
    return maps


def _link_metadata(folder: Path) -> Path:
    file = metadata_file(folder)
    target = folder.parent / "elsewhere"
    file.rename(target)
    file.symlink_to(target)
    return file


def _extra_array(folder: Path) -> Path:
    zarr.create_array(folder / MAPS_FOLDER / "more", shape=(1,), dtype="int8")
    return folder / MAPS_FOLDER / "more" / "zarr.json"


def _extra_file(folder: Path) -> Path:
    file = folder / MAPS_FOLDER / "reference" / ".zarray"
    file.write_text("{}")
    return file


def _chunk_outside_the_grid(folder: Path) -> Path:
    chunk = chunk_file(folder, 0, 2)
    chunk.write_bytes(b"x")
    return chunk


def _pipe_for_a_record(folder: Path) -> Path:
    record = folder / "tiles" / "0_0.json"
    record.unlink()
    os.mkfifo(record)
    return record


def _link_to_a_record(folder: Path) -> Path:
    record = folder / "tiles" / "0_0.json"
    record.rename(folder.parent / "elsewhere")
    record.symlink_to(folder.parent / "elsewhere")
    return record


@pytest.mark.parametrize(
    "spoil",
    [
        _link_chunk, _folder_chunk, _pipe_chunk, _link_folder, _link_store, _link_metadata,
        _extra_array, _extra_file, _chunk_outside_the_grid, _pipe_for_a_record, _link_to_a_record,
    ],
)  # fmt: skip
def test_what_a_scan_does_not_write_is_refused(
    tmp_path: Path, spoil: Callable[[Path], Path]
) -> None:
    folder = tmp_path / "scan"
    folder.mkdir()
    layout = finished_store(folder)
    spoilt = spoil(folder)
    with pytest.raises(FileError, match="scan again under another --stamp") as refused:
        check_store(layout)
    assert str(spoilt) in str(refused.value)


def test_half_written_files_of_a_killed_writer_are_removed(tmp_path: Path) -> None:
    layout = finished_store(tmp_path)
    left = [
        chunk_file(tmp_path).with_suffix(".0123456789abcdef.partial"),
        tmp_path / "tiles" / ".0123456789abcdef.tmp",
    ]
    for path in left:
        path.write_bytes(b"half")
    check_store(layout)
    store.remove_partial_files(layout)
    assert not any(path.exists() for path in left)


def _cut(data: bytes) -> bytes:
    return data[:-5]


def _turned(data: bytes) -> bytes:
    return data[:20] + bytes(255 - byte for byte in data[20:])


def _with_a_true_checksum(data: bytes) -> bytes:
    """Change a frame and state its own checksum, so that Blosc itself meets it."""
    compressed = bytes([data[2] & ~2])  # so short a chunk is stored as it is
    frame = data[:2] + compressed + data[3:16] + b"\xff" * (len(data) - 20)
    return frame + struct.pack("<I", google_crc32c.value(frame))


def _that_states_gigabytes(data: bytes) -> bytes:
    frame = data[:4] + struct.pack("<I", 2**31 - 64) + data[8:-4]
    return frame + struct.pack("<I", google_crc32c.value(frame))


@pytest.mark.parametrize(
    "change",
    [
        _cut, _turned, _with_a_true_checksum, _that_states_gigabytes,
        lambda _: b"x", lambda data: bytes(len(data)),
        lambda data: np.random.default_rng(7).bytes(len(data)),
    ],
)  # fmt: skip
def test_a_damaged_chunk_is_named_with_a_remedy(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    layout = finished_store(tmp_path)
    chunk = chunk_file(tmp_path, 1, 1)
    chunk.write_bytes(change(chunk.read_bytes()))
    with pytest.raises(FileError, match="remove it and go on with --resume") as refused:
        read_map(layout, REFERENCE, REGION)
    assert str(chunk) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_chunk_is_not_read_as_zeros(tmp_path: Path) -> None:
    layout = finished_store(tmp_path)
    chunk_file(tmp_path, 1, 1).unlink()
    with pytest.raises(FileError, match="is missing"):
        read_map(layout, REFERENCE, REGION)


def test_any_exception_of_a_decoder_is_a_file_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Decoder:
        def __getitem__(self, _place: object) -> None:
            raise ZeroDivisionError("in a codec")

    layout = finished_store(tmp_path)
    monkeypatch.setattr(store, "_open_arrays", lambda _: {REFERENCE: Decoder()})
    with pytest.raises(FileError, match="in a codec"):
        read_map(layout, REFERENCE, REGION)


def test_a_damaged_chunk_is_written_anew(tmp_path: Path) -> None:
    layout = finished_store(tmp_path)
    chunk_file(tmp_path, 1, 1).write_bytes(b"x")
    write_one(layout, "1_1", type(REGION)(range(4, 8), range(4, 6)))
    assert np.array_equal(read_map(layout, REFERENCE, REGION), image())


def _shorter(name: str) -> Callable[[Any], object]:
    return lambda record: record["statistics"][name].pop()


def _statistic(name: str, value: object) -> Callable[[Any], object]:
    return lambda record: record["statistics"].update({name: value})


def _outside(record: Any) -> None:
    record["statistics"]["worst"] = [
        {"pixel_coords": [10**6, 3], "reference": 1.0, "other": 2.0, "abs_diff": 1.0, "ulps": 1,
         "resolution": None, "fields": []}
    ]  # fmt: skip


@pytest.mark.usefixtures("without_pictures")
def test_records_of_tiles_that_are_not_of_the_scan_are_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*SCAN, PORT, "--", *FLAGS]) == 0
    tiles = Path("reports/s/scan/tiles")
    before = {path.name: json.loads(path.read_bytes()) for path in tiles.iterdir()}
    changes = [
        _shorter("ulps"), _shorter("shells"), _shorter("f_cell"), _outside,
        _statistic("pixels", 7), _statistic("one_sided", 2**62),
        lambda record: record.update(states=[None, None]),
        _statistic("f_cell", None),
    ]  # fmt: skip
    for round_of in (changes[:4], changes[4:]):
        for name, change in zip(sorted(before), round_of, strict=True):
            record = json.loads((tiles / name).read_bytes())
            change(record)
            (tiles / name).write_text(json.dumps(record))
        assert main([*SCAN, PORT, "--resume", "--", *FLAGS]) == 0
        for name, record in before.items():
            again = json.loads((tiles / name).read_bytes())
            assert again["statistics"] == record["statistics"]
            assert again["states"] == record["states"]


@pytest.mark.parametrize("tile", [0, 2**40])
def test_a_tile_that_no_scan_has_is_refused(tmp_path: Path, tile: int) -> None:
    layout = finished_store(tmp_path)
    file = tmp_path / store.INPUTS_FILE
    file.write_text(json.dumps({**json.loads(file.read_bytes()), "tile": [tile, 4]}))
    with pytest.raises(FileError, match="is no record of a scan"):
        store.stored_tile(layout)
