"""A believable schedule for `make run`: invented people, past and coming days, never where real ones have booked."""
