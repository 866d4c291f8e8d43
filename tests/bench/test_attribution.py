"""The benchmark checks itself."""

from __future__ import annotations

from flarescope.bench.attribution import compare


def test_both_agree_where_captum_is_right_and_are_timed() -> None:
    found = compare(size=96, backgrounds=2, rounds=1)
    assert set(found) == {"deep_shap", "guided_grad_cam", "integrated_gradients"}
    for one in found.values():
        assert one["ratio"] == one["captum"] / one["ours"] > 0.0
    assert found["integrated_gradients"]["largest_difference"] < 1e-6  # captum's steps are float32
    assert found["guided_grad_cam"]["largest_difference"] < 1e-9
    assert found["deep_shap"]["completeness"] < 1e-3 < found["deep_shap"]["completeness_captum"]
