"""What is estimated of a run: K3's exponent, constant and rate, and the data of a KL plot.

Everything here is *fitted*: found after the run from the run, so it confirms no claim (an audit
that is given such a constant says so). ``line`` fits slopes, ``exponent`` reads them off a run,
``plot`` puts declared line, fitted line and the bounds of T5 and T6 beside the points.
"""

from amverify.fitted.exponent import Estimate, estimate
from amverify.fitted.line import Interval, Line, fitted_line
from amverify.fitted.plot import KLPlot, kl_plot

__all__ = ["Estimate", "Interval", "KLPlot", "Line", "estimate", "fitted_line", "kl_plot"]
