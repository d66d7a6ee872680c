"""Whether data are fit for a learned map, and a map is good.

Imports metrics, sampling and integrators; nothing imports it.
"""

from msbook.diagnostics.diagnose import diagnose
from msbook.diagnostics.generator_report import GeneratorReport
from msbook.diagnostics.report import Diagnosis

__all__ = ["Diagnosis", "GeneratorReport", "diagnose"]
