"""`centralita simulate`: reference cases and centres in simulated time, on all cores."""
