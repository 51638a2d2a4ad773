"""Beyond one machine: many sellers, a directory of them in PostgreSQL, and workers that serve them by the shard.

    commands     `run_bot.py fleet …`, read at every start: it imports nothing heavy
    addressing   where the directory is, and by which secret
    directory    sellers, shards and workers, in PostgreSQL
    joining      `add` and `remove`
    moving       `move`: lock, backup, copy, switch
    visiting     one seller, once: the loop's own steps under his own lock
    lines        connections that are kept between two visits, and tell of news
    serving      one shard: who is due, who has news, who rests
    working      the process: procrastinate's jobs, signs of life, a PostgreSQL that went away
    watching     `status`, and the alarm for a shard that has not run
"""
