"""Family and team together as they are shown: frozen, through the door."""
