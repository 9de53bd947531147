from shapely import Polygon
from shapely.geometry import LineString, box

from gridgeo.geometry.changed_borders import (
    border_segments,
    changed_borders,
    merged_lines,
    moved_borders,
    segments_along,
)

LEFT, RIGHT = box(0, 0, 1, 1), box(1, 0, 2, 1)
WIDER = Polygon([(0, 0), (1, 0), (1.2, 0.5), (1, 1), (0, 1)])
NARROWER = Polygon([(1, 0), (2, 0), (2, 1), (1, 1), (1.2, 0.5)])


def test_a_shared_border_is_one_segment_whoever_has_it_on_which_side():
    assert border_segments([LEFT, RIGHT]) == border_segments([RIGHT]) | border_segments([LEFT])
    assert len(border_segments([LEFT, RIGHT])) == 7
    assert segments_along(LineString([(1, 1), (1, 0)])) == {(1.0, 0.0, 1.0, 1.0)}


def test_what_moved_is_what_only_one_side_has():
    changed = changed_borders([LEFT, RIGHT], [WIDER, NARROWER])
    assert changed.removed == {(1.0, 0.0, 1.0, 1.0)}
    assert changed.added == {(1.0, 0.0, 1.2, 0.5), (1.0, 1.0, 1.2, 0.5)}
    assert moved_borders(changed) == changed
    assert changed_borders([LEFT], [LEFT]).all == frozenset()


def test_a_corner_on_the_way_moves_no_border():
    noded = Polygon([(0, 0), (1, 0), (1.0000001, 0.5), (1, 1), (0, 1)])
    changed = changed_borders([LEFT], [noded])
    assert len(changed.all) == 3
    assert moved_borders(changed).all == frozenset()


def test_segments_are_joined_to_lines_from_west_to_east():
    changed = changed_borders([LEFT, RIGHT], [WIDER, NARROWER])
    [line] = merged_lines(changed.added)
    assert line.equals(LineString([(1, 0), (1.2, 0.5), (1, 1)]))
    far = merged_lines({(5.0, 0.0, 6.0, 0.0), *changed.added})
    assert [part.bounds[0] for part in far] == [1.0, 5.0]
    assert merged_lines([]) == []
