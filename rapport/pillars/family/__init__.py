"""What family and team do together: help in daily life, one list of tasks, meetings, news for the family."""
