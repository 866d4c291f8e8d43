"""Pandey, Angryk, Georgoulis and Aydin 2023: full-disk forecasts of flares, near the limb too, and their why.

Every number of "Explainable Deep Learning-based Solar Flare Prediction with post hoc Attention for
Operational Forecasting" (arXiv 2308.02682), and the checks it asks for next. What its text leaves open is
decided in ``docs/papers/pandey2023.md``.
"""

from __future__ import annotations

__all__ = ["ITEMS", "TITLE"]

TITLE = "Pandey et al. 2023, full-disk flare forecasts explained, near the limb too"
ITEMS = {
    "dataset_counts": "dataset:dataset_counts",
    "fold_counts": "dataset:fold_counts",
    "class_counts": "dataset:class_counts",
    "skill_tss": "skill:skill_tss",
    "skill_hss": "skill:skill_hss",
    "per_fold": "skill:per_fold",
    "near_limb_x": "near_limb:near_limb_x",
    "near_limb_m": "near_limb:near_limb_m",
    "central_x": "near_limb:central_x",
    "central_m": "near_limb:central_m",
    "border_class": "border_class:border_class",
    "heatmap_x": "heatmaps:heatmap_x",
    "heatmap_m": "heatmaps:heatmap_m",
    "heatmap_xm": "heatmaps:heatmap_xm",
    "alexnet_trained_2026": "trained_2026:alexnet_trained_2026",
    "compact_trained_2026": "trained_2026:compact_trained_2026",
    "guided_gradcam": "attention:guided_gradcam",
    "deep_shap": "attention:deep_shap",
    "integrated_gradients": "attention:integrated_gradients",
    "agreement": "attention:agreement",
    "case_near_limb": "case_near_limb:case_near_limb",
    "case_false_alarm": "case_false_alarm:case_false_alarm",
    "limb_shift": "limb_shift:limb_shift",
    "leave_one_method_out": "leave_one_out:leave_one_method_out",
    "raw_vs_8bit": "raw_vs_8bit:raw_vs_8bit",
    "augmentation_ablation": "augmentation_ablation:augmentation_ablation",
}
