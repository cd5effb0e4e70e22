"""Mutation testing: one small fault at a time is put into the code, and some test has to notice."""
