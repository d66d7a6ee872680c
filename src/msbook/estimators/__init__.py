"""What a user calls: estimators in the manner of scikit-learn."""

from msbook.estimators.adaptive import AdaptiveLED
from msbook.estimators.adaptive_run import AdaptiveRun, Phase
from msbook.estimators.coarse_pde import CoarsePDE
from msbook.estimators.conditional_autoencoder import ConditionalAutoencoder
from msbook.estimators.conditional_gan import ConditionalGAN
from msbook.estimators.density_fit import fit_density, gibbs_temperature
from msbook.estimators.effective_potential import EffectivePotential
from msbook.estimators.energy_score import EnergyScore
from msbook.estimators.feature_ranking import feature_ranking
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.flow_map import StochasticFlowMap
from msbook.estimators.flow_map_table import FlowMapTable
from msbook.estimators.force_fit import fit_forces
from msbook.estimators.increments import IncrementScaling
from msbook.estimators.interval_forecast import IntervalForecast
from msbook.estimators.kramers_moyal import KramersMoyal
from msbook.estimators.led import LED
from msbook.estimators.led_ensemble import LEDEnsemble
from msbook.estimators.led_forecasting import LatentState
from msbook.estimators.led_speed_up import SpeedUp
from msbook.estimators.noise_covariances import (
    noise_covariance,
    noise_covariance_of_paths,
    noise_covariance_of_steps,
    trial_masses,
)
from msbook.estimators.one_step_generator import OneStepGenerator
from msbook.estimators.pointwise_regression import (
    GaussianProcessRegression,
    NetworkRegression,
)
from msbook.estimators.scale_scan import ScaleScan, scan_scales
from msbook.estimators.simulators import Simulator
from msbook.estimators.slow_map import SlowMap
from msbook.estimators.splines import TensorSplines
from msbook.estimators.uniform_splines import UniformSplines

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
