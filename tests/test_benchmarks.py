"""Benchmarks at tiny sizes: that all who are compared do the same job."""

import json
import math

import numpy as np
import pytest

import msbook as ms
from benchmarks import __main__ as command
from benchmarks import (
    ensembles,
    fields,
    large_steps,
    oscillators,
    particles,
    training,
)
from benchmarks.cold_start import cold_start
from benchmarks.timing import Implementation, Workload, compare

N_POINTS, N_BURSTS = 64, 32
ENSEMBLES = ensembles.workloads(
    n_paths=2048, n_steps=20, n_points=N_POINTS, n_bursts=N_BURSTS, burst_steps=10
)


def installed(workload):
    return [peer for peer in workload.peers if peer.installed]


def moments(ends):
    """Mean and variance over paths of one start, with the errors' variances.

    Means are told for each start, variances for all starts together.
    """
    n_starts, n_paths, _ = ends.shape
    mean = ends.mean(axis=1)
    squares = (ends - mean[:, None]) ** 2 * n_paths / (n_paths - 1)
    mean_error = squares.mean(axis=(0, 1)) / n_paths
    return (
        mean,
        mean_error,
        squares.mean(axis=(0, 1)),
        squares.var(axis=(0, 1)) / (n_starts * n_paths),
    )


@pytest.mark.parametrize("workload", ENSEMBLES, ids=lambda workload: workload.name)
def test_ensembles_agree_in_law(workload):
    n_starts = N_POINTS if workload.name == "bursts" else 1

    def measure(implementation):
        ends = implementation.prepare()(1)
        return moments(ends.reshape(n_starts, -1, ends.shape[-1]))

    mean, mean_error, variance, variance_error = measure(workload.ours)
    for peer in installed(workload):
        their_mean, their_mean_error, their_variance, their_variance_error = measure(
            peer
        )
        distance = np.abs(their_mean - mean) / np.sqrt(mean_error + their_mean_error)
        assert distance.max() < 5, peer.name
        distance = np.abs(their_variance - variance) / np.sqrt(
            variance_error + their_variance_error
        )
        assert distance.max() < 5, peer.name


@pytest.mark.parametrize(
    ("spell", "dim"),
    [
        (ensembles.periodic, 2),
        (ensembles.quadratic, 10),
        (ensembles.quadruple_well, 2),
    ],
)
def test_spellings_are_of_one_equation(spell, dim):
    rng = np.random.default_rng(0)
    y, noise = rng.standard_normal((2, 7, dim))
    ensemble = spell(y, 1)
    system, dt = ensemble.system, ensemble.dt
    assert np.allclose(ensemble.drift(np, y), system.drift(0.0, y), rtol=1e-12)
    assert np.allclose(ensemble.diffusion(np, y), system.diffusion(0.0, y), rtol=1e-12)
    expected = ms.EulerMaruyama().step(system, 0.0, y, dt, math.sqrt(dt) * noise)
    rows = y.T.copy()
    ensemble.step(np, rows, noise.T.copy())
    assert np.allclose(rows.T, expected, rtol=1e-12)


@pytest.mark.parametrize("workload", ENSEMBLES, ids=lambda workload: workload.name)
def test_seeds_differ_and_repeat(workload):
    run = workload.ours.prepare()
    assert np.array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))


def test_trainings_agree():
    (workload,) = training.workloads(n_points=50, epochs=3, peer_epochs=3)
    losses = workload.ours.prepare()(1)
    for peer in installed(workload):
        assert np.allclose(peer.prepare()(1), losses, rtol=1e-9), peer.name


@pytest.mark.parametrize(
    "workload",
    fields.workloads(n_paths=3, n_steps=20),
    ids=lambda workload: workload.name,
)
def test_fields_agree(workload):
    ours = workload.ours.prepare()(1)
    for peer in workload.peers:
        assert np.allclose(peer.prepare()(1), ours, rtol=1e-9, atol=1e-12), peer.name


@pytest.mark.parametrize(
    "workload",
    particles.workloads(n_particles=2000, n_steps=500),
    ids=lambda workload: workload.name,
)
def test_clouds_agree_in_law(workload):
    mean, mean_error, variance, variance_error = moments(
        workload.ours.prepare()(1)[None]
    )
    for peer in workload.peers:
        theirs = moments(peer.prepare()(2)[None])
        distance = np.abs(theirs[0] - mean) / np.sqrt(theirs[1] + mean_error)
        assert distance.max() < 4, peer.name
        distance = np.abs(theirs[2] - variance) / np.sqrt(theirs[3] + variance_error)
        assert distance.max() < 4, peer.name


def test_large_steps_agree_in_law():
    (workload,) = large_steps.workloads(n_chains=256, n_steps=1000)
    centres = 0.5 * (large_steps.EDGES[1:] + large_steps.EDGES[:-1])
    a = large_steps.DECAY
    for one in (workload.ours, *workload.peers):
        visits = one.prepare()(1)
        n_chains = large_steps.PYTHON_CHAINS if one.name == "Python" else 256
        assert len(visits) == n_chains * 1000 // large_steps.THIN
        # Independent visits are as many as the momentum's memory leaves.
        n_independent = n_chains * 1000 * (1 - a)
        exact = 0.25 * (1 + a) / (2 * (1 - a) * (1 + a - 0.125))
        variance = np.average(centres**2, weights=visits.counts)
        assert abs(variance / exact - 1) < 4 * np.sqrt(2 / n_independent) + 0.02


def test_paper_size_counts_all_steps_and_repeats():
    size = large_steps.paper_size(large_steps.Job(64, 2000), threads=2, runs=3)
    assert size["steps"] == 128_000
    low, high = size["spread"]
    assert 0 < low <= size["seconds"] <= high


def test_oscillators_come_to_the_same_ends():
    cells, heun = oscillators.workloads(n_samples=1, n_paths=64, n_steps=100)
    for workload in (cells, heun):
        ours = workload.ours.prepare()(0)
        for peer in installed(workload):
            theirs = peer.prepare()(0)
            if peer.name == "SciPy, solve_ivp":  # steps of its own
                assert np.abs(theirs - ours[::100]).max() < 0.1
                continue
            few = ours[::100] if peer.name == "SciPy, fsolve" else ours
            assert np.abs(theirs - few).max() < 1e-6, peer.name


def test_report_size_has_every_worker_and_repeats():
    size = oscillators.report_size(n_samples=2, duration=2.0, runs=2)
    assert (size["samples"], size["cells"], size["steps"]) == (2, 400, 4)
    for workers, seconds in size["seconds"].items():
        low, high = size["spread"][workers]
        assert 0 < low <= seconds <= high


def fake_workload(calls):
    """Ours and a peer write down their seeds; another peer is missing."""

    def implementation(name, needs=None, target=None):
        def run(seed):
            calls.append((name, seed))
            return np.zeros(1000)

        return Implementation(name, lambda: run, needs, target)

    return Workload(
        "fake",
        unit="ns",
        units_per_second=1e9,
        steps=1,
        ours=implementation("ours"),
        peers=(
            implementation("peer", target=2.0),
            implementation("missing", needs="no_package_of_this_name"),
        ),
    )


@pytest.fixture
def one_call_a_run(monkeypatch):
    monkeypatch.setattr("benchmarks.timing.SHORTEST", 0.5)
    monkeypatch.setattr(
        "benchmarks.timing.time.process_time", iter(range(999)).__next__
    )


@pytest.mark.usefixtures("one_call_a_run")
def test_ours_and_peer_run_in_turn():
    calls = []
    present, missing = compare(fake_workload(calls), runs=3)
    in_turn = [(name, seed) for seed in range(3) for name in ("ours", "peer")]
    assert calls[-6:] == in_turn
    record = present.record()
    assert record["spread"][0] <= record["ratio"] <= record["spread"][1]
    assert record["runs"] == 3
    assert not missing.record()["installed"]


@pytest.mark.usefixtures("one_call_a_run")
def test_command_prints_a_line_a_peer(monkeypatch, capsys):
    monkeypatch.setattr(command, "all_workloads", lambda: {"fake": fake_workload([])})
    command.main(["--only", "fake"])
    present, missing = capsys.readouterr().out.splitlines()
    assert "ratio" in present
    assert present.endswith("target 2 missed")
    assert missing.endswith("not installed")


@pytest.mark.usefixtures("one_call_a_run")
def test_command_stores_what_it_prints(monkeypatch, capsys, tmp_path):
    stored = tmp_path / "results" / "benchmarks.json"
    monkeypatch.setattr(command, "RESULTS", stored)
    monkeypatch.setattr(command, "all_workloads", lambda: {"fake": fake_workload([])})
    command.main(["--json", "--write"])
    printed = json.loads(capsys.readouterr().out)
    assert json.loads(stored.read_text(encoding="utf-8")) == printed
    assert [entry["peer"] for entry in printed["comparisons"]] == ["peer", "missing"]
    assert printed["threads"] == 1
    assert "date" in printed
    assert list(stored.parent.iterdir()) == [stored]


def test_part_of_the_workloads_is_not_stored(monkeypatch):
    monkeypatch.setattr(command, "all_workloads", lambda: {"fake": fake_workload([])})
    with pytest.raises(SystemExit):
        command.main(["--only", "fake", "--write"])


def test_a_new_process_is_measured():
    found = cold_start(runs=1)
    assert {"msbook", "SciPy, solve_ivp"} <= {*found}
    for figures in found.values():
        assert list(figures) == ["import", "first solve", "MiB"]
        assert all(value > 0 for value in figures.values())
