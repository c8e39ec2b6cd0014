"""Lets connections in whose ticket is good, unused and not void; those of one moment together, because everybody comes back at once after a restart."""

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.gateway.client import Client
from shared.live import names
from shared.live.ticket import LIFETIME_SECONDS, SKEW_SECONDS, Ticket, TicketError, Tickets
from shared.settings import Settings

log = logging.getLogger(__name__)
_AT_ONCE = 200
_REMEMBERED_SECONDS = 2 * (LIFETIME_SECONDS + SKEW_SECONDS)


class Admission:
    """Checks tickets; Redis remembers which were used, for all gateways."""

    def __init__(self, settings: Settings, redis: Redis, admit: Callable[[Client, Ticket], None]) -> None:
        """``admit`` takes a client whose ticket is good."""
        self._tickets, self._redis, self._admit = Tickets(settings), redis, admit
        self._arrived: list[tuple[Client, Ticket]] = []
        self._is_any = asyncio.Event()

    def check(self, client: Client, text: str) -> None:
        """Check the ticket ``text`` of a new connection soon, or close it at once where it is forged or old."""
        try:
            self._arrived.append((client, self._tickets.read(text)))
        except TicketError as error:
            client.close(4401, str(error), "ticket")
            return
        self._is_any.set()

    async def run(self) -> None:
        """Serve ``check`` for ever."""
        while True:
            await self._is_any.wait()
            arrived, self._arrived = self._arrived[:_AT_ONCE], self._arrived[_AT_ONCE:]
            if not self._arrived:
                self._is_any.clear()
            try:
                await self._let_in(arrived)
            except (RedisError, OSError) as error:
                log.debug("%d tickets could not be checked: %s", len(arrived), error)
                for client, _ in arrived:
                    client.close(1013, "try later", "redis away")  # nobody could say whether the ticket was used before

    async def _let_in(self, arrived: list[tuple[Client, Ticket]]) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        for _, ticket in arrived:
            pipeline.set(names.used_ticket(ticket.identity), 1, nx=True, ex=_REMEMBERED_SECONDS)
            pipeline.zscore(names.VOID, str(ticket.person))
        replies = await pipeline.execute()
        for (client, ticket), is_first, void_until in zip(arrived, replies[::2], replies[1::2], strict=True):
            if client.is_closing:
                continue
            if not is_first or ticket.issued.timestamp() <= float(void_until or 0):
                client.close(4401, "this ticket is used or void", "ticket")
            else:
                self._admit(client, ticket)
