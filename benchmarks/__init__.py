"""How fast, beside whom: one command prints a table of ratios measured in one run (`make bench`).

    __main__     the command line: which measures, how many mails, how many rounds
    mails        notifications made from the marketplaces' samples, from a seed: the same number, the same mail
    mailbox      a private Dovecot, its Maildir written straight
    sink         an SMTP server in a process of its own that counts what it takes
    contenders   who runs: the program as its user starts it, the peers, the floors
    peers/       what the peers are: a program each, the same work
    meter        a program run to its end: seconds, CPU seconds of it and its children, peak memory of the tree
    race         interleaved rounds of all contenders; medians
    stages       where the program's own time goes
    growth, reaction, rest, trips, sync      the further measures, one a file
    goals        GOALS: what the figures are held to
    table        the figures as lines, as JSON, and between the marks of docs/performance.md
"""
