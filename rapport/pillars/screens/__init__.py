"""Short questionnaires about how somebody is: asked on a schedule, scored, and acted upon."""
