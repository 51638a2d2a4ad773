"""Real servers for the tests, each private to its test run, on this machine, with its fixture beside it."""
