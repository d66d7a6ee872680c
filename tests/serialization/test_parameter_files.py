"""Systems, solvers and estimators from a file of parameters."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import msbook as ms
from msbook.networks import GRU, DenseAutoencoder

WHOLE = """
[system]
class = "van_der_pol"
mu = 2.0

[solver]
method = {class = "Theta", theta = 0.5}
t_span = [0.0, 5.0]
dt = 0.1
save_every = 2

[estimator]
class = "LED"
autoencoder = {class = "DenseAutoencoder", n_latent = 1, hidden = [16, 16]}
propagator = {class = "GRU", n_hidden = 20}
rollouts = [[2, 100], [10, 200]]
dt = 0.2
random_state = 3
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "parameters.toml"
        path.write_text(text)
        return ms.io.from_toml(path)

    return read_text


def test_all_three_are_what_calls_would_have_built(read):
    system, solver, led = read(WHOLE)
    assert solver == {
        "method": ms.Theta(0.5),
        "t_span": (0.0, 5.0),
        "dt": 0.1,
        "save_every": 2,
    }
    expected = ms.LED(
        DenseAutoencoder(1, hidden=(16, 16)),
        GRU(20),
        rollouts=((2, 100), (10, 200)),
        dt=0.2,
        random_state=3,
    )
    assert led.get_params() == expected.get_params()
    by_call = ms.solve(
        ms.systems.van_der_pol(2.0),
        t_span=(0, 5),
        dt=0.1,
        method=ms.Theta(0.5),
        save_every=2,
    )
    np.testing.assert_array_equal(ms.solve(system, **solver).y, by_call.y)


def test_a_section_may_lack(read):
    assert read("") == (None, None, None)
    setup = read('[estimator]\nclass = "SlowMap"\nhidden = [3, 2]')
    assert setup.system is None
    assert setup.solver is None
    assert setup.estimator.get_params() == ms.SlowMap(hidden=(3, 2)).get_params()


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ('"RK4"', ms.integrators.RK4),
        ('"Theta"', ms.Theta()),
        ('{class = "AdamsBashforth", order = 3}', ms.AdamsBashforth(3)),
        (
            '{class = "RungeKutta", tableau = {class = "Tableau",'
            " A = [[0.0, 0.0], [0.5, 0.0]], b = [0.0, 1.0], c = [0.0, 0.5],"
            " order = 2}}",
            ms.RungeKutta(ms.Tableau([[0, 0], [0.5, 0]], [0, 1], [0, 0.5], 2)),
        ),
    ],
)
def test_methods_by_name_and_by_table(read, method, expected):
    solver = read(f"[solver]\nt_span = [0, 1]\ndt = 0.1\nmethod = {method}").solver
    assert solver is not None
    assert solver["method"] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sistem]", r"no section 'sistem'. Did you mean 'system'\? It knows est"),
        ("system = 3", r"system must be a section, \[system\]; got 3"),
        ("[system]\nmu = 1.0", r"\[system\] needs a class, one of AdvectionDiff"),
        (
            '[system]\nclass = "van_der_pole"',
            r"\[system\] has no name 'van_der_pole'. Did you mean 'van_der_pol'",
        ),
        ("[system]\nclass = 3", r"\[system\] has no name 3. It knows"),
        (
            '[system]\nclass = "van_der_pol"\nmus = 1.0',
            r"no argument 'mus'. Did you mean 'mu'\? It knows mu\.",
        ),
        (
            '[system]\nclass = "van_der_pol"\nmu = -1.0',
            r"\[system\] van_der_pol: mu must be a positive number, .*got -1.0 of type "
            r"float\. Mend its arguments\.$",
        ),
        (
            '[system]\nclass = "van_der_pol"\nmu = "one"',
            r"\[system\] van_der_pol: ",
        ),
        ('[system]\nclass = "os"', r"\[system\] has no name 'os'"),
        ('[system]\nclass = "__import__"', "has no name '__import__'"),
        ('[estimator]\nclass = "van_der_pol"', "has no name 'van_der_pol'"),
        ("[solver]\ndt = 0.1", r"\[solver\] needs t_span"),
        ("[solver]\nd = 0.1", r"no argument 'd'. .*It knows dt, method, rng"),
        (
            '[solver]\nt_span = [0, 1]\ndt = 0.1\nmethod = "Tetha"',
            r"\[solver.method\] has no name 'Tetha'. Did you mean 'Theta'",
        ),
        (
            "[solver]\nt_span = [0, 1]\ndt = 0.1\nmethod = {theta = 0.5}",
            r"\[solver.method\] needs a class",
        ),
        (
            '[estimator]\nclass = "LED"\nautoencoder = {class = "Identity"}',
            r"\[estimator.autoencoder\] Identity: .*n_latent",
        ),
        (
            '[estimator]\nclass = "LED"\npropagator = {class = "GRU", hidden = 3}',
            r"\[estimator.propagator\] has no argument 'hidden'. Did you mean 'n_hid",
        ),
    ],
)
def test_what_is_not_known_is_named(read, text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "parameters.toml"
    path.write_text("[solver]\nt_span = [0.0, 1.0]\ndt = 0.5\n", "utf-8-sig")
    assert ms.io.from_toml(path).solver == {"t_span": (0.0, 1.0), "dt": 0.5}


@pytest.mark.parametrize("content", [b"[system", b"class = van", b"\xff\xfe\x00"])
def test_what_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "parameters.toml"
    path.write_bytes(content)
    with pytest.raises(ms.io.FileFormatError, match=r"parameters\.toml is no TOML"):
        ms.io.from_toml(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ms.io.from_toml(tmp_path / "nowhere.toml")


@settings(max_examples=60, deadline=None)
@given(length=st.integers(0, len(WHOLE)), content=st.binary(max_size=40))
def test_nothing_worse_than_a_value_error(tmp_path_factory, length, content):
    path = tmp_path_factory.mktemp("io") / "parameters.toml"
    path.write_bytes(WHOLE[:length].encode() + content)
    with suppress(ValueError):
        assert isinstance(ms.io.from_toml(path), ms.io.Setup)
