"""The commands of the kept trainings on particles make them again."""

import runpy

import numpy as np
import pytest
from project import ROOT

import msbook as ms

FOLDER = ROOT / "book" / "results" / "effective_dynamics"


@pytest.fixture(scope="module", autouse=True)
def folder_of_the_commands():
    """The commands import each other, as scripts of one folder do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield


def command(name):
    return runpy.run_path(str(FOLDER / f"{name}.py"))


@pytest.mark.parametrize(("name", "dim"), [("ad1", 1), ("ad3", 3)])
def test_a_shortened_training_comes_out_as_kept(name, dim):
    make = command(f"make_particles_{dim}d")
    short, _ = ms.io.load_arrays(FOLDER / f"{name}.safetensors")
    losses = make["losses"](make["train"](name, 0, make["SHORTER"]))
    # Single precision rounds otherwise on other processors; another seed, or a
    # setting that was changed, is off by far more.
    np.testing.assert_allclose(losses, short[name], rtol=2e-2)


def test_a_turn_of_the_search_comes_out_as_kept():
    make = command("make_particle_search")
    short, _ = ms.io.load_arrays(FOLDER / "particle_search.safetensors")
    shorter = make["SHORTER"]
    led = make["with_autoencoder"]("1d", 1, 0.0, make["SEEDS"][0], shorter)
    np.testing.assert_allclose(
        make["coding"]("1d", led), short["coding_1d"][0, 0], rtol=2e-2
    )
    k = make["CELLS"].index("delays")
    error = make["forecast_error"]("1d", led, "delays", make["SIZES"][0], shorter)
    assert error == pytest.approx(short["forecast_1d"][k, 0], rel=2e-2)
