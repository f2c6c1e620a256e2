"""The people of the stories, by their name before the @."""

from __future__ import annotations

AMINA, TOMAS, INGRID, KWAME = "amina.haddad", "tomas.reyes", "ingrid.solberg", "kwame.mensah"
LEILA, PETER, CHLOE, MARIA = "leila.farouk", "peter.novak", "chloe.martin", "maria.ortega"
YUSUF, PRIYA, ELODIE = "yusuf.alamin", "priya.nair", "elodie.dubois"
CHEN, DARA, SOFIA, JONAS = "mei.chen", "dara.okafor", "sofia.marin", "jonas.weber"
