"""Cards of the page about marketing return."""
