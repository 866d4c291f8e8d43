"""HARPs that share a NOAA number are never on both sides of a split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flarescope.papers.bhattacharjee2020.shared_numbers import of_other_regions, shares_number


def test_one_number_in_common_is_enough() -> None:
    groups = pd.Series(["11429,11430", "11431", "HARP 7", "1143"])
    others = pd.Series(["11430", "HARP 77", "11430"])
    np.testing.assert_array_equal(shares_number(groups, others), [True, False, False, False])
    assert not shares_number(groups, groups[:0]).any()


def test_rows_of_other_regions_leave_out_the_own_ones_of_other_splits() -> None:
    table = pd.DataFrame({"split": list("0011"), "group": ["1,2", "3", "2", "4"], "row": range(4)})
    assert of_other_regions(table, "0")["row"].tolist() == [3]
    assert of_other_regions(table, "1")["row"].tolist() == [1]
