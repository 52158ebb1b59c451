"""dbt in both warehouses, and the copy of the marts the API reads."""
