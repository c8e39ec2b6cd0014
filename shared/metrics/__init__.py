"""Numbers: what a metric is, how it is asked for, answered, compared, judged and written."""
