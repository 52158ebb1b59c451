"""The way in for the database of the service this one replaces: expand, cut over, contract."""
