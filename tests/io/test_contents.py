"""Files with a right checksum and wrong contents: one error, which names the file."""

import copy
import json
import struct
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

import msbook as ms
from msbook import io
from msbook.estimators import (
    CoarsePDE,
    ConditionalAutoencoder,
    KramersMoyal,
    NetworkRegression,
)
from msbook.networks import DelayedMLP, Dense, Identity, PrincipalComponents, RowPruning
from msbook.training import train

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
STATES = np.sin(np.arange(60)[:, None] * 0.1 - np.arange(6))[None]

LITTLE_LED = ms.LED(PrincipalComponents(2), DelayedMLP((3,), n_delays=1), dt=0.1,
                    rollouts=((2, 2),), random_state=0)  # fmt: skip
MODELS = {
    "SlowMap": lambda: ms.SlowMap(
        hidden=(3,), epochs=2, pruning=RowPruning(0.9), random_state=0
    ).fit(X, X),
    "LED": lambda: copy.deepcopy(LITTLE_LED).fit(STATES),
    "KramersMoyal": lambda: KramersMoyal(2, periods=(None, 7.0)).fit(X, 0.5 * X),
    "StochasticFlowMap": lambda: ms.StochasticFlowMap(
        hidden=(3,), n_updates=2, random_state=0
    ).fit(X, 0.5 * X),
    "ConditionalAutoencoder": lambda: ConditionalAutoencoder(
        hidden=(3,), n_updates=2, random_state=0
    ).fit(X, 0.5 * X),
    "LEDEnsemble": lambda: (
        ms.LEDEnsemble(LITTLE_LED, n_members=2, random_state=0)
        .fit(STATES)
        .calibrate(STATES[:, :10], STATES[:, 10:12])
    ),
    "AdaptiveLED": lambda: adaptive(),
    "CoarsePDE": lambda: CoarsePDE(
        NetworkRegression((2,), 20, 2), dt=0.1, n_fields=1, random_state=0
    ).fit(STATES),
    "EffectivePotential": lambda: potential(),
}


def adaptive():
    led = ms.AdaptiveLED(Identity(6), dt=0.1, n_members=2, random_state=0)
    led.members_ = [
        ms.LED(Identity(6), "mlp", rollouts=((2, 1),), random_state=seed).fit(STATES)
        for seed in (0, 1)
    ]
    for member in led.members_:
        member.network_ = led.members_[0].network_
    return led


def potential():
    ripples = ms.systems.quadratic_ripples([0.05, 0.001])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so short a run is no good fit
        return ms.EffectivePotential(0.5, n_steps=50_000, random_state=0).fit(ripples)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Arrays and facts of one file of each kind."""
    path = tmp_path_factory.mktemp("io") / "kept.safetensors"
    found = {}
    for name, model in MODELS.items():
        io.save_model(path, model())
        assert type(io.load_model(path)).__name__ == name
        found[name] = io.load_arrays(path)
    for kind in ("compiled", "torch"):
        path.unlink()
        resume(path, kind)
        resume(path, kind)
        found[kind] = io.load_arrays(path)
    return found


def resume(path, kind):
    network = Dense((2, 3, 2), "tanh", torch.Generator().manual_seed(0))
    data = np.linspace(-1, 1, 20).reshape(10, 2)
    return train(
        network if kind == "compiled" else network.float(),
        data,
        data**2,
        validation=(data, data),
        epochs=4,
        batch_size=5,
        learning_rate=1e-2,
        rng=np.random.Generator(np.random.SFC64(0)),
        monitor=lambda network: float(network.state_dict()["linears.0.bias"].sum()),
        checkpoint=path,
    )


def read(path, kind):
    return io.load_model(path) if kind in MODELS else resume(path, kind)


def places(value, place=()):
    """Ways to every value within facts, from the outermost."""
    yield place
    entries = value.items() if isinstance(value, dict) else ()
    entries = enumerate(value) if isinstance(value, list) else entries
    for name, entry in entries:
        yield from places(entry, (*place, name))


def changed(facts, place, value):
    """Facts with another value at a place, or without one."""
    if not place:
        return value
    facts = copy.deepcopy(facts)
    inner = facts
    for name in place[:-1]:
        inner = inner[name]
    if value is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return facts


def write(path, arrays, facts):
    """A file with a right checksum, whatever the facts are."""
    text = json.dumps(facts)
    header = {
        "format": "msbook 1",
        "facts": text,
        "sha256": io.checksum(arrays, text),
    }
    path.write_bytes(save(arrays, metadata=header))


KINDS = [*MODELS, "compiled", "torch"]
OTHERS = st.sampled_from(
    [..., None, True, 0, 1, -1, 2.0, 1e300, "", "two", "os", [], [1], {}, {"class": "os"}]
)


@pytest.mark.parametrize("kind", KINDS)
def test_missing_renamed_and_foreign_arrays_are_refused(tmp_path, kept, kind):
    path = tmp_path / "kept.safetensors"
    arrays, facts = kept[kind]
    write(path, arrays, facts)
    read(path, kind)
    for name, values in arrays.items():
        rest = {other: kept for other, kept in arrays.items() if other != name}
        others = {
            "missing": {},
            "renamed": {f"{name}_": values},
            "longer": {name: np.concatenate([values.ravel(), [1, 2]])},
            "of text's length": {name: np.zeros(0)},
            "one number": {name: np.float64(1.5)},
            "an axis more": {name: values[None]},
            "more": {name: values, "more": np.ones(3)},
        }
        if values.dtype.kind == "f":
            others["integers"] = {name: np.zeros(values.shape, int)}
        for what, new in others.items():
            write(path, rest | {n: np.asarray(v) for n, v in new.items()}, facts)
            with pytest.raises(io.FileFormatError) as caught:
                read(path, kind)
            assert str(path) in str(caught.value), (name, what)


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_other_facts_are_refused(tmp_path, kept, kind, data):
    path = tmp_path / "kept.safetensors"
    arrays, facts = kept[kind]
    place = data.draw(st.sampled_from(list(places(facts))[1:]))
    value = data.draw(OTHERS)
    write(path, arrays, changed(facts, place, value))
    try:
        read(path, kind)
    except (ValueError, FileNotFoundError) as error:
        assert str(path) in str(error)
        # What is no whole file is no other training either.
        assert isinstance(error, io.FileFormatError) or place[:1] in (
            ("run",),
            ("values",),
        )
    else:
        was = facts
        for name in place:
            was = was[name]
        same = json.dumps(was) == json.dumps(None if value is ... else value)
        assert same or "parameters" in place


@pytest.mark.parametrize(
    "text",
    ["[1]", "3", "null", '"a"', "{", "[" * 100_000, '{"a":' * 500 + "1" + "}" * 500, ""],
)
def test_facts_that_are_no_dictionary_are_refused(tmp_path, text):
    path = tmp_path / "kept.safetensors"
    header = {"format": "msbook 1", "facts": text, "sha256": io.checksum({}, text)}
    path.write_bytes(save({}, metadata=header))
    for load in (io.load_arrays, io.load_model, lambda path: resume(path, "torch")):
        with pytest.raises(io.FileFormatError, match=r"kept\.safetensors.*again"):
            load(path)


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("BF16", 2), ("F8_E4M3", 1), ("F8_E5M2", 1), ("C64", 8), ("Q9", 1)],
)
def test_numbers_that_numpy_does_not_have_are_refused(tmp_path, dtype, size):
    path = tmp_path / "kept.safetensors"
    entry = {"dtype": dtype, "shape": [2], "data_offsets": [0, 2 * size]}
    meta = {"format": "msbook 1", "facts": "{}", "sha256": "0"}
    header = json.dumps({"__metadata__": meta, "x": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(2 * size))
    with pytest.raises(io.FileFormatError, match=r"kept\.safetensors .*Make it again"):
        io.load_arrays(path)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(2, np.longdouble), "'x' must hold .* at most 64 bits.*longdouble"),
        (np.ones(2, complex), "'x' must hold real numbers.*complex128"),
        (np.array([1, "a"], dtype=object), "'x' must hold real numbers.*object"),
        (["a"], "'x' must hold real numbers"),
        ([[1], [1, 2]], "'x' must be an array of numbers, with rows of one length"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "'x' has masked entries"),
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


def bomb(path, n_bytes):
    """A small file that unpacks to many bytes of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
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
    try:
        assert np.isfinite(io.read_array(path)).all()
    except io.FileFormatError as error:
        assert str(path) in str(error)


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
VALUES = ["3", '"two"', "true", "[]", "[1, 2]", "{}", '{class = "Theta"}', "-1e300", "nan"]


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(at=st.integers(0, 11), value=st.sampled_from([*VALUES, "[" * 9_999, "1979-05-27"]))
def test_wrong_values_of_parameters_are_refused_by_one_error(tmp_path, at, value):
    path = tmp_path / "a.toml"
    lines = TOML.splitlines()
    settable = [n for n, line in enumerate(lines) if " = " in line]
    place = settable[at % len(settable)]
    lines[place] = f"{lines[place].split(' = ')[0]} = {value}"
    path.write_text("\n".join(lines))
    try:
        assert isinstance(io.from_toml(path), io.Setup)
    except io.FileFormatError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize(
    "name", ["../claims.toml", "slow_maps/../../claims.toml", "/etc/passwd", ".."]
)
def test_results_are_looked_for_in_their_folder_only(name):
    with pytest.raises(ValueError, match="named by its path below book/results"):
        io.find_results(name)
