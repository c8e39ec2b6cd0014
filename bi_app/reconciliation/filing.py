"""What the parts of the page say in files: the workpaper (every case with what became of it), both sides of every ledger, and a signed period."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bi_app.reconciliation.words import LEVELS
from shared.charts.template import Figure
from shared.metrics.metric import Unit
from shared.reconciliation.breaks import BREAK_NAMES
from shared.reconciliation.caring import REASONS, STATUSES
from shared.reconciliation.proof import Rows
from shared.reconciliation.signing import SignOff
from shared.reconciliation.summary import TITLES as RULE_TITLES
from shared.reconciliation.summary import Part, Side, Summary
from shared.reports.document import Block, Cell, Column, Table

_COUNTS = (Column("Matched", Unit.COUNT), Column("Broken", Unit.COUNT), Column("Total", Unit.COUNT, "Matched and broken; read from the tables that were compared"))
_MONEY = (Column("Matched $", Unit.MONEY, to_the_cent=True), Column("Broken $", Unit.MONEY, to_the_cent=True), Column("Total $", Unit.MONEY, to_the_cent=True))


def sides_block(sides: Sequence[Side]) -> Block:
    """Both sides of every source."""
    rows: tuple[tuple[Cell, ...], ...] = tuple((each.label, "Theirs" if each.side == "outside" else "Ours", each.matched_count, each.broken_count, each.total_count, each.matched_count / each.total_count if each.total_count else None,
                  each.matched_cents / 100, each.broken_cents / 100, each.total_cents / 100) for each in sides)
    says = f"{sum(each.broken_count for each in sides if each.side == 'outside'):,} of others' {sum(each.total_count for each in sides if each.side == 'outside'):,} records are broken; matched and broken add up to the total on every side, by count and by cents."
    return Block("ledgers", "Ledgers of others", says, table=Table((Column("Source"), Column("Side"), *_COUNTS, Column("Match rate", Unit.PERCENT), *_MONEY), rows))


def facts_block(found: Summary) -> Block:
    """What is open by kind of fault, how old it is, and what moved in a week."""
    rows: list[tuple[Cell, ...]] = [("Open cases", sum(part.cases for part in found.families), sum(part.amount for part in found.families)), *((part.label, part.cases, part.amount) for part in found.families)]
    rows += [("Closed in the last 7 days", found.closed, None), ("Opened in the last 7 days", found.opened, None)]
    says = "" if found.mean_age is None else f"Open cases are {found.mean_age:.1f} days old in the mean."
    return Block("facts", "Open cases", says, table=Table((Column("Kind"), Column("Cases", Unit.COUNT), Column("At risk", Unit.MONEY, to_the_cent=True)), tuple(rows)))


def trend_block(found: Summary, figure: Figure) -> Block:
    """Open cases by day."""
    return Block("open-by-day", "Open cases by day", figure=figure, table=Table((Column("Day"), Column("Open cases", Unit.COUNT), Column("At risk", Unit.MONEY, to_the_cent=True)), tuple((day, count, amount) for day, count, amount in found.trend)))


def parts_block(key: str, title: str, parts: Sequence[Part], what: str) -> Block:
    """Open cases by some part."""
    return Block(key, title, table=Table((Column(what), Column("Open cases", Unit.COUNT), Column("At risk", Unit.MONEY, to_the_cent=True)), tuple((part.label, part.cases, part.amount) for part in parts)))


def workpaper(rows: Sequence[Mapping[str, Any]]) -> Block:
    """Every case of the queue, with what is known and what was done."""
    columns = (Column("Rule"), Column("What"), Column("Source"), Column("Case"), Column("Why"), Column("Branch"), Column("Representative"), Column("Day"), Column("Since"), Column("Age, days", Unit.COUNT), Column("At risk", Unit.MONEY, to_the_cent=True), Column("Status"),
               Column("Reason"), Column("Owner"), Column("Note"), Column("Closed on"), Column("Fingerprint"))
    lines: tuple[tuple[Cell, ...], ...] = tuple((row["rule"], RULE_TITLES.get(row["rule"], row["rule"]), row["source"], row["label"], str(row["detail"].get("why", "")), row["branch"], row["rep"], row["day"], row["since"], row["age"], float(row["amount"]),
                   "Write-off proposed" if row["proposed_by"] else STATUSES[row["status"]], REASONS.get(row["reason"], ""), row["owner"], row["note"], row["closed_on"], row["fingerprint"]) for row in rows)
    total = sum(float(row["amount"]) for row in rows)
    totals: tuple[Cell, ...] = (f"{len(rows):,} cases", *[None] * 9, total, *[None] * 6)
    return Block("work-queue", "Work queue", f"{len(rows):,} cases, ${total:,.2f} at risk.", table=Table(columns, lines, totals if rows else ()))


def lines_of(parts: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int | None, dict[str, tuple[int, int]]]]:
    """Return the lines of a proof: label, state, level, side -> (count, cents); those of matches first, then the types of breaks."""
    found: dict[tuple[str, int | None], dict[str, tuple[int, int]]] = {}
    for each in parts:
        key = ("matched", int(each["level"])) if each["state"] == "matched" else (str(each["state"]), None)
        before = found.setdefault(key, {}).get(each["side"], (0, 0))
        found[key][each["side"]] = (before[0] + each["count"], before[1] + each["cents"])
    matched = [(f"Matched {LEVELS.get(level or 0, '')}", "matched", level, sides) for (state, level), sides in sorted(found.items(), key=lambda pair: pair[0][1] or 0) if state == "matched"]
    return matched + [(RULE_TITLES.get(state, state), state, None, found[state, None]) for state in BREAK_NAMES if (state, None) in found]


def standing_block(parts: Sequence[Mapping[str, Any]]) -> Block:
    """What became of every row of both sides of every source, as of the newest run of each."""
    columns = (Column("Source"), Column("What became of it"), Column("Theirs", Unit.COUNT), Column("Theirs $", Unit.MONEY, to_the_cent=True), Column("Ours", Unit.COUNT), Column("Ours $", Unit.MONEY, to_the_cent=True))
    rows: list[tuple[Cell, ...]] = []
    for source in dict.fromkeys(str(each["source"]) for each in parts):
        lines = lines_of([each for each in parts if each["source"] == source])
        rows += [(source, label, *_of_sides(sides)) for label, _, _, sides in lines]
        rows.append((source, "Together", *_of_sides({side: (sum(sides.get(side, (0, 0))[0] for *_, sides in lines), sum(sides.get(side, (0, 0))[1] for *_, sides in lines)) for side in ("outside", "crm")})))
    return Block("proof", "Proof", "Each row of either side stands in one line; the lines of a source add up to both of its sides, by count and by cents.", table=Table(columns, tuple(rows)) if rows else None)


def _of_sides(sides: Mapping[str, tuple[int, int]]) -> tuple[Cell, ...]:
    return tuple(cell for side in ("outside", "crm") for cell in (sides.get(side, (0, 0))[0], sides.get(side, (0, 0))[1] / 100))


def proof_block(run: Mapping[str, Any], lines: Sequence[tuple[str, str, int | None, Mapping[str, tuple[int, int]]]]) -> Block:
    """What became of every row of both sides in one run."""
    totals = {each["side"]: (each["total_count"], each["total_cents"]) for each in run["sides"]}

    columns = (Column("What became of it"), Column("Theirs", Unit.COUNT), Column("Theirs $", Unit.MONEY, to_the_cent=True), Column("Ours", Unit.COUNT), Column("Ours $", Unit.MONEY, to_the_cent=True))
    says = "The lines add up to the totals, which were counted in the tables that were read."
    return Block(f"proof-{run['source']}", f"Proof of {run['source']}, run {run['id']}", says, table=Table(columns, tuple((label, *_of_sides(sides)) for label, _, _, sides in lines), ("Together", *_of_sides(totals))))


def files_block(files: Sequence[Mapping[str, Any]]) -> Block:
    """The files of a source, each with its records and every line that is none."""
    columns = (Column("Source"), Column("File"), Column("SHA-256"), Column("Taken on"), Column("Line"), Column("What"), Column("Records", Unit.COUNT), Column("$", Unit.MONEY, to_the_cent=True))
    rows: list[tuple[Cell, ...]] = []
    for each in files:
        rows.append((each["source"], each["batch"], each["sha256"], each["added_at"].date(), None, "records", each["row_count"], each["cents"] / 100))
        rows += [(each["source"], each["batch"], "", None, one["line"], f"left out: {one['words']}" + (f" ({one['says']})" if one.get("says") else ""), None, None) for one in each["left_out"]]
    return Block("files", "From the files", "Records and lines left out are all that a file holds below its header.", table=Table(columns, tuple(rows)))


def rows_block(title: str, says: str, found: Rows) -> Block:
    """The rows behind a number."""
    columns = (Column("Day"), Column("Reference"), Column("Household"), Column("Amount", Unit.MONEY, to_the_cent=True), Column("Became"), Column("With"), Column("Because"), Column("File"), Column("Line", Unit.COUNT), Column("Case"))
    return Block("rows", title, says, table=Table(columns, tuple((each["day"], each["reference"], each["name"], each["cents"] / 100, each["state"].replace("_", " "), each["counterpart"], each["reason"], each["batch"], each["line"], str(each["case_id"] or "")) for each in found.rows)))


def side_name(name: str) -> str:
    """Return the name of one side of a source, as numbers that are signed for call it, in words."""
    source, _, side = name.rpartition(" ")
    return f"{source.capitalize()}, {'theirs' if side == 'outside' else 'ours'}"


def signed_blocks(numbers: Mapping[str, Any], fingerprint: str, signed: SignOff | None, period: tuple[date, date], names: Mapping[str, str], before: SignOff | None = None) -> tuple[Block, Block]:
    """What is signed for: both sides of every ledger, and the cases by rule; ``before``: the last signature, opened again."""
    who = f"Signed by {signed.signed_name} on {signed.signed_at:%d %B %Y, %H:%M} UTC. {signed.note}" if signed else "Nobody has signed for this period." if before is None else f"{before.signed_name} signed on {before.signed_at:%d %B %Y, %H:%M} UTC; the data changed, and it is open again since {before.reopened_at:%d %B %Y, %H:%M} UTC ({len(before.difference)} numbers differed)."
    says = f"{period[0]:%d %B %Y} to {period[1]:%d %B %Y}. {who} SHA-256 of these numbers: {fingerprint}."
    sides: tuple[tuple[Cell, ...], ...] = tuple((side_name(name), *(each[key] for key in ("matched_count", "broken_count", "total_count")), *(each[key] / 100 for key in ("matched_cents", "broken_cents", "total_cents"))) for name, each in numbers["sides"].items())
    cases: tuple[tuple[Cell, ...], ...] = tuple((names.get(name, name), each["open_count"], float(each["open_amount"]), each["accepted_count"], float(each["accepted_amount"]), each["written_off_count"], float(each["written_off_amount"])) for name, each in numbers["cases"].items())
    columns = (Column("Cases"), Column("Open", Unit.COUNT), Column("Open $", Unit.MONEY, to_the_cent=True), Column("Accepted", Unit.COUNT), Column("Accepted $", Unit.MONEY, to_the_cent=True), Column("Written off", Unit.COUNT), Column("Written off $", Unit.MONEY, to_the_cent=True))
    return Block("sign-off", f"Sign-off, {period[0]:%B %Y}", says, table=Table((Column("Ledger"), *_COUNTS, *_MONEY), sides) if sides else None), Block("cases", "Cases of the period", table=Table(columns, cases) if cases else None)
