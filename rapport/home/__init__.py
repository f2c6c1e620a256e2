"""Pages that set pillars side by side: my day, the person at a glance, the team inbox."""
