"""What the API says of itself is true, and whatever is asked it answers in words."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.metrics.dimension import BY_DIMENSION
from shared.metrics.period import PRESETS
from shared.metrics.reference import Reference
from shared.metrics.registry import metrics
from shared.settings import Settings
from shared.web import install_api
from tests.integration.api.asking import SPAN, Api
from tests.sites import Visitor, build_site


def test_the_catalogue_says_what_each_number_is(api: Api) -> None:
    listed = {one["name"]: one for one in api.get("metrics").json["metrics"]}
    assert set(listed) == set(metrics())
    for one in listed.values():
        assert one["label"]
        assert one["meaning"]
        assert one["formula"]
        assert one["date_anchor"]
        assert one["views"]
        assert set(one["freshness"]) == set(one["views"])
    assert listed["gross_sales"]["unit"] == "count"
    assert "branch" in listed["gross_sales"]["dimensions"]


def test_every_metric_of_the_catalogue_can_be_asked_for_by_each_of_its_dimensions(api: Api) -> None:
    for one in api.get("metrics").json["metrics"]:
        for split in ("", *(f"&split={name}" for name in one["dimensions"][:2])):
            answer = api.get(f"ask?metrics={one['name']}&{SPAN}{split}")
            assert answer.status_code == 200, f"{one['name']}{split}: {answer.text}"


def test_the_description_lists_exactly_the_parameters_that_are_taken(api: Api) -> None:
    document = api.get("openapi.json").json
    described = {one["name"] for one in document["paths"]["/ask"]["get"]["parameters"]}
    assert described == {"metrics", "period", "start", "end", "grain", "split", "branch", *(f"where.{name}" for name in BY_DIMENSION)}
    values = {one["name"]: one["schema"] for one in document["paths"]["/ask"]["get"]["parameters"]}
    assert values["metrics"]["items"]["enum"] == list(metrics())
    assert values["period"]["enum"] == [*PRESETS, "custom"]
    assert set(document["paths"]["/ask"]["get"]["responses"]) == {"200", "304", "401", "403", "422", "503"}


def test_the_page_for_people_lists_every_metric_and_needs_a_sign_in(api: Api) -> None:
    visitor = Visitor(api.visitor.client.application)
    assert visitor.get("/api/v1/docs").status_code == 302
    page = visitor.as_person(api.company.people["boss"]).get("/api/v1/docs")
    assert page.status_code == 200
    assert not [name for name in metrics() if f"<code>{name}</code>" not in page.text]
    assert "http://" not in page.text.replace("http://localhost/", "")
    for name in ("metrics", "start", "where.channel"):
        assert f"<code>{name}</code>" in page.text
    assert "fiscal_ytd</code>" in page.text


def test_the_examples_in_the_documents_work(api: Api) -> None:
    shown = api.visitor.client.application.jinja_env.loader.get_source(api.visitor.client.application.jinja_env, "api.html")[0]  # type: ignore[union-attr]
    queries = [found.replace("&amp;", "&") for text in (shown, Path("docs/api.md").read_text()) for found in re.findall(r"api/v1/(ask\?[^\"` ]+)", text)]
    assert len(queries) >= 2
    for query in queries:
        assert api.get(query).status_code == 200, query


@pytest.mark.parametrize("preset", PRESETS)
def test_every_named_period_is_answered(api: Api, preset: str) -> None:
    body = api.get(f"ask?metrics=net_sales&period={preset}&grain=month").json
    assert body["period"]["name"] == preset
    assert body["period"]["start"] <= body["period"]["end"]


def test_without_a_period_the_month_to_date_is_meant(api: Api) -> None:
    assert api.get("ask?metrics=net_sales").json["period"]["name"] == "mtd"


_NAMES = st.sampled_from(["metrics", "period", "start", "end", "grain", "split", "branch", "where.rep", "where.channel", "where.branch", "where.", "x", "METRICS", ""])

_VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["net_sales", "close_rate", "mtd", "custom", "all", "day", "week", "branch", "rep", "1", "-1", "0", "99999", "1e5", "NaN", "2026-01-01", "9999-12-31",
                     "2026-13-01", "\x00", "';--", "net_sales,net_sales", ",,,", "branch,branch", "Pittsburgh", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16")]),
)


@hypothesis_settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(_NAMES, _VALUES), max_size=6), st.booleans())
def test_no_parameters_whatever_make_the_api_fail(api: Api, pairs: list[tuple[str, str]], asks_something: bool) -> None:
    query = urlencode([*([("metrics", "net_sales,nsli")] if asks_something else []), *pairs], errors="replace")
    answer = api.get(f"ask?{query}", "manager")
    assert answer.status_code in {200, 403, 422}, answer.text
    body = json.loads(answer.text, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
    if answer.status_code == 422:
        assert body["parameters"]
        assert all(one["message"] for one in body["parameters"])


@pytest.mark.parametrize("raw", ["%", "%zz", "metrics=%ff%fe", "&&&", "metrics", "=", "metrics=net_sales&branch=%F0%9F%98%80", "metrics=" + "a," * 3000])
def test_an_address_that_is_hardly_one_is_refused_and_not_fatal(api: Api, raw: str) -> None:
    assert api.get(f"ask?{raw}").status_code == 422


def test_the_api_answers_on_while_redis_is_away_and_says_so(api: Api) -> None:
    settings = api.company.settings.model_copy(update={"redis_url": Settings(
        database_url="postgresql://x", redis_url="redis://127.0.0.1:1", secret_key="k" * 40).redis_url})  # type: ignore[arg-type]
    server = build_site(api.company)
    install_api(server, CachedAsk(api.company.engines, Cache(settings), settings), Reference(api.company.engines))
    answer = Visitor(server).get(f"/api/v1/ask?metrics=gross_sales&{SPAN}", headers={"Authorization": f"Bearer {api.tokens['boss']}"})
    assert (answer.status_code, answer.json["rows"], answer.json["degraded"]) == (200, [{"gross_sales": 5}], True)
    assert answer.json["degraded_because"]


def test_the_company_day_decides_what_today_is(api: Api) -> None:
    ask = CachedAsk(api.company.engines, Cache(api.company.settings), api.company.settings)
    body = api.get("ask?metrics=net_sales&period=yesterday").json
    assert body["period"]["start"] == (ask.today - timedelta(days=1)).isoformat()
