"""Demo data: an executable tour of the house, made by calling its acts."""
