"""What is claimed of a subject: a theorem by its id, or text; what is neither is refused."""

from __future__ import annotations

import pytest

from amverify.errors import InvalidInput
from amverify.subject.subject import Claim, claimed, declared, run_subject


def test_an_id_names_a_theorem_and_leaves_its_constants_to_the_audit():
    said = Claim("H1", {"a": 0.5})
    assert claimed(said).id == "H1"
    assert declared(said) == {"a": 0.5}


def test_a_text_is_a_theorem_of_its_own_with_its_constants_in_it():
    said = Claim("value[k] <= value[k-1] - a*step2[k]", {"a": 0.5}, trust=("f convex",))
    assert claimed(said).id != "H1"
    assert declared(said) == {}


def test_hypotheses_of_a_theorem_are_its_own():
    with pytest.raises(InvalidInput, match="H1: given and trust belong to a claim that is written"):
        claimed(Claim("H1", given=("eta[k] <= 1",)))


@pytest.mark.parametrize("name", ["my_module", ":run", "my_module:"])
def test_a_name_without_a_module_or_a_function_is_refused_before_anything_runs(name):
    with pytest.raises(InvalidInput, match="write it as module:function"):
        run_subject(name, 1.0, 1)
