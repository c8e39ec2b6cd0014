"""Marketing return: what is learnt from budgets that moved, how cohorts of leads ripen, and what other budgets would bring."""
