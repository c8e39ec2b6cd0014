"""What people do about schedules: make, change, pause, run, test and remove them; every refusal is a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from shared.clock import Clock, now
from shared.delivery import audience
from shared.delivery.business_days import read_business_days
from shared.delivery.definition import Definition, definition_from, name_from
from shared.delivery.planning import first_due
from shared.delivery.problems import GoneError, NotYoursError, ScheduleError
from shared.delivery.sources import Sources, find
from shared.delivery.timing import Due, Timing, next_due, timing_from
from shared.people.accounts import list_people
from shared.people.person import Person
from shared.settings import Settings
from shared.warehouse import delivery_outbox as outbox
from shared.warehouse import delivery_store as store
from shared.warehouse.delivery_store import Schedule
from shared.warehouse.engines import Engines

SHOWN: Final = 5
"""Times that are shown before a schedule is saved."""
MOST_SCHEDULES: Final = 100
_GONE: Final = "There is no such schedule any more."


@dataclass(frozen=True)
class Caretaker:
    """What changes to schedules need."""

    engines: Engines
    settings: Settings
    sources: Sources
    clock: Clock = now

    def preview(self, given: Mapping[str, Any]) -> tuple[Timing, list[Due]]:
        """Return the rhythm that ``given`` (timing, zone, closed) describes and its next times.  Raises ScheduleError."""
        timing = timing_from(given.get("timing"), given.get("zone"), given.get("closed", "send"))
        return timing, next_due(timing, self.clock(), read_business_days(self.engines), SHOWN)

    def create(self, person: Person, given: Mapping[str, Any]) -> int:
        """Keep a new schedule of ``person`` and return its id.  Raises ScheduleError."""
        name, definition, recipients = self._checked(given, person)
        if len(store.load_schedules(self.engines, person.id)) >= MOST_SCHEDULES:
            raise ScheduleError("name", f"You have {MOST_SCHEDULES} schedules, which is the most; remove one that nobody needs.")
        next_at = self._first(definition)
        with self.engines.writer() as connection:
            return store.add_schedule(connection, person.id, name, definition.document(), recipients, next_at, self.clock())

    def edit(self, person: Person, number: int, version: object, given: Mapping[str, Any]) -> None:
        """Change a schedule unless somebody else did meanwhile.  Raises ScheduleError, NotYoursError, GoneError."""
        if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**31:
            raise ScheduleError("version", "Send the version of the schedule that you saw.")
        before = self.find(person, number)
        owner = self._owner(before, person)
        name, definition, recipients = self._checked(given, owner)
        next_at = self._first(definition)
        with self.engines.writer() as connection:
            if not store.edit_schedule(connection, number, version, name, definition.document(), recipients, next_at, self.clock(), person.id):
                raise ScheduleError("version", "Somebody else changed this schedule meanwhile. Reload the page, look at it and save again.")
            if owner.id != before.owner_id:
                store.give_schedule(connection, number, owner.id)

    def pause(self, person: Person, number: int, *, is_paused: bool) -> datetime | None:
        """Pause a schedule, or let it go on; return when it is due next.  Raises ScheduleError, NotYoursError, GoneError."""
        found = self.find(person, number)
        next_at = None if is_paused else first_due(self.engines, definition_from(found.definition), self.clock)
        with self.engines.writer() as connection:
            store.pause_schedule(connection, number, next_at, self.clock(), person.id, is_paused=is_paused)
        return next_at

    def remove(self, person: Person, number: int) -> None:
        """Remove a schedule; log and archive stay.  Raises NotYoursError, GoneError."""
        self.find(person, number)
        with self.engines.writer() as connection:
            store.remove_schedule(connection, number, person.id)

    def run_now(self, person: Person, number: int, *, is_test: bool) -> datetime:
        """Send a schedule now, to everybody or as a test to ``person`` alone; return the time under which it stands in the log.  Raises ScheduleError, NotYoursError, GoneError."""
        found = self.find(person, number)
        if not self.settings.smtp_url.get_secret_value():
            raise ScheduleError("name", "No mail server is set (SMTP_URL), so nothing can be sent.")
        definition_from(found.definition)
        with self.engines.writer() as connection:
            return self._queued(connection, found, person, "test" if is_test else "now")

    def find(self, person: Person, number: int) -> Schedule:
        """Return a schedule that ``person`` may see and change.  Raises NotYoursError, GoneError."""
        found = store.find_schedule(self.engines, number)
        if found is None:
            raise GoneError(_GONE)
        if not audience.may_manage(person, found.owner_id):
            raise NotYoursError(f"This schedule is {found.owner}'s: they, leadership and administrators change it.")
        return found

    def _queued(self, connection: Connection, found: Schedule, person: Person, kind: str) -> datetime:
        moment = self.clock()
        if outbox.add_run(connection, found.id, moment, kind, found.name, found.definition, person.id) is None:
            raise ScheduleError("name", "It is being sent at this moment already.")
        return moment

    def _owner(self, schedule: Schedule, person: Person) -> Person:
        """The owner, or ``person`` where the owner can no longer sign in: whoever saves such a schedule takes it over."""
        owner = next((one for one in list_people(self.engines) if one.id == schedule.owner_id), None)
        return owner if owner is not None and owner.is_active else person

    def _checked(self, given: Mapping[str, Any], owner: Person) -> tuple[str, Definition, tuple[str, ...]]:
        name, sent = name_from(given.get("name")), given.get("definition")
        if not isinstance(sent, Mapping):
            raise ScheduleError("name", 'Send {"name": "...", "definition": {...}, "recipients": [...]}.')
        definition = definition_from(sent)
        found = find(self.sources, definition.subject, owner)
        if found is None:
            raise ScheduleError("subject", "Choose something that you may see.")
        return name, replace(definition, subject=found.subject), audience.recipients_from(given.get("recipients"), owner, list_people(self.engines), self.settings)

    def _first(self, definition: Definition) -> datetime:
        found = first_due(self.engines, definition, self.clock)
        if found is None:
            raise ScheduleError("timing", f"{definition.timing!r} never comes.")
        return found
