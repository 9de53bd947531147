import pytest
from maps import PICTURES, draw


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
@pytest.mark.parametrize("wobble", [None, 1])
def test_drawn_units_fill_their_outline(picture, wobble):
    drawn = draw(picture, wobble=wobble)
    assert sum(shape.area for shape in drawn.shapes) == pytest.approx(drawn.outline.area)


def test_first_line_of_a_picture_is_the_north():
    drawn = draw("n n\ns s")
    assert drawn.units["n"].centroid.y > drawn.units["s"].centroid.y


def test_parents_are_unions_of_the_letters_named():
    drawn = draw("a b c")
    parents = drawn.parents({"P": "ab", "Q": "c"})
    assert parents["P"].equals(drawn.units["a"].union(drawn.units["b"]))
    assert parents["Q"].equals(drawn.units["c"])
