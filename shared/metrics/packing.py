"""Tables as bytes for the cache: Arrow streams, which end by themselves, with the moment they are of."""

from datetime import datetime

import pandas as pd
import pyarrow as pa


def pack(frame: pd.DataFrame, moment: datetime) -> bytes:
    """The table and the moment its numbers are of."""
    columns = {str(name): pa.array(column, from_pandas=True) for name, column in frame.items()}
    table = pa.table(columns).replace_schema_metadata({"as_of": moment.isoformat()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def unpack(value: bytes) -> tuple[pd.DataFrame, datetime]:
    """What was packed.  Raises pyarrow.ArrowInvalid for anything else."""
    table = pa.ipc.open_stream(value).read_all()
    facts = table.schema.metadata or {}
    return table.to_pandas(), datetime.fromisoformat(facts[b"as_of"].decode())
