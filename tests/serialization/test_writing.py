"""Writers that are killed, that meet, and that have nowhere to write."""

import multiprocessing
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from msbook import io
from msbook.estimators import KramersMoyal
from msbook.serialization import writing

N_WRITERS, N_TIMES = 4, 25


def model():
    x = np.random.default_rng(0).normal(size=(30, 1))
    return KramersMoyal(1).fit(x, 0.5 * x)


WRITERS = {
    "arrays": (".safetensors", lambda p: io.save_arrays(p, {"x": np.ones(3)})),
    "model": (".safetensors", lambda p: io.save_model(p, model())),
    "npy": (".npy", lambda p: io.write_array(p, np.ones(3))),
    "npz": (".npz", lambda p: io.write_array(p, np.ones(3))),
    "csv": (".csv", lambda p: io.write_array(p, np.ones((3, 1)))),
}
READERS = {
    "arrays": (".safetensors", io.load_arrays),
    "model": (".safetensors", io.load_model),
    "npy": (".npy", io.read_array),
    "npz": (".npz", io.read_array),
    "csv": (".csv", io.read_array),
    "toml": (".toml", io.from_toml),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_where_nothing_can_be_written_is_told(tmp_path, kind):
    ending, write = WRITERS[kind]
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    with pytest.raises(ValueError, match=r"path must name a file; .* is a folder"):
        write(folder)
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere.*Make it"):
        write(tmp_path / "nowhere" / f"a{ending}")
    for nothing in ("", None, 3):
        with pytest.raises(ValueError, match="path must name a file; got"):
            write(nothing)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("kind", READERS)
def test_where_nothing_can_be_read_is_told(tmp_path, kind):
    ending, read = READERS[kind]
    folder = tmp_path / f"folder{ending}"
    folder.mkdir()
    with pytest.raises(ValueError, match=r"path must name a file; .* is a folder"):
        read(folder)
    with pytest.raises(FileNotFoundError, match=r"there is no file .*nowhere"):
        read(tmp_path / "nowhere" / f"a{ending}")
    for nothing in ("", None, 3):
        with pytest.raises(ValueError, match="path must name a file; got"):
            read(nothing)


def write_often(path, writer):
    for _ in range(N_TIMES):
        io.save_arrays(path, {"x": np.full(20_000, writer)}, {"writer": writer})


def assert_one_has_won(path):
    arrays, facts = io.load_arrays(path)
    assert (arrays["x"] == facts["writer"]).all()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_threads_that_write_one_path_all_succeed(tmp_path):
    path = tmp_path / "a.safetensors"
    with ThreadPoolExecutor(N_WRITERS) as threads:
        list(threads.map(write_often, [path] * N_WRITERS, range(N_WRITERS)))
    assert_one_has_won(path)


def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["msbook.io"])
    return context


def test_processes_that_write_one_path_all_succeed(tmp_path):
    path = tmp_path / "a.safetensors"
    writers = [
        processes().Process(target=write_often, args=(path, writer))
        for writer in range(N_WRITERS)
    ]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0] * N_WRITERS
    assert_one_has_won(path)


def write_half(path, started):
    """Begin to write, and never come to the end."""
    with writing._own_part(Path(path)) as part:
        part.write_bytes(b"half")
        started.set()
        signal.pause()


@pytest.mark.parametrize("name", ["a.safetensors", "[a]*.csv"])
def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path, name):
    path = tmp_path / name
    started = processes().Event()
    process = processes().Process(target=write_half, args=(path, started))
    process.start()
    assert started.wait(60)
    (part,) = tmp_path.iterdir()
    writing.write_aside(path, b"whole")
    assert part.exists()  # its writer lives
    process.kill()
    process.join()
    assert part.exists()
    writing.write_aside(tmp_path / "other", b"whole")
    assert part.exists()  # of another file
    writing.write_aside(path, b"whole")
    assert {file.name for file in tmp_path.iterdir()} == {name, "other"}
    assert path.read_bytes() == b"whole"


@pytest.mark.parametrize("system", ["no locks at all", "not on this disk"])
def test_files_are_written_where_nothing_can_be_locked(tmp_path, monkeypatch, system):
    def refuse(*arguments):
        raise OSError("no locks available")

    if system == "no locks at all":
        monkeypatch.setattr(writing, "fcntl", None)
    else:
        monkeypatch.setattr(writing.fcntl, "flock", refuse)
    path = tmp_path / "a"
    for data in (b"one", b"two"):
        writing.write_aside(path, data)
        assert path.read_bytes() == data
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_written_through(tmp_path, kind, there):
    ending, write = WRITERS[kind]
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target, link = folder / f"kept{ending}", tmp_path / f"link{ending}"
    if there:
        target.write_bytes(b"old")
    link.symlink_to(target)
    again = tmp_path / f"again{ending}"
    again.symlink_to(link.name)
    write(again)
    assert link.is_symlink()
    assert again.is_symlink()
    assert READERS[kind][1](target) is not None
    assert [path.name for path in folder.iterdir()] == [target.name]


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "lost.npy").symlink_to(tmp_path / "nowhere" / "a.npy")
    with pytest.raises(ValueError, match=r"there is no folder .*nowhere.*Make it"):
        io.write_array(tmp_path / "lost.npy", [1.0])
    (tmp_path / "loop.npy").symlink_to(tmp_path / "loop.npy")
    with pytest.raises(ValueError, match="link that leads back to itself"):
        io.write_array(tmp_path / "loop.npy", [1.0])


def test_who_may_read_a_file_stays_as_it_was(tmp_path):
    path = tmp_path / "private.npy"
    io.write_array(path, [1.0])
    path.chmod(0o600)
    io.write_array(path, [2.0])
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_longest_names(tmp_path):
    path = tmp_path / f"{'ä' * 125}.npy"  # 254 bytes, and 255 are allowed
    io.write_array(path, [1.0])
    assert io.read_array(path).tolist() == [1.0]
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    long = tmp_path / f"{'a' * 300}.npy"
    for call in (lambda: io.write_array(long, [1.0]), lambda: io.read_array(long)):
        with pytest.raises(OSError, match=r"File name too long: .*aaa"):
            call()
