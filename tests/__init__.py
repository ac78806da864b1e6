"""Mirrors the house: a test lives where its code lives. Add here when a claim about the code can be checked by running it."""
