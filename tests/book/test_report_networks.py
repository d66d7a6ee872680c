"""The report's networks are those of its figures 16, 19 and 23."""

import runpy

import pytest
import torch
from project import ROOT

CODE = runpy.run_path(
    str(ROOT / "book" / "results" / "led_toolkit" / "report_networks.py")
)
count, ReportAutoencoder = CODE["count"], CODE["ReportAutoencoder"]


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("coarse", "printed"), [(False, (27_986, 24_314)), (True, (10_834, 18_908))]
)
def test_autoencoders_have_as_many_parameters_as_printed(coarse, printed):
    network = ReportAutoencoder(coarse)
    assert (count(network.encoder), count(network.decoder)) == printed


@pytest.mark.parametrize(
    ("coarse", "printed"), [(False, (27_986, 24_314)), (True, (10_834, 18_908))]
)
def test_the_tables_have_no_normalisation(coarse, printed):
    network = ReportAutoencoder(coarse, normalised=True)
    assert count(network.encoder) > printed[0]
    assert count(network.decoder) > printed[1]


def test_the_propagator_has_as_many_parameters_as_printed():
    network = CODE["ReportPropagator"]()
    assert count(network) == 88_362
    fixed = [n for n, _ in network.named_buffers() if "num_batches" not in n]
    assert sum(network.get_buffer(name).numel() for name in fixed) == 320
    assert network(torch.zeros(4, 200, 10)).shape == (4, 10)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("normalised", [False, True])
def test_fields_come_out_as_large_as_they_went_in(coarse, normalised):
    network = ReportAutoencoder(coarse, normalised)
    x = torch.randn(4, 2, 20, 20)
    assert network.encode(x).shape == (4, 10)
    assert network(x).shape == x.shape


def test_figure_23_draws_a_coarse_grid_only():
    decoder = ReportAutoencoder(coarse=True).eval().decoder
    *inwards, stretched, _, spread = decoder
    assert count(stretched) == count(spread) == 18
    z = torch.randn(50, 10)
    for layer in inwards:
        z = layer(z)
    coarse, fine = z, spread(torch.nn.functional.elu(stretched(z)))
    assert coarse.shape[2:] == (10, 10)
    # The four cells of a block are functions of the coarse cell above them alone.
    moved = coarse.clone()
    moved[:, :, 4, 7] += 1.0
    other = spread(torch.nn.functional.elu(stretched(moved)))
    changed = ((other - fine).abs() > 0).any(dim=0).any(dim=0)
    block = torch.zeros(20, 20, dtype=torch.bool)
    block[8:10, 14:16] = True
    assert torch.equal(changed, block)
