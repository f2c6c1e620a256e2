"""The people of the demo, all invented: who they are, what is in their records, what they wrote."""
