"""SQL conditions over a view (alias ``v``) that questions and measures bring, for statements and for the rows behind them alike."""

from datetime import date

from shared.metrics.dimension import BY_DIMENSION
from shared.metrics.metric import Measure
from shared.metrics.question import Question

Parameters = dict[str, object]
_SIDES = {"reached": "<=", "pending": ">", "past": "<"}


def filters(question: Question, parameters: Parameters) -> list[str]:
    """Conditions of the question's ``where``; their values are added to ``parameters``."""
    found = []
    for number, (name, keys) in enumerate(question.where):
        by = BY_DIMENSION[name]
        parameters[f"where{number}"] = [int(key) for key in keys] if by.is_number else list(keys)
        if by.table and not by.is_number:
            # The empty key is also that of rows that have none at all, as in a split.
            none = f" OR v.{by.column} = 0" if "" in keys else ""
            found.append(f"(v.{by.column} IN (SELECT w.id FROM crm.{by.table} w WHERE w.{by.key} = ANY(:where{number})){none})")
        else:
            found.append(f"v.{by.column}{'' if by.is_number else '::text'} = ANY(:where{number})")
    return found


def limits(measure: Measure, parameters: Parameters, today: date) -> list[str]:
    """Conditions of the rows that the measure is about; their values are added to ``parameters``."""
    found = []
    for key, values in measure.where:
        name = f"is_{key}_{'_'.join(values)}"
        parameters[name] = list(values)
        found.append(f"v.{key} = ANY(:{name})")
    if measure.clock:
        parameters["today"] = today
        found.append(f"v.{measure.clock_column} {_SIDES[measure.clock]} :today")
    return found
