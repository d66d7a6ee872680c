"""Array files and parameters with contents that nobody wrote: one error names them."""

import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msbook import io


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(2, np.longdouble), "'x' must hold .* at most 64 bits.*longdouble"),
        (np.ones(2, complex), "'x' must hold real numbers.*complex128"),
        (np.array([1, "a"], dtype=object), "'x' must hold real numbers.*object"),
        (["a"], "'x' must hold real numbers"),
        ([[1], [1, 2]], "'x' must be an array of numbers, with rows of one length"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "'x' must have no masked"),
        (torch.ones(2, requires_grad=True), "'x' must be an array of numbers"),
    ],
)
def test_arrays_that_cannot_be_kept_are_named(tmp_path, values, message):
    with pytest.raises(ValueError, match=message.replace("longdouble", "float|longd")):
        io.save_arrays(tmp_path / "a.safetensors", {"x": values})
    with pytest.raises(ValueError, match=message.split(" ", 1)[1].split(".*")[0]):
        io.write_array(tmp_path / "a.npy", values)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arrays", "facts", "message"),
    [
        ({1: [1.0]}, None, "names that are texts.*got 1"),
        ({"__metadata__": [1.0]}, None, "names that are texts"),
        ([1.0], None, "arrays must have names"),
        ({}, [1], "facts must have names"),
        ({}, {1: 2}, "facts must be .*key 1"),
        ({}, {"a": [{2: 3}]}, r"facts\['a'\]\[0\] must be .*key 2"),
        ({}, {"a": {"b": np.int64(3)}}, r"facts\['a'\]\['b'\] must be .*int64"),
        ({}, {"a": {1, 2}}, r"facts\['a'\] must be .*set"),
    ],
)
def test_names_and_facts_that_cannot_be_kept_are_named(
    tmp_path, arrays, facts, message
):
    path = tmp_path / "a.safetensors"
    with pytest.raises(ValueError, match=message):
        io.save_arrays(path, arrays, facts)
    ring = []
    ring.append(ring)
    with pytest.raises(ValueError, match="nested more than 100 deep"):
        io.save_arrays(path, {}, {"ring": ring})
    assert not path.exists()


@pytest.mark.parametrize("dtype", [">f8", ">f4", ">i2", "<f8", ">u4"])
def test_arrays_of_other_machines_are_written_readable(tmp_path, dtype):
    values = np.arange(6).astype(dtype).reshape(2, 3)
    native = values.astype(values.dtype.newbyteorder("="))
    io.save_arrays(tmp_path / "a", {"x": values})
    found = [io.load_arrays(tmp_path / "a")[0]["x"]]
    for ending in (".npy", ".npz"):
        io.write_array(tmp_path / f"a{ending}", values)
        found.append(io.read_array(tmp_path / f"a{ending}"))
    np.save(tmp_path / "b.npy", values)
    found.append(io.read_array(tmp_path / "b.npy"))
    for again in found:
        np.testing.assert_array_equal(again, native, strict=True)
        assert again.dtype.isnative


def header(shape, dtype="<f8"):
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}}}\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def refusal(read, path):
    """What the error of a file says; its path if there is none."""
    try:
        read(path)
    except io.FileFormatError as error:
        return str(error)
    return str(path)


def bomb(path, n_bytes):
    """A small file that unpacks to many bytes of zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        file.write(header((n_bytes // 8,)))
        for _ in range(n_bytes // 2**20):
            file.write(bytes(2**20))


@pytest.mark.parametrize("kind", ["bomb.npz", "claim.npy", "claim.npz", "long.csv"])
def test_too_large_arrays_are_refused_before_memory_is_taken(tmp_path, kind):
    path = tmp_path / kind
    n_bytes = 2**26
    if kind == "bomb.npz":
        bomb(path, n_bytes)
        assert path.stat().st_size < 2**17
    elif kind == "claim.npy":
        path.write_bytes(header((2**40,)))
    elif kind == "claim.npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", header((2**30, 2**30, 2**30)))
    else:
        path.write_text("1,1,1\n" * (n_bytes // 24 + 1))
    tracemalloc.start()
    try:
        with pytest.raises(io.FileFormatError, match=r"bytes, and .*larger max_bytes"):
            io.read_array(path, max_bytes=n_bytes - 8)
        assert tracemalloc.get_traced_memory()[1] < n_bytes / 16
    finally:
        tracemalloc.stop()
    if kind == "bomb.npz":
        assert io.read_array(path, max_bytes=n_bytes).shape == (n_bytes // 8,)


@pytest.mark.parametrize(
    "data",
    [
        header((3,)) + bytes(23),
        header((3,)) + bytes(25),
        header((-3,)) + bytes(24),
        header((0, 10**30)),
        header((3,), "|O") + bytes(24),
        header((3,), "<f16") + bytes(48),
        header((3,), "<c8") + bytes(24),
        header((3,), "<M8[s]") + bytes(24),
        header("(3"),
        header(3),
        header("(" * 5000),
        b"\x93NUMPY\x09\x00" + bytes(90),
        b"",
    ],
)
@pytest.mark.parametrize("ending", [".npy", ".npz"])
def test_headers_that_do_not_fit_are_refused(tmp_path, data, ending):
    path = tmp_path / f"a{ending}"
    if ending == ".npy":
        path.write_bytes(data)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", data)
    with pytest.raises(io.FileFormatError, match=rf"a\{ending} cannot be read"):
        io.read_array(path)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    ending=st.sampled_from([".npy", ".npz", ".csv"]),
    at=st.integers(0, 400),
    new=st.binary(max_size=3),
    cut=st.booleans(),
)
def test_changed_bytes_of_array_files_are_refused_by_one_error(
    tmp_path, ending, at, new, cut
):
    path = tmp_path / f"a{ending}"
    io.write_array(path, np.arange(6.0).reshape(1, 3, 2))
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + new + (b"" if cut else whole[at + len(new) :]))
    assert str(path) in refusal(io.read_array, path)


TOML = """
[system]
class = "van_der_pol"
mu = 2.0

[solver]
method = {class = "Theta", theta = 0.5}
t_span = [0.0, 5.0]
dt = 0.1

[estimator]
class = "LED"
autoencoder = {class = "DenseAutoencoder", n_latent = 1, hidden = [16, 16]}
propagator = {class = "GRU", n_hidden = 20}
rollouts = [[2, 100], [10, 200]]
"""
VALUES = ["3", '"two"', "true", "[]", "[1, 2]", "{}", '{class = "Theta"}', "-1e300"]
VALUES += ["nan", "1979-05-27", "[" * 9_999]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.integers(0, 11), value=st.sampled_from(VALUES))
def test_wrong_values_of_parameters_are_refused_by_one_error(tmp_path, at, value):
    path = tmp_path / "a.toml"
    lines = TOML.splitlines()
    settable = [n for n, line in enumerate(lines) if " = " in line]
    place = settable[at % len(settable)]
    lines[place] = f"{lines[place].split(' = ')[0]} = {value}"
    path.write_text("\n".join(lines))
    assert str(path) in refusal(io.from_toml, path)


@pytest.mark.parametrize(
    "name", ["../claims.toml", "slow_maps/../../claims.toml", "/etc/passwd", ".."]
)
def test_results_are_looked_for_in_their_folder_only(name):
    with pytest.raises(ValueError, match="name must be the path of a kept result"):
        io.find_results(name)
