"""The live worker: computes what is watched when something is committed, once for everybody."""
