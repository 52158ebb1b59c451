"""Pure logic of the profile: no FastAPI, no session, no clock."""
