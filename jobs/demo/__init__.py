"""The demo company: a believable one, the same for the same size, seed and day, with planted faults whose truth is known."""
