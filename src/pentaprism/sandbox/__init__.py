"""Local servers that stand in for the real ones, for the demo and the tests.

They share no code with the program: a mistake in both would agree with itself.
"""
