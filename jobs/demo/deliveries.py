"""Schedules that the people of the demo company have made, so that a newcomer sees mails arrive; made once, and then theirs."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from shared.people.person import Person
    from shared.settings import Settings
    from shared.warehouse.engines import Engines


@dataclass(frozen=True)
class DemoSchedule:
    """One schedule; ``report`` names one of the library's by its title, instead of a subject."""

    owner: str
    """The e-mail address of a demo person."""
    name: str
    recipients: tuple[str, ...]
    """E-mail addresses of demo people, or ``role:...``."""
    timing: str
    subject: str = ""
    report: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """Further parts of its definition."""
    begins: bool = False
    """Whether it goes out once at the beginning too, so that the mailbox is not empty until tomorrow."""


_ADA, _PRIYA, _LENA = "ada@northline.example", "priya@northline.example", "lena@northline.example"
DEMO_SCHEDULES: Final[tuple[DemoSchedule, ...]] = (
    DemoSchedule(_ADA, "Executive overview, every business day", ("role:leadership", "role:admin"), "every business day at 7:30", subject="page:/", begins=True,
                 more={"message": "Good morning {name},\n\nthis is where we stand: {about}."}),
    DemoSchedule(_ADA, "Monday review for the branches", ("role:branch_manager",), "every Monday at 8:00", report="Monday review", begins=True,
                 more={"format": "xlsx", "closed": "next", "title": "{title}: your branch, {date}", "message": "Hello {name},\n\nfor the review at nine, the numbers of your branch.\n\n{sender}"}),
    DemoSchedule(_LENA, "Reconciliation workpaper", (_LENA, _ADA), "first business day of the month at 8 am", subject="page:/reconciliation?show=cases", more={"format": "xlsx"}),
    DemoSchedule(_PRIYA, "My morning", (_PRIYA,), "every weekday at 7:00", subject="brief:morning", more={"only_if": [{"metric": "issued", "period": "yesterday", "op": ">", "value": 0}]}),
)


def ensure_demo_schedules(engines: "Engines", settings: "Settings") -> int:
    """Make the schedules of the demo's people and return how many: none where anybody has ever made one, so that nothing comes back that somebody removed.

    People and reports must be there already.
    """
    from shared.delivery.caring import Caretaker
    from shared.delivery.registry import sources_over
    from shared.metrics.exact import ExactAsk
    from shared.metrics.headline import Headlines
    from shared.metrics.reference import Reference
    from shared.people.accounts import list_people
    from shared.warehouse.delivery_store import once_at_the_beginning

    with once_at_the_beginning(engines) as is_beginning:
        if not is_beginning:
            return 0
        ask, reference, people = ExactAsk(engines, settings), Reference(engines), {one.email: one for one in list_people(engines)}
        care = Caretaker(engines, settings, sources_over(engines, ask, Headlines(ask, reference, settings), reference, settings))
        made = 0
        for each in DEMO_SCHEDULES:
            owner = people[each.owner]
            subject = each.subject or next((choice.subject for choice in care.sources["report"].listed(owner) if choice.label == each.report), "")
            if not subject:
                continue  # somebody has removed the report since
            definition = {"subject": subject, "timing": each.timing, "zone": settings.company_time_zone, **each.more}
            number = care.create(owner, {"name": each.name, "definition": definition, "recipients": [_recipient(one, people) for one in each.recipients]})
            made += 1
            if each.begins and settings.smtp_url.get_secret_value():
                care.run_now(owner, number, is_test=False)
        return made


def _recipient(text: str, people: "dict[str, Person]") -> str:
    return text if text.startswith("role:") else f"person:{people[text].id}"
