"""Settings, addresses and start-up; no logic."""
