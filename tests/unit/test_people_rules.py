"""What roles, accounts and passwords may be, without a database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.people.account import checked_account, clean_email
from shared.people.passwords import WeakPasswordError, check_new_password, hash_password, is_outdated, matches, new_one_time_password
from shared.people.person import Person
from shared.people.problems import AccountError
from shared.people.reach import scope_of
from shared.people.reconciliation_rules import may_keep_sources, may_sign_periods, may_work_on_cases
from shared.people.roles import ROLES


def person(role: str, **more: object) -> Person:
    """Return somebody of ``role``."""
    return Person(**{"id": 1, "email": "a@b.c", "name": "Ann Lee", "role": role, "all_branches": False, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "bi", "cmo"), [
    ("leadership", True, True), ("admin", True, True), ("cmo", False, True), ("branch_manager", True, False), ("department_head", True, False), ("analyst", True, False),
])
def test_each_role_enters_its_sites_only(role: str, bi: bool, cmo: bool) -> None:
    assert (person(role).may_enter("bi"), person(role).may_enter("cmo")) == (bi, cmo)


def test_only_administrators_open_the_pages_for_people() -> None:
    assert [key for key, role in ROLES.items() if role.may_open("/admin/people")] == ["admin"]
    assert [key for key, role in ROLES.items() if role.manages_people] == ["admin"]


def test_a_closed_page_closes_what_lies_under_it_and_nothing_that_merely_begins_alike() -> None:
    head = person("department_head")
    assert not head.may_open("/reconciliation")
    assert not head.may_open("/reconciliation/cases")
    assert head.may_open("/reconciliations-explained")


def test_analysts_work_on_cases_and_managers_sign_for_them() -> None:
    assert [role for role in ROLES if may_work_on_cases(person(role))] == ["leadership", "branch_manager", "analyst", "admin"]
    assert [role for role in ROLES if may_sign_periods(person(role))] == ["leadership", "branch_manager", "admin"]
    assert [may_keep_sources(person(role, all_branches=True)) for role in ("analyst", "department_head")] == [True, False]
    assert not may_keep_sources(person("branch_manager", branches=frozenset({3})))


def test_a_manager_sees_the_own_branches_a_manager_without_any_sees_none_and_leadership_sees_all() -> None:
    assert scope_of(person("branch_manager", branches=frozenset({3}))).branches == {3}
    assert scope_of(person("branch_manager")).branches == frozenset()
    assert scope_of(person("leadership", all_branches=True)).branches is None


def test_nobody_inactive_sees_anything() -> None:
    assert scope_of(person("admin", all_branches=True, is_active=False)).branches == frozenset()
    assert not person("admin", is_active=False).may_enter("bi")


def test_initials_are_of_the_first_and_the_last_name() -> None:
    assert person("cmo", name="Mary Ann van Dyke").initials == "MD"
    assert person("cmo", name="cher").initials == "C"


def test_company_wide_roles_get_every_branch_whatever_was_chosen() -> None:
    assert checked_account(email="a@b.c", name="A", role="leadership", branches=[1]).all_branches


def test_branches_that_were_not_chosen_mean_none_for_a_manager_and_all_for_an_analyst() -> None:
    manager, analyst = (checked_account(email="a@b.c", name="A", role=role) for role in ("branch_manager", "analyst"))
    assert (manager.all_branches, manager.branches) == (False, frozenset())
    assert analyst.all_branches


def test_an_analyst_with_an_empty_choice_sees_nothing_rather_than_everything() -> None:
    account = checked_account(email="a@b.c", name="A", role="analyst", branches=[])
    assert (account.all_branches, account.branches) == (False, frozenset())


@pytest.mark.parametrize(("wrong", "said"), [
    ({"role": "king"}, "no role 'king'"), ({"name": "  "}, "needs a name"), ({"name": "a\x00b"}, "needs a name"), ({"name": "x" * 121}, "needs a name"),
    ({"email": "ann"}, "not an e-mail"), ({"email": "a@b@c"}, "not an e-mail"), ({"email": "a b@c.d"}, "not an e-mail"), ({"email": "a\x00@c.d"}, "not an e-mail"),
    ({"role": "department_head"}, "needs a department"), ({"role": "department_head", "department": "wizardry"}, "needs a department"),
])
def test_an_account_that_makes_no_sense_is_refused_in_words(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(AccountError, match=said):
        checked_account(**{"email": "a@b.c", "name": "A", "role": "analyst", **wrong})  # type: ignore[arg-type]


def test_an_address_has_one_spelling() -> None:
    assert clean_email("  Ann.Lee@Example.COM ") == "ann.lee@example.com"


@pytest.mark.parametrize("weak", [
    "short", "elevenchars", "password1234", "PassWord1234!!", "aaaaaaaaaaaaaaaa", "ann.lee@northline.test", "xx ann.lee@northline.test", "ann.lee2026!", "x" * 201,
])
def test_a_guessable_password_is_refused(weak: str) -> None:
    with pytest.raises(WeakPasswordError):
        check_new_password(weak, "ann.lee@northline.test")


def test_a_few_words_make_a_good_password() -> None:
    check_new_password("seven quiet lanterns", "ann.lee@northline.test")


def test_a_one_time_password_passes_the_rules_and_never_repeats() -> None:
    made = {new_one_time_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_new_password(password, "ann@northline.test")


def test_a_hash_matches_its_password_only_and_a_missing_hash_matches_nothing() -> None:
    kept = hash_password("seven quiet lanterns")
    assert matches(kept, "seven quiet lanterns")
    assert not matches(kept, "seven quiet lantern")
    assert not matches(None, "seven quiet lanterns")
    assert not matches(kept, "x" * 100_000)
    assert kept.startswith("$argon2id$")
    assert not is_outdated(kept)


@given(st.text(max_size=300))
def test_any_text_is_either_an_address_or_refused_in_words(text: str) -> None:
    try:
        email = clean_email(text)
    except AccountError:
        return
    assert email == email.strip().lower()
    assert email.count("@") == 1
