"""The HTTP API: true numbers, within the asker's branches, and every wrong parameter named."""

import pytest
from sqlalchemy import text

from shared.metrics.registry import metrics
from shared.people.changes import set_active
from shared.people.tokens import Tokens
from tests.integration.api.asking import SPAN, Api
from tests.sites import Visitor, build_site, words


def test_a_sum_is_the_sum_of_the_rows_to_the_cent(api: Api) -> None:
    assert api.rows(f"metrics=gross_sales,gross_sales_amount,net_sales_amount&{SPAN}") == [
        {"gross_sales": 5, "gross_sales_amount": pytest.approx(34001.50, abs=1e-9), "net_sales_amount": pytest.approx(27001.20, abs=1e-9)}]


def test_a_split_has_a_key_and_a_label_and_a_grain_a_first_day(api: Api) -> None:
    by_branch = api.rows(f"metrics=gross_sales&{SPAN}&split=branch")
    assert by_branch == [{"branch": api.company.pittsburgh, "branch_label": "Pittsburgh", "gross_sales": 3},
                         {"branch": api.company.columbus, "branch_label": "Columbus", "gross_sales": 2}]
    by_day = api.rows("metrics=gross_sales&start=2026-03-01&end=2026-03-04&grain=day")
    assert by_day == [{"bucket": f"2026-03-0{day}", "gross_sales": count} for day, count in ((1, 0), (2, 2), (3, 1), (4, 0))]


def test_what_is_missing_is_null_and_a_ratio_carries_its_sample(api: Api) -> None:
    answer = api.get("ask?metrics=cancel_rate,net_average_sale&start=2026-03-02&end=2026-03-03&grain=day&branch=Columbus")
    assert answer.json["rows"] == [
        {"bucket": "2026-03-02", "cancel_rate": None, "cancel_rate__n": 0, "net_average_sale": None, "net_average_sale__n": 0},
        {"bucket": "2026-03-03", "cancel_rate": 0.0, "cancel_rate__n": 1, "net_average_sale": 4000.4, "net_average_sale__n": 1}]
    assert "NaN" not in answer.text


def test_an_answer_says_what_it_is_about(api: Api) -> None:
    body = api.get(f"ask?metrics=gross_sales&{SPAN}&branch=columbus").json
    assert body["metrics"] == [{"name": "gross_sales", "label": "Gross sales", "unit": "count", "better": "up"}]
    assert body["period"] == {"name": "custom", "start": "2026-03-01", "end": "2026-03-31", "words": "1–31 Mar 2026"}
    assert body["branches"] == [{"id": api.company.columbus, "name": "Columbus"}]
    assert (body["degraded"], body["degraded_because"]) == (False, None)
    assert set(body["freshness"]) == {view for name in ("gross_sales",) for view in metrics()[name].views}
    assert body["as_of"].endswith("+00:00")
    assert len(body["definition"]) == 16


def test_a_new_row_is_in_the_next_answer(api: Api) -> None:
    before = api.rows("metrics=gross_sales&start=2026-02-01&end=2026-02-28")
    with api.company.engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status)"
                                " SELECT :branch, min(id), '2026-02-10 12:00-05', 1, 'firm' FROM crm.product"), {"branch": api.company.columbus})
    api.company.engines.wait_for_replicas()
    assert [before, api.rows("metrics=gross_sales&start=2026-02-01&end=2026-02-28")] == [[{"gross_sales": 0}], [{"gross_sales": 1}]]


@pytest.mark.parametrize(("who", "seen"), [("boss", 5), ("admin", 5), ("manager", 3), ("outsider", 2), ("analyst", 2), ("nobody", 0), ("head", 5)])
def test_each_person_counts_the_own_branches_only(api: Api, who: str, seen: int) -> None:
    assert api.rows(f"metrics=gross_sales&{SPAN}", who)[0]["gross_sales"] == seen
    split = api.rows(f"metrics=gross_sales&{SPAN}&split=branch", who)
    assert sum(int(str(row["gross_sales"])) for row in split) == seen


@pytest.mark.parametrize("parameter", ["branch", "where.branch"])
@pytest.mark.parametrize("spelling", ["id", "name"])
def test_asking_for_a_branch_of_somebody_else_is_refused_by_name_and_not_answered_smaller(api: Api, parameter: str, spelling: str) -> None:
    wanted = api.company.columbus if spelling == "id" else "Columbus"
    for query in (f"{parameter}={wanted}", f"{parameter}={wanted},{api.company.pittsburgh}"):
        answer = api.get(f"ask?metrics=gross_sales&{SPAN}&{query}", "manager")
        assert answer.status_code == 403
        assert "Columbus" in answer.json["error"]
        assert "rows" not in answer.json
    assert api.rows(f"metrics=gross_sales&{SPAN}&{parameter}={wanted}", "outsider") == [{"gross_sales": 2}]


def test_what_belongs_to_the_whole_company_is_not_for_a_branch(api: Api) -> None:
    assert api.rows(f"metrics=requests&{SPAN}") == [{"requests": 1}]
    refused = api.get(f"ask?metrics=requests&{SPAN}", "manager")
    assert (refused.status_code, "whole company" in refused.json["error"]) == (403, True)
    names = {who: {one["name"] for one in api.get("metrics", who).json["metrics"]} for who in ("boss", "manager")}
    assert names["boss"] == set(metrics())
    assert names["manager"] == {name for name, metric in metrics().items() if metric.has_branch}


def test_the_answer_of_one_person_is_never_served_to_another(api: Api) -> None:
    answers = {who: api.get(f"ask?metrics=gross_sales&{SPAN}", who) for who in ("boss", "manager", "outsider", "boss", "manager")}
    assert len({answer.headers["ETag"] for answer in answers.values()}) == 3
    again = api.get(f"ask?metrics=gross_sales&{SPAN}", "outsider", **{"If-None-Match": answers["boss"].headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in again.headers["Vary"]


def test_who_has_the_answer_gets_304_until_a_number_changes(api: Api) -> None:
    query = f"ask?metrics=gross_sales&start=2026-01-01&end=2026-01-31&branch={api.company.pittsburgh}"
    tag = api.get(query).headers["ETag"]
    same = api.get(query, **{"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    with api.company.engines.writer() as connection:
        connection.execute(text("INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status)"
                                " SELECT :branch, min(id), '2026-01-10 12:00-05', 1, 'firm' FROM crm.product"), {"branch": api.company.pittsburgh})
    api.company.engines.wait_for_replicas()
    assert api.get(query, **{"If-None-Match": tag}).status_code == 200
    catalogue = api.get("metrics")
    assert api.get("metrics", **{"If-None-Match": catalogue.headers["ETag"]}).status_code in {200, 304}


@pytest.mark.parametrize(("query", "named", "said"), [
    ("", "metrics", "name at least one"),
    ("metrics=", "metrics", "empty"),
    ("metrics=net_salez", "metrics", "did you mean 'net_sales'"),
    ("metrics=net_sales&period=mtdd", "period", "did you mean 'mtd'"),
    ("metrics=net_sales&period=mtd&period=ytd", "period", "once"),
    ("metrics=net_sales&period=mtd&start=2026-01-01", "period", "leave out start"),
    ("metrics=net_sales&period=custom", "start", "needs start and end"),
    ("metrics=net_sales&start=2026-01-01", "end", "needs start and end"),
    ("metrics=net_sales&start=yesterday&end=2026-01-01", "start", "must be a day"),
    ("metrics=net_sales&start=2026-02-30&end=2026-03-01", "start", "must be a day"),
    ("metrics=net_sales&start=20260101&end=2026-03-01", "start", "must be a day"),
    ("metrics=net_sales&start=0001-01-01&end=2026-03-01", "start", "between 1990"),
    ("metrics=net_sales&start=2026-03-02&end=2026-03-01", "period", "before it starts"),
    ("metrics=net_sales&start=1990-01-01&end=2026-03-01", "period", "longer than"),
    ("metrics=net_sales&grain=dya", "grain", "did you mean 'day'"),
    ("metrics=net_sales&split=brnch", "split", "did you mean 'branch'"),
    ("metrics=net_sales&split=agent", "split", "cannot be split"),
    ("metrics=net_sales&split=branch,rep,product,source,channel", "split", "at most 4"),
    ("metrics=net_sales&branch=Colombus", "branch", "did you mean 'Columbus'"),
    ("metrics=net_sales&branch=99", "branch", "no branch"),
    ("metrics=net_sales&where.product=x", "where.product", "whole number"),
    ("metrics=net_sales&where.product=%C2%B2", "where.product", "whole number"),
    ("metrics=net_sales&where.product=99999999999", "where.product", "whole number"),
    ("metrics=net_sales&where.channel=%00", "where.channel", "text"),
    ("metrics=net_sales&where.chanel=x", "where.chanel", "did you mean 'where.channel'"),
    ("metrics=net_sales&metric=x", "metric", "did you mean 'metrics'"),
    ("metrics=net_sales&start=2020-01-01&end=2026-01-01&grain=day&split=branch,product", "grain", "too much"),
])
def test_a_wrong_parameter_is_named_with_the_nearest_right_one(api: Api, query: str, named: str, said: str) -> None:
    answer = api.get(f"ask?{query}")
    assert answer.status_code == 422, answer.text
    assert named in [one["parameter"] for one in answer.json["parameters"]]
    assert said in answer.json["error"]


def test_every_wrong_parameter_is_named_at_once(api: Api) -> None:
    answer = api.get("ask?metrics=net_salez,leadz&period=mtdd&grain=dya&split=brnch&branch=nowhere&where.product=x&colour=red")
    assert {one["parameter"] for one in answer.json["parameters"]} == {"metrics", "period", "grain", "split", "branch", "where.product", "colour"}
    assert len([one for one in answer.json["parameters"] if one["parameter"] == "metrics"]) == 2


def test_without_a_good_token_or_session_nothing_is_answered(api: Api) -> None:
    for headers in ({}, {"Authorization": "Bearer nbi_wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer \u00e9"}):
        answer = api.visitor.get("/api/v1/metrics", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_bad_token_is_not_saved_by_a_good_session(api: Api) -> None:
    visitor = Visitor(api.visitor.client.application).as_person(api.company.people["boss"])
    assert visitor.get("/api/v1/metrics").status_code == 200
    assert visitor.get("/api/v1/metrics", headers={"Authorization": "Bearer nbi_wrong"}).status_code == 401


def test_a_token_is_made_shown_once_used_and_revoked_on_the_account_page(api: Api) -> None:
    visitor = Visitor(api.visitor.client.application).as_person(api.company.people["outsider"])
    page = visitor.post("/account/tokens", {"name": "Nightly export", "lifetime": "30"}, form_on="/account")
    token = page.text.split('id="new-token">')[1].split("<")[0]
    bearer = {"Authorization": f"Bearer {token}"}
    assert api.visitor.get(f"/api/v1/ask?metrics=gross_sales&{SPAN}", headers=bearer).json["rows"] == [{"gross_sales": 2}]
    assert token not in visitor.get("/account").text
    assert "Nightly export" in words(visitor.get("/account"))
    number = next(one.id for one in Tokens(api.company.engines).list(api.company.people["outsider"]) if one.name == "Nightly export")
    thief = Visitor(api.visitor.client.application).as_person(api.company.people["manager"])
    thief.post(f"/account/tokens/{number}/revoke", form_on="/account")
    assert api.visitor.get("/api/v1/metrics", headers=bearer).status_code == 200
    visitor.post(f"/account/tokens/{number}/revoke", form_on="/account")
    assert api.visitor.get("/api/v1/metrics", headers=bearer).status_code == 401
    assert visitor.post("/account/tokens", {"name": " "}, form_on="/account").status_code == 422


def test_a_role_that_does_not_open_the_site_does_not_open_its_api(api: Api) -> None:
    assert api.get("metrics", "cmo").status_code == 403


def test_a_token_of_somebody_deactivated_is_worth_nothing(api: Api) -> None:
    head = api.company.people["head"]
    set_active(api.company.engines, head.id, active=False)
    other = Visitor(build_site(api.company))
    assert other.get("/api/v1/metrics", headers={"Authorization": f"Bearer {api.tokens['head']}"}).status_code == 401
    set_active(api.company.engines, head.id, active=True)
