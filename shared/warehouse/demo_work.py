"""What happens in a living demo company from the result of a visit on: sales, jobs, payments, tickets; each event is one transaction."""

from datetime import timedelta

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from shared.warehouse.demo_events import Event, Moment, one, someone

RUN_FOR = timedelta(minutes=75)
"""A visit is resulted this long after it was due, and no later than three days: older ones without a result are planted faults."""


def result(connection: Connection, moment: Moment) -> str | None:
    """Write the result of a visit that is over, with sale, splits and deposit if it sold."""
    visit = one(connection, """
        SELECT a.id, a.branch_id, a.rep_id, a.setter_id, a.issued_at, l.canvasser_id, o.channel FROM crm.appointment a
        JOIN crm.lead l ON l.id = a.lead_id JOIN crm.lead_source o ON o.id = l.source_id
        WHERE a.scheduled_at BETWEEN :since AND :until AND a.result IS NULL ORDER BY a.scheduled_at LIMIT 1 FOR UPDATE OF a SKIP LOCKED""",
        moment, since=moment.lately(days=3), until=moment.now - RUN_FOR)
    if visit is None:
        return None
    if visit.issued_at is None:
        outcome = "Cancelled"
    else:
        outcome = moment.chance.choices(("Sold", "Demoed-Not-Sold", "Follow-Up", "Not-Demoed", "No-Show", "Cancelled"), (27, 41, 8, 9, 8, 7))[0]
    quote = moment.chance.randrange(240, 1_200) * 25 if outcome in {"Demoed-Not-Sold", "Follow-Up"} else None
    connection.execute(text("UPDATE crm.appointment SET result = :result, resulted_at = :now, quoted_amount = :quote WHERE id = :id"),
                       {"result": outcome, "now": moment.now, "quote": quote, "id": visit.id})
    if outcome == "Sold":
        _sell(connection, moment, visit)
    return f"resulted appointment {visit.id}: {outcome}"


def _sell(connection: Connection, moment: Moment, visit: Row[tuple[object, ...]]) -> None:
    product = one(connection, "SELECT id FROM crm.product ORDER BY md5(id::text || :dice) LIMIT 1", moment)
    assert product is not None, "a demo company has products"
    gross = moment.chance.randrange(240, 1_300) * 25
    off = round(gross * moment.chance.uniform(0.04, 0.18))
    financed = moment.chance.random() < 0.47
    sale = one(connection, """
        INSERT INTO crm.sale (branch_id, appointment_id, product_id, sold_at, gross, discount, financed, status)
        VALUES (:branch, :visit, :product, :now, :gross, :off, :financed, :status) RETURNING id""", moment, branch=visit.branch_id, visit=visit.id, product=product.id, gross=gross, off=off,
        financed=financed, status="pending" if financed else "in_rescission")
    assert sale is not None
    helper, role = someone(connection, moment, visit.branch_id, "agent"), "setter"
    if visit.channel == "Canvass":
        helper, role = someone(connection, moment, visit.branch_id, "canvasser"), "canvasser"
    cents = (gross - off) * 100
    shares = [(visit.rep_id, "closer", 90, cents - cents // 10), (helper, role, 10, cents // 10)] if helper else [(visit.rep_id, "closer", 100, cents)]
    connection.execute(text("INSERT INTO crm.split (branch_id, sale_id, employee_id, role, percent, amount, edited_at) VALUES (:branch, :sale, :person, :role, :percent, :amount, :now)"),
                       [{"branch": visit.branch_id, "sale": sale.id, "person": person, "role": part, "percent": percent, "amount": amount / 100, "now": moment.now}
                        for person, part, percent, amount in shares])
    connection.execute(text("INSERT INTO crm.payment (branch_id, sale_id, paid_at, amount, method) VALUES (:branch, :sale, :now, :amount, :method)"),
                       {"branch": visit.branch_id, "sale": sale.id, "now": moment.now, "amount": max(250, round((gross - off) * 0.2 / 50) * 50), "method": moment.chance.choice(("card", "check"))})


def settle(connection: Connection, moment: Moment) -> str | None:
    """Let a sale become firm once its rescission days are over."""
    sale = one(connection, """
        UPDATE crm.sale SET status = 'firm' WHERE id = (
            SELECT s.id FROM crm.sale s JOIN crm.branch b ON b.id = s.branch_id
            WHERE s.status IN ('pending', 'in_rescission') AND s.rescission_ends_on < (CAST(:now AS timestamptz) AT TIME ZONE b.time_zone)::date AND s.sold_on > CAST(:now AS date) - 400
            ORDER BY s.sold_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED) RETURNING id""", moment)
    return f"sale {sale.id} is firm" if sale else None


def call_off(connection: Connection, moment: Moment) -> str | None:
    """A customer cancels within the rescission days: splits are taken back, the job's file is closed."""
    sale = one(connection, """
        UPDATE crm.sale SET status = 'cancelled', cancelled_at = :now WHERE id = (
            SELECT id FROM crm.sale WHERE status = 'in_rescission' AND sold_at < :until ORDER BY md5(id::text || :dice) LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, cancelled_on""", moment, until=moment.lately(hours=6))
    if sale is None:
        return None
    connection.execute(text("DELETE FROM crm.split WHERE sale_id = :sale"), {"sale": sale.id})
    connection.execute(text("UPDATE crm.job SET status = 'cancelled', cancelled_on = :day WHERE sale_id = :sale AND status = 'scheduled'"), {"sale": sale.id, "day": sale.cancelled_on})
    return f"sale {sale.id} was cancelled"


def open_job(connection: Connection, moment: Moment) -> str | None:
    """Open the job's file of a sale of the last two weeks; older sales without one are planted faults."""
    job = one(connection, """
        INSERT INTO crm.job (branch_id, sale_id, product_id, crew, status, promised_on, cancelled_on, estimated_margin)
        SELECT s.branch_id, s.id, s.product_id, upper(left(b.external_id, 3)) || ' crew ' || (1 + s.id % 3), CASE WHEN s.cancelled_on IS NULL THEN 'scheduled' ELSE 'cancelled' END,
               s.sold_on + 35 + (s.id % 20)::int, s.cancelled_on, round(s.amount * 0.43, 2)
        FROM crm.sale s JOIN crm.branch b ON b.id = s.branch_id
        WHERE s.sold_on BETWEEN CAST(:now AS date) - 14 AND CAST(:now AS date) AND s.sold_at < :until AND NOT EXISTS (SELECT FROM crm.job j WHERE j.sale_id = s.id)
        ORDER BY s.sold_at LIMIT 1 RETURNING id""", moment, until=moment.lately(hours=3))
    return f"opened job {job.id}" if job else None


def start_job(connection: Connection, moment: Moment) -> str | None:
    """A crew begins a job that is due soon."""
    job = one(connection, """
        UPDATE crm.job SET status = 'in_progress', started_on = (CAST(:now AS timestamptz) AT TIME ZONE (SELECT time_zone FROM crm.branch b WHERE b.id = job.branch_id))::date WHERE id = (
            SELECT j.id FROM crm.job j JOIN crm.sale s ON s.id = j.sale_id AND s.status = 'firm'
            WHERE j.status = 'scheduled' AND j.promised_on < CAST(:now AS date) + 9 ORDER BY j.promised_on LIMIT 1 FOR UPDATE OF j SKIP LOCKED) RETURNING id""", moment)
    return f"started job {job.id}" if job else None


def finish_job(connection: Connection, moment: Moment) -> str | None:
    """A crew hands over a job that it began before today."""
    job = one(connection, """
        UPDATE crm.job SET status = 'complete', actual_margin = round(estimated_margin * CAST(:part AS numeric), 2),
            completed_on = (CAST(:now AS timestamptz) AT TIME ZONE (SELECT time_zone FROM crm.branch b WHERE b.id = job.branch_id))::date WHERE id = (
            SELECT id FROM crm.job WHERE status = 'in_progress' AND started_on < CAST(:now AS date) - 1 ORDER BY started_on LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id""",
        moment, part=round(moment.chance.uniform(0.86, 1.06), 4))
    return f"completed job {job.id}" if job else None


def pay(connection: Connection, moment: Moment) -> str | None:
    """A customer pays what is open on a finished job."""
    paid = one(connection, """
        INSERT INTO crm.payment (branch_id, sale_id, paid_at, amount, method)
        SELECT s.branch_id, s.id, :now, d.due, CASE WHEN s.financed THEN 'financing' ELSE 'check' END
        FROM crm.job j JOIN crm.sale s ON s.id = j.sale_id CROSS JOIN LATERAL (
            SELECT s.amount + coalesce((SELECT sum(c.amount) FROM crm.change_order c WHERE c.sale_id = s.id), 0)
                   - coalesce((SELECT sum(p.amount) FROM crm.payment p WHERE p.sale_id = s.id), 0) AS due) d
        WHERE j.status = 'complete' AND j.completed_on BETWEEN CAST(:now AS date) - 45 AND CAST(:now AS date) AND d.due <> 0
        ORDER BY md5(j.id::text || :dice) LIMIT 1 RETURNING sale_id AS id""", moment)
    return f"sale {paid.id} was paid" if paid else None


def open_ticket(connection: Connection, moment: Moment) -> str | None:
    """A customer of the last months needs service."""
    job = one(connection, "SELECT id, branch_id FROM crm.job WHERE completed_on > CAST(:now AS date) - 90 ORDER BY md5(id::text || :dice) LIMIT 1", moment)
    if job is None:
        return None
    ticket = one(connection, "INSERT INTO crm.ticket (branch_id, job_id, technician_id, opened_at, needs_visit) VALUES (:branch, :job, :person, :now, :visit) RETURNING id", moment,
                 branch=job.branch_id, job=job.id, person=someone(connection, moment, job.branch_id, "technician"), visit=moment.chance.random() < 0.75)
    return f"opened ticket {ticket.id}" if ticket else None


def work_ticket(connection: Connection, moment: Moment) -> str | None:
    """Answer a ticket that nobody has answered, or resolve one that waits for more than a day."""
    ticket = one(connection, """
        SELECT id, first_response_at FROM crm.ticket WHERE resolved_at IS NULL AND (first_response_at IS NULL AND opened_at < :answer OR opened_at < :since)
        ORDER BY first_response_at IS NOT NULL, opened_at LIMIT 1 FOR UPDATE SKIP LOCKED""", moment, answer=moment.lately(minutes=20), since=moment.lately(days=1))
    if ticket is None:
        return None
    if ticket.first_response_at is None:
        connection.execute(text("UPDATE crm.ticket SET first_response_at = :now WHERE id = :id"), {"now": moment.now, "id": ticket.id})
        return f"answered ticket {ticket.id}"
    score = moment.chance.choices((None, 5, 4, 3, 2), (52, 26, 14, 5, 3))[0]
    connection.execute(text("UPDATE crm.ticket SET resolved_at = :now, visits = greatest(visits, needs_visit::int), csat = :csat WHERE id = :id"),
                       {"now": moment.now, "csat": score, "id": ticket.id})
    return f"resolved ticket {ticket.id}"


def spend(connection: Connection, moment: Moment) -> str | None:
    """Everything that costs by the day is paid for one more day, up to the present one of its branch: what that weekday cost a week before, give or take a twentieth.

    Without it leads would go on coming for nothing, and every cost per lead would fall from day to day.
    """
    paid = connection.execute(text("""
        INSERT INTO crm.marketing_spend (branch_id, source_id, spent_on, spent_to, amount, kind)
        SELECT w.branch_id, w.source_id, l.next, l.next, round((w.amount / (w.spent_to - w.spent_on + 1) * CAST(:share AS float8))::numeric, 2), w.kind
        FROM (SELECT branch_id, source_id, kind, max(spent_to) + 1 AS next FROM crm.marketing_spend WHERE spent_on > CAST(:now AS date) - 400 GROUP BY branch_id, source_id, kind) l
        JOIN crm.branch b ON b.id = l.branch_id
        JOIN crm.marketing_spend w ON (w.branch_id, w.source_id, w.kind) = (l.branch_id, l.source_id, l.kind) AND l.next - 7 BETWEEN w.spent_on AND w.spent_to
        WHERE l.next <= (CAST(:now AS timestamptz) AT TIME ZONE b.time_zone)::date"""), {"now": moment.now, "share": moment.chance.uniform(0.95, 1.05)}).rowcount
    return f"spent on {paid} sources" if paid else None


def answer_requests(connection: Connection, moment: Moment) -> str | None:
    """The company's systems answer a handful of requests and a probe."""
    routes = (("crm-api", "/leads", 95), ("crm-api", "/appointments", 120), ("scheduler", "/slots", 180), ("payments", "/charges", 420), ("website", "/quote", 210))
    connection.execute(text("INSERT INTO crm.request_log (service, route, requested_at, status, milliseconds) VALUES (:service, :route, :at, :status, :took)"), [
        {"service": service, "route": route, "at": moment.now - timedelta(seconds=moment.chance.random() * 3), "status": 503 if moment.chance.random() < 0.004 else 200,
         "took": int(usual * moment.chance.lognormvariate(0, 0.5))} for service, route, usual in moment.chance.choices(routes, k=4)])
    connection.execute(text("INSERT INTO crm.probe (service, probed_at, is_good, milliseconds) VALUES (:service, :now, true, :took)"),
                       {"service": moment.chance.choice(routes)[0], "now": moment.now, "took": moment.chance.randint(35, 140)})
    return "answered requests"


def happen(engine: Engine, event: Event, moment: Moment) -> str | None:
    """Let ``event`` happen in a transaction of its own and say what it was; None: nothing that could.

    Raises ConnectionError while the database is away.  An event that loses a race against somebody else's row did not happen.
    """
    try:
        with engine.begin() as connection:
            return event(connection, moment)
    except IntegrityError:
        return None
    except (OperationalError, InterfaceError) as error:
        raise ConnectionError(str(error.orig).strip()) from error
