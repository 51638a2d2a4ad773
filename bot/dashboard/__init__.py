"""The counter: a page on the seller's own machine, for those who would rather look than read mail.

    serving     `run_bot.py dashboard`: waitress, bound to this machine
    counter     the Flask app put together; what one request works with
    password    the one password, and the key that signs the cookies
    gate        who may come in, from where, and what every answer carries
    desk        Today, and one case
    acts        the buttons: each is an order, carried out as one by mail is
    lists       cases, deadlines, outbox, shelf; each as a page, CSV or JSON
    searching   cases by order, buyer, words
    figures     the weeks in numbers
    ruling      modes to switch, and what the marketplaces demand
    wording     templates, tried on samples before they are kept
    health      mailboxes, alarms, backups, versions; the switch that stops what leaves by itself
    telling     rows of the store -> what a page shows
    pages/      Jinja2, everything escaped; static/ is one stylesheet and one small script

It reads the store and gives orders through `ordering.carry_out`; it never sends, and may run beside the daemon.
"""
