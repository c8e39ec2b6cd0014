"""Documents that go out by e-mail on a schedule: when, what, to whom, and once.  Every mail shows what its reader may see."""
