"""Attribution: which channel gets how much of a sale, by every common model, exactly.  Pure: arrays in, dataclasses out."""
