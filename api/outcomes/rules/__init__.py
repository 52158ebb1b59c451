"""Pure rules of outcomes: no database, no clock."""
