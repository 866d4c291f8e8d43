"""A made-up Sun: bipoles on a disk, active regions as SHARPs see them, and flares that follow known laws.

For demonstrations without data and for questions whose answer must be known. Everything made here says so in
its ``origin``, ``source`` or ``notes``.
"""

from __future__ import annotations

from flarescope.synthetic.disk import Bipole, full_disk
from flarescope.synthetic.flares import flare_list
from flarescope.synthetic.name import MADE_UP
from flarescope.synthetic.population import population
from flarescope.synthetic.regions import MadeUpRegion

__all__ = ["MADE_UP", "Bipole", "MadeUpRegion", "flare_list", "full_disk", "population"]
