"""Tables of claims lead to the page that explains their words."""

from types import SimpleNamespace

from claim_captions import PAGE, link_captions

from msbook import claims

APP = SimpleNamespace(
    builder=SimpleNamespace(get_relative_uri=lambda start, end: f"{start} -> {end}")
)


def table() -> str:
    settled = claims.settle(
        "slow_maps/hidden-scales",
        {"ratio_times_eps": [0.99, 1.01, 1.0, 1.02, 0.98]},
        rival={"ratio_times_eps": 0.002},
    )
    return settled._repr_mimebundle_()["text/html"]


def test_caption_becomes_a_link():
    context = {"body": table()}
    link_captions(APP, "book/slow_maps/slow_and_fast", "", context, None)
    link = f'href="book/slow_maps/slow_and_fast -> {PAGE}">How claims are judged</a>'
    assert context["body"].count(link) == 1
    assert "<cite" not in context["body"]


def test_other_pages_are_left_alone():
    context = {"body": "<cite>A book</cite>"}
    link_captions(APP, "book/index", "", context, None)
    assert context == {"body": "<cite>A book</cite>"}


def test_printed_value_stands_once_with_the_claim():
    assert table().count("In the paper: 1 (10³ at ε = 10⁻³).") == 1
