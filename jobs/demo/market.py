"""What the company sells and where its leads come from: every rate that the simulation draws with."""

from dataclasses import dataclass

import numpy as np

from jobs.demo.arrays import Array


@dataclass(frozen=True)
class Response:
    """How leads answer to money: x times the usual money brings x (1 + half) / (x + half) times the usual leads."""

    half: float = 4.0
    """At so many times the usual money half of all the leads come that money could ever bring: the smaller, the sooner a source is exhausted."""
    carry: float = 0.0
    """Part of what worked a week ago that still works: people remember what they heard or keep the postcard."""

    def of(self, money: Array) -> Array:
        """Return the leads' factor for each factor of the usual money."""
        found: Array = np.asarray(money) * (1 + self.half) / (np.asarray(money) + self.half)
        return found


@dataclass(frozen=True)
class Source:
    """A lead source and how its leads behave."""

    name: str
    channel: str
    medium: str
    campaign: str
    share: float
    """Part of all leads (the canvass source's leads come from doors instead)."""
    cost: float
    """Media dollars per lead."""
    contact: float
    set: float
    """Chance of an appointment once contacted."""
    close: float
    """Times the branch's close rate."""
    trend: float = 0.0
    """Growth of its share in a year."""
    instant: bool = False
    """The lead is on the line or at the door: contacted as it is created."""
    touch: str = "inquiry"
    response: Response = Response()
    """How its leads follow the money; of doors and telephones: how what they raise follows how many people are there."""

    @property
    def paid(self) -> bool:
        """Whether money is spent to get these leads: on media, or on people at doors and telephones."""
        return self.cost > 0 or self.channel in {"Canvass", "Telemarketing"}


SOURCES: tuple[Source, ...] = (
    Source("Google Search", "Digital", "cpc", "Windows and roofing", 0.145, 337.0, 0.56, 0.78, 1.02, 0.04, response=Response(1.2)),
    Source("Google Local Services", "Digital", "lsa", "Local", 0.075, 231.0, 0.62, 0.80, 1.05, 0.12, response=Response(3.0)),
    Source("Meta Ads", "Digital", "paid_social", "Before and after", 0.125, 218.0, 0.47, 0.68, 0.84, 0.06, response=Response(0.9)),
    Source("Angi", "Aggregator", "partner", "Exclusive leads", 0.095, 197.0, 0.48, 0.70, 0.82, -0.06, response=Response(0.5)),
    Source("Modernize", "Aggregator", "partner", "Shared leads", 0.06, 178.0, 0.45, 0.66, 0.76, -0.04, response=Response(0.7)),
    Source("Website", "Organic", "organic", "", 0.105, 0.0, 0.58, 0.80, 1.08, 0.03),
    Source("Referral", "Referral", "word_of_mouth", "", 0.075, 0.0, 0.7, 0.86, 1.32),
    Source("Previous Customer", "Referral", "repeat", "", 0.05, 0.0, 0.75, 0.86, 1.36, 0.02),
    Source("TV", "Broadcast", "tv", "Lifetime warranty", 0.055, 370.0, 0.9, 0.74, 1.04, -0.03, instant=True, touch="call", response=Response(1.1, 0.5)),
    Source("Radio", "Broadcast", "radio", "Morning show", 0.03, 358.0, 0.9, 0.73, 0.98, -0.05, instant=True, touch="call", response=Response(0.8, 0.4)),
    Source("Direct Mail", "Print", "mail", "Spring postcard", 0.06, 350.0, 0.88, 0.74, 1.06, -0.02, instant=True, touch="call", response=Response(1.6, 0.3)),
    Source("Home Shows", "Event", "show", "Home and garden show", 0.03, 288.0, 0.6, 0.70, 0.92, touch="event", response=Response(1.0)),
    Source("Billboards", "Print", "outdoor", "Route signs", 0.015, 369.0, 0.90, 0.72, 0.96, instant=True, touch="call", response=Response(0.6, 0.6)),
    Source("Self-Generated", "Self-Generated", "rep", "", 0.025, 0.0, 0.94, 0.88, 1.38, instant=True),
    Source("Outbound Calling", "Telemarketing", "outbound", "Neighbors", 0.035, 0.0, 0.54, 0.72, 0.80),
    Source("Door Canvass", "Canvass", "door", "Neighborhoods", 0.0, 0.0, 1.0, 0.46, 0.80, instant=True, touch="canvass"),
)
CANVASS = next(i for i, source in enumerate(SOURCES) if source.channel == "Canvass")
OUTBOUND = next(i for i, source in enumerate(SOURCES) if source.channel == "Telemarketing")
WEBSITE = next(i for i, source in enumerate(SOURCES) if source.name == "Website")
SELF_GENERATED = next(i for i, source in enumerate(SOURCES) if source.channel == "Self-Generated")


@dataclass(frozen=True)
class Product:
    """What is sold, for how much, and how long it takes."""

    name: str
    share: float
    price: float
    """Average list price, dollars, at the end of the history."""
    spread: float
    lead_days: int
    """Usual days from sale to start."""
    work_days: float
    margin: float


PRODUCTS: tuple[Product, ...] = (
    Product("Windows", 0.34, 16_600.0, 0.42, 41, 1.8, 0.46),
    Product("Roofing", 0.25, 21_400.0, 0.36, 26, 2.2, 0.40),
    Product("Siding", 0.14, 22_900.0, 0.38, 37, 4.6, 0.41),
    Product("Bath Remodel", 0.14, 17_700.0, 0.30, 33, 2.6, 0.48),
    Product("Doors", 0.08, 8_400.0, 0.40, 38, 1.2, 0.45),
    Product("Gutters", 0.05, 5_300.0, 0.34, 20, 1.0, 0.50),
)

LEADS_A_YEAR = 9_400.0
"""Of a branch of size 1, beside those of the canvass, in the last year."""
DOORS_A_DAY = 58.0
PRICE_GROWTH = 0.035

SIT = 0.765
"""Of the visits issued, how many are shown the products."""

MONTHS = (0.78, 0.82, 0.98, 1.10, 1.15, 1.12, 1.05, 1.06, 1.10, 1.07, 0.95, 0.72)
"""Season of demand, January to December."""
LEAD_WEEK = (1.16, 1.10, 1.06, 1.04, 0.96, 0.92, 0.60)
"""Leads by weekday, Monday first."""
WORK_WEEK = (1.02, 1.06, 1.07, 1.04, 0.88, 0.97, 0.28)
"""Appointments and sales by weekday: the working-day weight."""

DISREGARDS = ("test", "duplicate", "invalid")
DISREGARD_RATES = (0.003, 0.013, 0.014)
RESULTS = ("Sold", "Demoed-Not-Sold", "Follow-Up", "Not-Demoed", "No-Show", "Cancelled", "Reset")
SOLD, NOT_SOLD, FOLLOW_UP, NOT_DEMOED, NO_SHOW, CANCELLED, RESET = range(7)
KINDS = ("new", "reset", "rehash")
STATUSES = ("pending", "in_rescission", "firm", "cancelled", "credit_rejected")
PENDING, IN_RESCISSION, FIRM, SALE_CANCELLED, CREDIT_REJECTED = range(5)
JOB_STATUSES = ("scheduled", "in_progress", "complete", "cancelled")
DISPOSITIONS = ("conversation", "set", "not_interested", "callback", "no_answer", "voicemail", "busy", "wrong_number")
OUTCOMES = ("no_answer", "not_home", "conversation", "not_interested", "callback", "lead", "set")
SPLIT_ROLES = ("setter", "closer", "canvasser", "manager")
METHODS = ("card", "check", "ach", "financing", "cash")
SPEND_KINDS = ("media", "canvass_payroll", "telemarketing_payroll", "tools")
TOUCH_KINDS = ("inquiry", "canvass", "call", "event")
DIRECTIONS = ("outbound", "inbound")
SLOTS = (10 * 3600, 13 * 3600 + 1800, 16 * 3600 + 1800, 19 * 3600)
"""Wall-clock starts of appointments: far enough apart that a rep can run them all."""
SLOT_WEIGHTS = (0.20, 0.24, 0.27, 0.29)
