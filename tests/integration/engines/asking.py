"""What engines are asked in these tests, and who answered."""

from typing import Any

from sqlalchemy import text

from shared.settings import Settings, load_settings
from shared.warehouse.engines import Engines, position
from tests.integration.own_servers import DATABASE, Pair, until

IS_REPLICA = text("SELECT pg_is_in_recovery()")
NOBODY = "postgresql+psycopg2://u:p@127.0.0.1:{}/x"


def settings_of(pair: Pair, **more: object) -> Settings:
    return load_settings(**{"database_url": pair.primary.url(DATABASE), "replica_urls": pair.standby.url(DATABASE), "redis_url": "redis://127.0.0.1:1", "secret_key": "s" * 48, **more})


def asks_replica(engines: Engines, at_least: str = "") -> bool:
    with engines.reader(at_least) as connection:
        return bool(connection.execute(IS_REPLICA).scalar_one())


def note(engines: Engines, words: str) -> str:
    with engines.writer() as connection:
        connection.execute(text("INSERT INTO note VALUES (:words)"), {"words": words})
    with engines.primary_reader() as connection:
        return position(connection)


def read_note(words: str) -> Any:
    return lambda connection: connection.execute(text("SELECT count(*) FROM note WHERE words = :words"), {"words": words}).scalar_one()


def quick_to_cancel(pair: Pair, delay: str) -> None:
    config = pair.standby.data / "postgresql.auto.conf"
    lines = [line for line in config.read_text().splitlines() if "max_standby_streaming_delay" not in line]
    config.write_text("\n".join([*lines, f"max_standby_streaming_delay = '{delay}'"]) + "\n")
    pair.standby.ask("SELECT pg_reload_conf()")
    until(lambda: pair.standby.ask("SHOW max_standby_streaming_delay") == delay)
