"""What one file brings for one entity: which fields it has, what identifies a row, which columns are written."""

from dataclasses import dataclass
from functools import cached_property

from shared.warehouse.load_fields import STAGED, Entity, Field, Kind


@dataclass(frozen=True)
class Plan:
    """An entity and the fields that a file fills."""

    entity: Entity
    mapped: frozenset[str]

    @property
    def table(self) -> str:
        """The table that is loaded, with its schema."""
        return f"crm.{self.entity.name}"

    @property
    def fields(self) -> tuple[Field, ...]:
        """The mapped fields, in the order of the declaration."""
        return tuple(one for one in self.entity.fields if one.name in self.mapped)

    @cached_property
    def key(self) -> tuple[Field, ...]:
        """The fields that identify a row: the best set that the file has."""
        for names in self.entity.keys:
            fields = tuple(self.entity.by_field[name] for name in names)
            if all(one.name in self.mapped or (one.kind is Kind.REFERENCE and not one.required) for one in fields):
                return fields
        return tuple(self.entity.by_field[name] for name in self.entity.keys[0])

    @property
    def key_may_be_absent(self) -> frozenset[str]:
        """Columns of the key that may be NULL (a target without a branch is the company's)."""
        return frozenset(one.column for one in self.key if not one.required and one.kind is Kind.REFERENCE)

    @property
    def missing(self) -> tuple[Field, ...]:
        """Required fields that the file does not have; a branch is settled by a parent that names one."""
        lacking = [one for one in self.entity.fields if one.required and one.name not in self.mapped]
        if not any(set(names) <= self.mapped for names in self.entity.keys) and not any(one in lacking for one in self.key):
            lacking.extend(one for one in self.key if one.name not in self.mapped and one.kind is not Kind.REFERENCE)
        branch = self.entity.branch
        settled = branch is None or branch.name in self.mapped or self.entity.branch_givers(set(self.mapped)) or any(one.same_branch or one is branch for one in lacking)
        if branch and self.needs_branch and not settled:
            lacking.append(branch)
        return tuple(lacking)

    @property
    def needs_branch(self) -> bool:
        """Whether a row without a branch is refused: everywhere but in targets, where it is the company."""
        return self.entity.branch is not None and "branch" not in {name for names in self.entity.keys[1:] for name in names}

    @property
    def written(self) -> tuple[Field, ...]:
        """The fields whose columns an insert names: mapped ones, those with a default, and the branch."""
        return tuple(one for one in self.entity.fields if one.name in self.mapped or one.default is not None or one is self.entity.branch)


def staged_columns(plan: Plan) -> list[tuple[str, str]]:
    """Name and type of each staged column, in the order in which rows are copied."""
    columns = [("line", "bigint"), ("fault", "text")]
    for one in plan.fields:
        columns.append((one.name, STAGED.get(one.kind, "text")))
        if one.kind is Kind.MOMENT:
            columns.append((f"{one.name}__utc", "boolean"))
    return columns
