"""Definitions of reports: what is read back, what is refused, and in which words."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.demo.reports import DEMO_REPORTS
from shared.reports.chart_kinds import CHART_KINDS, misfit
from shared.reports.report import ReportError
from shared.reports.report_text import LARGEST_TEXT, plain, read_report, report_of, written
from shared.reports.templates import TEMPLATES

BAR: dict[str, Any] = {"id": "a", "kind": "bar", "place": {"x": 0, "y": 0, "w": 6, "h": 4}, "metrics": ["leads"], "split": "source"}


def definition(**block: object) -> str:
    return json.dumps({"schema": 1, "title": "Leads", "blocks": [{**BAR, **block}]})


@pytest.mark.parametrize("each", [*TEMPLATES, *DEMO_REPORTS], ids=lambda each: each.report.title)
def test_every_template_and_demo_report_is_written_and_read_back(each: Any) -> None:
    assert read_report(written(each.report)) == each.report
    assert all(not block.lacks for block in each.report.blocks)


def test_equal_reports_are_written_alike_and_can_be_keys() -> None:
    one, other = read_report(definition()), report_of(plain(read_report(definition())))
    assert one == other
    assert len({one, other}) == 1
    assert written(one) == written(other)


HOSTILE: list[tuple[str, str, str]] = [
    ("sql as a metric", definition(metrics=["leads; DROP TABLE app.person"]), "no metric is called"),
    ("sql as a split", definition(split="source' OR 1=1 --"), "no dimension is called"),
    ("a path as a kind", definition(kind="../../etc/passwd"), "no kind of block is called"),
    ("a script as a name", definition(id="<script>"), "lower case letters"),
    ("a title that nobody sees", json.dumps({"title": "\u200b\u200f \u3164"}), "needs a title"),
    ("what nothing knows", definition(formula="=1+1"), "is called 'formula'"),
    ("a formula in the sort", definition(sort="=HYPERLINK(1)"), "sort by name"),
    ("a metric twice", definition(metrics=["leads", "leads"]), "there already"),
    ("off the canvas", definition(place={"x": 8, "y": 0, "w": 6, "h": 4}), "within 12 columns"),
    ("a place of text", definition(place={"x": "0", "y": 0, "w": 6, "h": 4}), "whole numbers"),
    ("yes as a number", definition(top=True), "whole numbers"),
    ("too many rows", definition(top=10**5), "at most 1,000"),
    ("a value that is none", '{"title": "x", "blocks": [], "limits": {"where": NaN}}', "is no number"),
    ("a name twice", '{"title": "x", "title": "y"}', "a name twice"),
    ("no JSON", "{", "no json"),
    ("a list", "[]", "must be an object"),
    ("a later version", '{"schema": 2, "title": "x"}', "version 2"),
    ("yes as the version", '{"schema": true, "title": "x"}', "version true"),
    ("deep", "[" * 100_000, "too deeply"),
    ("deep but readable", '{"title": "x", "limits": ' + '{"where": ' * 30 + "1" + "}" * 31, "too deeply"),
    ("large", '{"title": "' + "x" * LARGEST_TEXT + '"}', "bytes"),
    ("a long title", json.dumps({"title": "x" * 121}), "120 are allowed"),
    ("no title", json.dumps({"title": "   "}), "needs a title"),
    ("a character that no text has", json.dumps({"title": "a\0b"}), "cannot be shown"),
    ("half a character", '{"title": "a\\ud800b"}', "cannot be shown"),
    ("text that turns round", json.dumps({"title": "a\u202eb"}), "cannot be shown"),
    ("a number of a million digits", '{"title": "x", "blocks": [{"id": "a", "kind": "bar", "place": {"x": ' + "9" * 100_000 + "}}]}", "no json"),
    ("too many blocks", json.dumps({"title": "x", "blocks": [{}] * 31}), "list of 30"),
    ("a day that is none", definition(limits={"period": "2026-13-01..2026-13-02"}), "must be a day"),
    ("a preset that is none", definition(limits={"period": "pg_sleep(9)"}), "no period is called"),
    ("a key that is no number", definition(limits={"where": {"source": ["1 OR 1=1"]}}), "whole numbers"),
    ("too many keys", definition(limits={"where": {"source": [str(key) for key in range(51)]}}), "list of 50"),
    ("branches among the conditions", definition(limits={"where": {"branch": ["1"]}}), "their own filter"),
    ("a condition that metrics do not know", definition(limits={"where": {"crew": ["A"]}}), "not known by crew"),
    ("a comparison with infinity", definition(only_if={"metric": "leads", "sign": ">", "value": 10**400}), "ordinary size"),
    ("a sign that is none", definition(only_if={"metric": "leads", "sign": "~", "value": 1}), "one of"),
    ("text where none is shown", definition(text="=cmd()"), "only a text block"),
]


@pytest.mark.parametrize(("text", "words"), [(text, words) for _, text, words in HOSTILE], ids=[name for name, _, _ in HOSTILE])
def test_a_hostile_definition_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ReportError) as caught:
        read_report(text)
    assert words.casefold() in str(caught.value).casefold()
    assert len(str(caught.value)) < 400


def test_a_refusal_says_where() -> None:
    with pytest.raises(ReportError) as caught:
        read_report(json.dumps({"title": "x", "blocks": [BAR, {**BAR, "id": "b", "place": {"x": 0, "y": 9, "w": 20, "h": 1}}]}))
    assert caught.value.part == "blocks[1].place"


def test_blocks_that_cover_each_other_or_share_a_name_are_refused() -> None:
    with pytest.raises(ReportError, match="lie on each other"):
        read_report(json.dumps({"title": "x", "blocks": [BAR, {**BAR, "id": "b"}]}))
    with pytest.raises(ReportError, match="same name"):
        read_report(json.dumps({"title": "x", "blocks": [BAR, {**BAR, "place": {"x": 0, "y": 9, "w": 6, "h": 4}}]}))


def test_text_that_looks_like_a_program_is_kept_as_text() -> None:
    words = "=1+1 <script>alert(1)</script> '; DROP TABLE x; -- ${7*7}"
    found = read_report(json.dumps({"title": words, "blocks": [{"id": "t", "kind": "text", "place": BAR["place"], "text": words}]}))
    assert found.title == words
    assert found.blocks[0].text == words


ANY_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12)
NEARLY = st.fixed_dictionaries({"title": st.text(max_size=130) | ANY_JSON}, optional={
    "schema": st.just(1) | ANY_JSON, "limits": st.fixed_dictionaries({}, optional={"period": st.sampled_from(["mtd", "last_fiscal_quarter", "2026-01-01..2026-02-01", "x"]) | ANY_JSON, "compare": st.sampled_from(["none", "year"]) | ANY_JSON,
                                                                                  "branches": st.lists(st.integers(-1, 40_000), max_size=3), "where": ANY_JSON}),
    "blocks": st.lists(st.fixed_dictionaries({"id": st.sampled_from("abc"), "kind": st.sampled_from(sorted(CHART_KINDS)) | st.text(max_size=5), "place": st.fixed_dictionaries({name: st.integers(-1, 13) for name in "xywh"}) | ANY_JSON}, optional={
        "metrics": st.lists(st.sampled_from(["leads", "net_close_rate", "net_sales_amount"]) | st.text(max_size=5), max_size=4), "split": st.sampled_from(["", "month", "source", "branch", "crew"]) | ANY_JSON,
        "series": st.sampled_from(["", "day", "channel"]), "top": st.integers(-1, 2000), "sort": st.sampled_from(["", "name.up", "leads.down", "leads.sideways"]), "only_if": ANY_JSON, "text": st.text(max_size=5), "limits": ANY_JSON}) | ANY_JSON, max_size=3)})


@settings(max_examples=300, deadline=None)
@given(NEARLY | ANY_JSON)
def test_whatever_is_sent_is_a_report_that_reads_back_or_a_sentence(found: object) -> None:
    try:
        report = read_report(json.dumps(found))
    except ReportError as error:
        assert str(error)[-1] in ".?"
        assert len(str(error)) < 500
    else:
        assert read_report(written(report)) == report


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_are_refused_or_read_and_nothing_else(raw: bytes) -> None:
    try:
        read_report(raw)
    except ReportError as error:
        assert str(error)


FITS = [
    ("line", "split", "source", ["leads"], "", "", "span of time"),
    ("pie", "split", "month", ["leads"], "", "", "no span of time"),
    ("pie", "value", "net_close_rate", [], "source", "", "does not add up: it is a ratio"),
    ("line", "value", "net_close_rate", ["leads"], "month", "", "has one axis"),
    ("line", "value", "demos", ["issued"], "month", "product", "room for one metric"),
    ("kpi", "split", "source", ["leads"], "", "", "no place for a split"),
    ("bar", "split", "crew", ["leads"], "", "", "Leads is not known by crew; it is by"),
    ("map", "split", "source", ["leads"], "", "", "by branch only"),
    ("heat", "series", "month", ["leads"], "month", "", "already"),
    ("combo", "value", "demos", ["leads", "issued"], "month", "", "2 metrics at most"),
    ("bar", "series", "source", ["leads", "set_rate"], "branch", "", "single metric"),
    ("text", "value", "leads", [], "", "", "no place for numbers"),
]


@pytest.mark.parametrize(("kind", "well", "name", "metrics", "split", "series", "words"), FITS)
def test_a_field_that_does_not_fit_is_refused_in_words(kind: str, well: str, name: str, metrics: list[str], split: str, series: str, words: str) -> None:
    assert words in misfit(CHART_KINDS[kind], well, name, metrics, split, series)


@pytest.mark.parametrize("kind", CHART_KINDS.values(), ids=lambda kind: kind.key)
def test_every_kind_says_what_it_lacks_until_it_has_it(kind: Any) -> None:
    place = {"x": 0, "y": 0, "w": kind.size[0], "h": kind.size[1]}
    block = read_report(json.dumps({"title": "x", "blocks": [{"id": "a", "kind": kind.key, "place": place}]})).blocks[0]
    needs = [well for well in kind.wells if well.least]
    assert bool(block.lacks) == bool(needs or kind.key == "text")
    assert block.lacks.startswith(f"Drop {'2 more metrics' if needs and needs[0].least == 2 else 'a metric'}" if needs else "Write" if kind.key == "text" else "")
