"""Pure logic of the words: no clock, no network, no database, no unseeded chance."""
