"""Turns a portion of text rows into a portion of staged rows, and says for each cell that cannot be read why."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from jobs.imports import choices, moments, numbers, quick_moments
from jobs.imports.refusal import shown
from jobs.imports.style import Style
from shared.warehouse.load_fields import Field, Kind
from shared.warehouse.load_plan import Plan

_NOTHING = pa.array(["null", "n/a", "na", "none", "nan", "nat", "#n/a", "-", "--", "—", "–", "\\n"])
"""What an empty cell is called (in lower case), except in text, where it may be meant."""
_WRITE = pcsv.WriteOptions(include_header=False, quoting_style="needed")


@dataclass(frozen=True)
class Parser:
    """Reads the rows of one file."""

    plan: Plan
    style: Style
    columns: dict[str, str]
    """Field to the spool's column."""
    constants: dict[str, str]
    """Field to the value that every row has."""
    zones: frozenset[str] = frozenset()

    def parse(self, batch: pa.RecordBatch) -> BytesIO:
        """Return the rows as the staging table takes them: CSV, columns as in ``staged_columns``."""
        faults: dict[int, list[str]] = {number: [why] for number, why in enumerate(batch.column("torn").to_pylist()) if why} if batch.column("torn").null_count < len(batch) else {}
        torn = set(faults)
        arrays: list[pa.Array] = []
        for one in self.plan.fields:
            column = batch.column(self.columns[one.name]) if one.name in self.columns else pa.array([self.constants[one.name]]).take(pa.array([0] * len(batch)))
            arrays.extend(self._field(one, column, torn, faults))
        words = pa.array(["; ".join(faults[number]) if number in faults else None for number in range(len(batch))], pa.string()) if faults else pa.nulls(len(batch), pa.string())
        table = pa.table([batch.column("line"), words, *arrays], names=[str(number) for number in range(len(arrays) + 2)])
        out = BytesIO()
        pcsv.write_csv(table, out, _WRITE)
        out.seek(0)
        return out

    def _field(self, one: Field, column: pa.Array, torn: set[int], faults: dict[int, list[str]]) -> list[pa.Array]:
        trimmed = pc.utf8_trim_whitespace(column)
        values = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
        if torn:
            values = pc.if_else(pa.array([number in torn for number in range(len(values))]), None, values)
        quick = self._quick(one, values)
        if quick is None and one.kind not in {Kind.TEXT, Kind.REFERENCE}:
            values = pc.if_else(pc.is_in(pc.utf8_lower(values), _NOTHING), None, values)
            quick = self._quick(one, values)
        if (one.required or (one in self.plan.key and one.column not in self.plan.key_may_be_absent)) and values.null_count:
            for number in pc.indices_nonzero(pc.is_null(values)).to_pylist():
                if number not in torn:
                    faults.setdefault(number, []).append(f"{one.name}: is missing")
        return quick if quick is not None else self._one_by_one(one, values, torn, faults)

    def _quick(self, one: Field, values: pa.Array) -> list[pa.Array] | None:
        """Read a portion that is written plainly all through; None: it is not."""
        if values.null_count == len(values):
            return [pa.nulls(len(values)), pa.nulls(len(values))] if one.kind is Kind.MOMENT else [pa.nulls(len(values))]
        if one.kind in {Kind.TEXT, Kind.REFERENCE}:
            return [values] if pc.max(pc.utf8_length(values)).as_py() <= one.most else None
        if one.kind in {Kind.WHOLE, Kind.NUMBER}:
            found = numbers.quick_numbers(one, values)
            return None if found is None or (self.style.decimal == "comma" and pc.any(pc.match_substring(found, ".")).as_py()) else [found]
        if one.kind is Kind.DAY:
            days = quick_moments.quick_days(values, self.style.dates)
            return None if days is None else [days]
        if one.kind is Kind.MOMENT:
            read = quick_moments.quick_moments(values, self.style.dates)
            return None if read is None else [read[0], pa.array([read[1]]).take(pa.array([0] * len(values)))]
        return None

    def _one_by_one(self, one: Field, values: pa.Array, torn: set[int], faults: dict[int, list[str]]) -> list[pa.Array]:
        """Read each distinct value once."""
        encoded = values.dictionary_encode()
        read, problems = self._reader(one), dict[int, str]()
        results: list[object] = []
        for number, value in enumerate(encoded.dictionary.to_pylist()):
            try:
                results.append(read(value))
            except ValueError as error:
                problems[number] = f"{one.name}: {shown(value)} {error}"
                results.append(None)
        if problems:
            bad = pc.indices_nonzero(pc.is_in(encoded.indices, pa.array(list(problems), pa.int32())))
            for number, index in zip(bad.to_pylist(), encoded.indices.take(bad).to_pylist(), strict=True):
                if number not in torn:
                    faults.setdefault(number, []).append(problems[index])
        if one.kind is Kind.MOMENT:
            pairs = [result if isinstance(result, tuple) else (None, None) for result in results]
            return [pa.array([pair[0] for pair in pairs], pa.timestamp("us")).take(encoded.indices), pa.array([pair[1] for pair in pairs], pa.bool_()).take(encoded.indices)]
        kind = {Kind.FLAG: pa.bool_(), Kind.DAY: pa.date32()}.get(one.kind, pa.string())
        return [pa.array(results, kind).take(encoded.indices)]

    def _reader(self, one: Field) -> Callable[[str], object]:
        dates, decimal = self.style.dates, self.style.decimal
        return {
            Kind.TEXT: lambda value: _short(value, one.most), Kind.REFERENCE: lambda value: _short(value, one.most),
            Kind.CHOICE: lambda value: choices.read_choice(one, value), Kind.LIST: lambda value: choices.read_list(one, value),
            Kind.FLAG: choices.read_flag, Kind.STATE: choices.read_state, Kind.SHAPE: choices.read_shape,
            Kind.ZONE: lambda value: choices.read_zone(value, self.zones),
            Kind.WHOLE: lambda value: numbers.read_number(one, value, decimal), Kind.NUMBER: lambda value: numbers.read_number(one, value, decimal),
            Kind.DAY: lambda value: moments.read_day(value, dates), Kind.MOMENT: lambda value: moments.read_moment(value, dates),
        }[one.kind]


def _short(value: str, most: int) -> str:
    if len(value) > most:
        raise ValueError(f"has {len(value):,} characters, at most {most:,} fit")
    return value
