"""Bhattacharjee, Alshehhi, Dhuri and Hanasoge 2020: two CNNs on SHARP magnetograms, opened up.

Every table and figure of "Supervised convolutional neural networks for classification of flaring and
nonflaring active regions using line-of-sight magnetograms". What its text leaves open is decided in
``docs/papers/bhattacharjee2020.md``.
"""

from __future__ import annotations

__all__ = ["ITEMS", "TITLE"]

TITLE = "Bhattacharjee et al. 2020, flaring and nonflaring active regions from line-of-sight magnetograms"
ITEMS = {
    "architectures": "figures1_to_3_architectures:architectures",
    "table1": "table1_regions:table1",
    "table2": "table2_table3_skill:table2",
    "table3": "table2_table3_skill:table3",
    "table4": "table4_24h_forecast:table4",
    "other_studies": "table4_24h_forecast:other_studies",
    "figure4": "figure05_recall_around_flares:figure4",
    "figure5_cnn": "figure05_recall_around_flares:figure5_cnn",
    "figure5_svm": "figure05_svm:figure5_svm",
    "figure6_counts": "figure06_unsigned_flux:figure6_counts",
    "figure6_flux": "figure06_unsigned_flux:figure6_flux",
    "figure7": "figure07_bipole:figure7",
    "figure8": "figure08_resolution:figure8",
    "figure9_radius": "figure09_bipoles:figure9_radius",
    "figure9_field": "figure09_bipoles:figure9_field",
    "figure9_polarity": "figure09_bipoles:figure9_polarity",
    "figure9_single": "figure09_bipoles:figure9_single",
    "figure10_x": "figure10_resolution_artefact:figure10_x",
    "figure10_y": "figure10_resolution_artefact:figure10_y",
    "figure10_ratio": "figure10_resolution_artefact:figure10_ratio",
    "figure11_reversed": "figure11_retrained:figure11_reversed",
    "figure11_spread": "figure11_retrained:figure11_spread",
    "hale_joy": "figure11_retrained:hale_joy",
    "figure12": "figure12_occlusion:figure12",
    "figure13": "figure13_loss:figure13",
    "chronological_test": "chronological_test:chronological_test",
    "identity_activation": "variants:identity_activation",
    "larger_input": "variants:larger_input",
    "learning_rate_batch": "variants:learning_rate_batch",
    "filter_sensitivity": "variants:filter_sensitivity",
    "artefact_free": "artefact_free:artefact_free",
    "frame_size_leak": "frame_size_leak:frame_size_leak",
}
