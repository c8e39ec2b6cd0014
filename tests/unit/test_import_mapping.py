"""How columns find their fields."""

import pytest

from jobs.imports.mapping import map_columns, pairs, plan_of, signature
from jobs.imports.refusal import ImportRefusedError, shown
from shared.warehouse.load_entities import ENTITIES, UnknownEntityError, entity_called
from shared.warehouse.load_fields import Kind

LEAD = ENTITIES["lead"]


def fields(header: list[str], told: dict[str, str] | None = None, saved: dict[str, str] | None = None, constants: dict[str, str] | None = None) -> dict[str, str]:
    return {one.column: one.field for one in map_columns(LEAD, header, told or {}, saved or {}, constants or {})}


def test_columns_are_recognised_by_name_and_synonym_whatever_their_spelling() -> None:
    assert fields(["Lead ID", "prospectId", "Lead Source", "Created Date", "First_Attempt_At", "Notes"]) == {
        "Lead ID": "external_id", "prospectId": "prospect_external_id", "Lead Source": "source", "Created Date": "created_at", "First_Attempt_At": "first_attempt_at", "Notes": ""}


def test_an_exact_name_wins_over_a_synonym() -> None:
    assert fields(["external_id", "id"]) == {"external_id": "external_id", "id": ""}


def test_two_columns_that_look_alike_are_refused_not_guessed() -> None:
    with pytest.raises(ImportRefusedError, match=r"'Created' and 'Created Date' both look like created_at"):
        fields(["Created", "Created Date"])
    with pytest.raises(ImportRefusedError, match="both look like source"):
        fields(["Source", "Source (2)"])


def test_what_is_told_wins_over_what_is_remembered_and_that_over_names() -> None:
    header = ["id", "ref", "Created"]
    assert fields(header, saved={"ref": "external_id", "id": ""}) == {"id": "", "ref": "external_id", "Created": "created_at"}
    assert fields(header, told={"id": "external_id"}, saved={"ref": "external_id", "id": ""}) == {"id": "external_id", "ref": "", "Created": "created_at"}
    assert fields(header, told={"Created": "-"})["Created"] == ""
    assert fields(["source", "id"], constants={"source": "Web"}) == {"source": "", "id": "external_id"}


def test_a_column_or_field_that_does_not_exist_is_refused_with_what_was_meant() -> None:
    with pytest.raises(ImportRefusedError, match="no column 'Creatd'; did you mean 'Created'"):
        fields(["Created"], told={"Creatd": "created_at"})
    with pytest.raises(ImportRefusedError, match="did you mean created_at"):
        fields(["Created"], told={"Created": "creatd_at"})
    with pytest.raises(ImportRefusedError, match="would both fill created_at"):
        fields(["a", "b"], told={"a": "created_at", "b": "created_at"})
    with pytest.raises(ImportRefusedError, match="must look like column=field"):
        pairs(["created_at"], "--map")


def test_a_mapping_without_required_fields_names_every_one_of_them() -> None:
    with pytest.raises(ImportRefusedError, match="prospect_external_id and source and created_at, which every lead needs"):
        plan_of(LEAD, map_columns(LEAD, ["id"], {}, {}, {}), {})


def test_a_rejects_file_s_own_columns_are_left_out() -> None:
    assert fields(["id", "rejected_line", "rejected_because"]) == {"id": "external_id", "rejected_line": "", "rejected_because": ""}


def test_a_branch_is_needed_only_where_no_parent_settles_it() -> None:
    call = ENTITIES["call"]
    header = ["id", "agent", "direction", "started_at", "seconds", "disposition"]
    with pytest.raises(ImportRefusedError, match="gives branch"):
        plan_of(call, map_columns(call, header, {}, {}, {}), {})
    plan_of(call, map_columns(call, [*header, "lead_id"], {}, {}, {}), {})
    plan_of(call, map_columns(call, header, {}, {}, {"branch": "Tampa"}), {"branch": "Tampa"})


def test_the_best_key_that_a_file_has_identifies_its_rows() -> None:
    target, product = ENTITIES["target"], ENTITIES["product"]
    keys = [[one.name for one in plan_of(entity, map_columns(entity, header, {}, {}, {}), {}).key] for entity, header in (
        (target, ["kpi", "month", "value"]), (target, ["external_id", "kpi", "month", "value"]), (product, ["name"]), (product, ["name", "sku"]))]
    assert keys == [["kpi", "branch", "month"], ["external_id"], ["name"], ["external_id"]]


def test_signatures_tell_headers_apart() -> None:
    assert signature(["a", "b"]) == signature(["a", "b"]) != signature(["a,b"])


def test_an_entity_is_found_in_the_plural_and_an_unknown_one_lists_them_all() -> None:
    assert entity_called("Change Orders") is ENTITIES["change_order"]
    assert entity_called("branches") is ENTITIES["branch"]
    with pytest.raises(UnknownEntityError, match=r"did you mean 'lead'.*request_log"):
        entity_called("laed")


def test_what_a_file_says_cannot_steer_a_terminal() -> None:
    assert shown("a\x1b[31mb\n") == "'a\\x1b[31mb\\n'"
    assert len(shown("x" * 500)) == 62


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_no_two_fields_of_an_entity_share_a_spelling(entity: object) -> None:
    names = [one.name for one in entity.fields]  # type: ignore[attr-defined]
    synonyms = [(synonym, one.name) for one in entity.fields for synonym in set(one.synonyms)]  # type: ignore[attr-defined]
    assert len(set(names)) == len(names)
    assert {synonym for synonym, name in synonyms if sum(other == synonym for other, _ in synonyms) > 1} == set()


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_references_point_at_entities_that_come_earlier(entity: object) -> None:
    order = list(ENTITIES)
    for one in entity.fields:  # type: ignore[attr-defined]
        if one.kind is Kind.REFERENCE:
            assert order.index(one.refers_to) < order.index(entity.name)  # type: ignore[attr-defined]
