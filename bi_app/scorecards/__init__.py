"""The parts of the departments' scorecards."""
