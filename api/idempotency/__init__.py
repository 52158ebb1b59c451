"""The same POST sent twice has one effect: keys, leases, replays."""
