"""Quads added and removed: recorded, one change after another, and as N-Quads."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from aikg.rules.delta import Delta, Recorder

NODES = [ox.NamedNode(f"urn:{letter}") for letter in "abc"]
QUADS = st.builds(
    ox.Quad,
    st.sampled_from(NODES),
    st.sampled_from(NODES),
    st.sampled_from([*NODES, ox.Literal('a "b"\n'), ox.Literal("c", language="en")]),
    st.sampled_from([ox.DefaultGraph(), *NODES[:2]]),
)
STEPS = st.lists(st.tuples(st.booleans(), QUADS), max_size=12)


def take(recorder: Recorder, steps: list[tuple[bool, ox.Quad]]) -> Delta:
    """Add or remove a quad a step, and return the delta."""
    for added, quad in steps:
        (recorder.add if added else recorder.remove)(quad)
    return recorder.delta


@settings(max_examples=200, deadline=None)
@given(start=st.lists(QUADS, max_size=6), first=STEPS, second=STEPS)
def test_a_delta_is_the_difference_of_two_states(
    start: list[ox.Quad],
    first: list[tuple[bool, ox.Quad]],
    second: list[tuple[bool, ox.Quad]],
) -> None:
    """Of one change, of two in a row, and of none after a revert."""
    store = ox.Store()
    store.extend(start)
    states = [set(store)]
    one = take(Recorder(store), first)
    states.append(set(store))
    recorder = Recorder(store)
    two = take(recorder, second)
    states.append(set(store))
    assert (one.added, one.removed) == (states[1] - states[0], states[0] - states[1])
    both = one.then(two)
    assert (both.added, both.removed) == (states[2] - states[0], states[0] - states[2])
    assert Delta.from_nquads(*both.to_nquads()) == both
    recorder.revert()
    assert set(store) == states[1]
    assert recorder.delta == Delta()
