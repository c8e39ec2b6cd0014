"""Early warning: rules over headlines, what they have found, and who is told."""
