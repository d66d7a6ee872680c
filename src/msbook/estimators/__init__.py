"""What a user calls: estimators in the manner of scikit-learn."""

from msbook.estimators.coarse_pde.estimator import CoarsePDE
from msbook.estimators.coarse_pde.feature_ranking import feature_ranking
from msbook.estimators.coarse_pde.pointwise_regression import (
    GaussianProcessRegression,
    NetworkRegression,
)
from msbook.estimators.effective_potential.density_fit import (
    fit_density,
    gibbs_temperature,
)
from msbook.estimators.effective_potential.estimator import EffectivePotential
from msbook.estimators.effective_potential.force_fit import fit_forces
from msbook.estimators.effective_potential.noise_covariances import (
    noise_covariance,
    noise_covariance_of_paths,
    noise_covariance_of_steps,
    trial_masses,
)
from msbook.estimators.effective_potential.scale_scan import ScaleScan, scan_scales
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.estimators.effective_potential.uniform_splines import UniformSplines
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.flow_map.estimator import StochasticFlowMap
from msbook.estimators.flow_map.generators.conditional_autoencoder import (
    ConditionalAutoencoder,
)
from msbook.estimators.flow_map.generators.conditional_gan import ConditionalGAN
from msbook.estimators.flow_map.generators.energy_score import EnergyScore
from msbook.estimators.flow_map.generators.kramers_moyal import KramersMoyal
from msbook.estimators.flow_map.increments import IncrementScaling
from msbook.estimators.flow_map.one_step_generator import OneStepGenerator
from msbook.estimators.flow_map.table import FlowMapTable
from msbook.estimators.led.adaptive.estimator import AdaptiveLED
from msbook.estimators.led.adaptive.run import AdaptiveRun, Phase
from msbook.estimators.led.ensemble.estimator import LEDEnsemble
from msbook.estimators.led.ensemble.interval_forecast import IntervalForecast
from msbook.estimators.led.forecasting import LatentState
from msbook.estimators.led.led import LED
from msbook.estimators.led.speed_up import SpeedUp
from msbook.estimators.slow_map.estimator import SlowMap
from msbook.estimators.slow_map.quality import SlowMapQuality
from msbook.integrators.simulators import Simulator

__all__ = [
    "LED",
    "AdaptiveLED",
    "AdaptiveRun",
    "CoarsePDE",
    "ConditionalAutoencoder",
    "ConditionalGAN",
    "EffectivePotential",
    "EnergyScore",
    "FieldScaling",
    "FlowMapTable",
    "GaussianProcessRegression",
    "IncrementScaling",
    "IntervalForecast",
    "KramersMoyal",
    "LEDEnsemble",
    "LatentState",
    "NetworkRegression",
    "OneStepGenerator",
    "Phase",
    "ScaleScan",
    "Simulator",
    "SlowMap",
    "SlowMapQuality",
    "SpeedUp",
    "StochasticFlowMap",
    "TensorSplines",
    "UniformSplines",
    "feature_ranking",
    "fit_density",
    "fit_forces",
    "gibbs_temperature",
    "noise_covariance",
    "noise_covariance_of_paths",
    "noise_covariance_of_steps",
    "scan_scales",
    "trial_masses",
]
