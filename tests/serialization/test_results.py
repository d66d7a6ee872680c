"""Kept results: read where they stand in a checkout, fetched anywhere else."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from registry import REGISTRY, RESULTS, registry

from msbook import io
from msbook.serialization import results
from msbook.serialization.fetching import STORE

NAME = "slow_maps/table_2.safetensors"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package as it is outside a checkout, and a server of the results."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format, *args):
            """Say nothing."""

    served = tmp_path / "served"
    (served / NAME).parent.mkdir(parents=True)
    (served / NAME).write_bytes((RESULTS / NAME).read_bytes())
    server = ThreadingHTTPServer(("localhost", 0), partial(Quiet, directory=served))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(STORE, "path", tmp_path / "cache")
    monkeypatch.setattr(STORE, "base_url", f"http://localhost:{server.server_port}/")
    monkeypatch.setattr(results, "__file__", str(tmp_path / "a" / "b" / "c" / "d.py"))
    yield served
    server.shutdown()
    server.server_close()


def test_the_registry_is_that_of_the_results():
    text = "after results were made again: python book/_tools/registry.py"
    assert REGISTRY.read_text("utf-8") == registry(), text


def test_a_result_is_fetched_once(installed, tmp_path):
    path = io.find_results(NAME)
    assert path == tmp_path / "cache" / NAME
    assert path.read_bytes() == (RESULTS / NAME).read_bytes()
    (installed / NAME).unlink()
    assert io.find_results(NAME) == path


def test_another_file_at_the_address_is_told(installed):
    (installed / NAME).write_bytes(b"another")
    with pytest.raises(OSError, match=r"not the file that msbook .* knows"):
        io.find_results(NAME)


def test_without_a_connection_the_message_says_what_to_do(installed):
    STORE.base_url = "http://localhost:1/"
    with pytest.raises(OSError, match=r"could not be fetched .*MSBOOK_RESULTS"):
        io.find_results(NAME)


def test_what_is_no_result_is_not_asked_for(installed):
    with pytest.raises(ValueError, match="must be that of a kept result"):
        io.find_results("slow_maps/table_3.safetensors")
