"""The steps of a run: receive, check, plan, apply, announce. Each ends in one committed transaction."""
