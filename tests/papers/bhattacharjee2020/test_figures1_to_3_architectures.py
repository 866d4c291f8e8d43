from __future__ import annotations

from pathlib import Path

from flarescope.papers import paper
from flarescope.papers.bhattacharjee2020.figures1_to_3_architectures import architectures
from flarescope.papers.claims import find_claim, read_claims, verdict
from flarescope.papers.reproduction import Desk


def test_the_code_has_the_layers_that_the_paper_describes(tmp_path: Path) -> None:
    found = architectures(Desk(None, tmp_path, quick=True))
    claims = read_claims(paper("bhattacharjee2020").claims)
    assert {one.claim for one in found} == {c.name for c in claims if c.item == "architectures"}
    for one in found:
        assert verdict(find_claim(claims, "architectures", one.claim), one) == "agrees", one
        assert (tmp_path / one.figure).is_file()
