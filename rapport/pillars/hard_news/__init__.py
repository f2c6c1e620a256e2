"""Hard news: how somebody wants to hear results, what waits for a talk, the days after, bereavement."""
