"""Guichet, file by file, along the way of one mail.

    run_bot.py      hands its arguments to
    cli             the commands; `showing`, `telling`, `trying`, `checking`, `expecting`, `anonymising` are what
                    some of them do
    working         `once` and `run`, had without the other commands; what all of them share
    glancing        does all stand as the last pass left it? Then `once` has nothing to do      edges/knock
    helping         what `--help` says of them
    completing      what makes a shell complete the commands
    beginning       `init`: a few questions, a log-in, and `penning` writes mailboxes.toml     core/providers
    granting        `login`: the seller grants access by OAuth
    inspecting      what `check` looks at beside: the machine, its Python, a mailbox's room; `finding`, its lines
    fleet/          an agency: many sellers, a directory of them in PostgreSQL, workers; `fleet/__init__` has its map
    dashboard/      the page for the seller: looks at the store, orders through `ordering`
    settings        mailboxes.toml -> Settings, all faults at once
    loop            `once` and `run`: the same steps, alone on their data folder                edges/bell
    foreseeing      what a pass leaves for the next one's glance: until when nothing can be due
    errands         the pieces of work of a pass, each loaded when there is something to do; `due` says whether
    progressing     how far a first look is, on a terminal
    leasing         who works on the database: the fence beside the lock
    listening       in `run`: one thread waits for news of all mailboxes, a few receive from those that have some
    receiving       server or Maildir -> packs of raw mails edges/imap, edges/exchange, edges/maildir, edges/store,
                                                            core/pack
    entering        by which secret a mailbox is entered: its password, or what was granted    edges/oauth
    reconciling     once a day: has every mail on the server its row and its verdict, lies none in the junk?
    reading         raw mail -> an event, an order of the seller's, or the shelf:
                        core/message, core/opening          bytes -> Message: who wrote, is it proven, what it says
                                                            (in a child process with limits: edges/reader)
    understanding       marketplaces/                       Message -> marketplace, kind, facts (one folder each;
                                                            in the child as well)
    pipeline        event -> handled, in one transaction:
                        core/case, core/deadline            what the event changes, by when somebody must move
                        core/decide, core/guards            what is to be done about it, and what is never done
                        core/choosing                       what the seller may choose, and what that makes
                        core/holding, core/wishes           why nothing may leave by itself
    standing        what the guards must know of a case and its sisters
    pausing         the switch that stops all automatic sending
    switching       modes that were switched on the page, over those of the settings
    drifting        the alarm for layouts nobody knows
    alarming        the alarms for the bot itself: a mailbox, the disk, the clock
    writing         decisions -> words -> outbox rows       edges/templates, core/draft
    proofing        what the linter says of those words     core/linter; `rehearsing` tries every template for `check`
    hearing         the seller's answers by mail: is it an order, may he give it      core/grant
    ordering        an order, from a mail or the terminal, carried out                core/order
    reminding       the clock, once a sale: may the buyer be reminded to rate?      core/rating
    ticking         the clock as a source of events: warnings, missed deadlines, the catch-up
    digesting       the day in one mail
    dating          the deadlines as a calendar, kept current      core/ics, edges/papers
    counting        the seller's numbers out of the store          core/numbers, core/sheet
    sending         outbox rows -> SMTP, at most once       edges/smtp
    resolving       what nobody knows to have left: looked for, and the seller asked
    filing          a copy in the Sent folder, where the provider puts none
    settling        what became of a sending, written down
    breaking        the breaker that throws the switch
    calling             -> a marketplace's webservice       edges/webservice
    saving          backups, restoring one, a look over the database at the start       edges/copies
    forgetting      what is kept about one buyer, found and erased; `exporting` hands it over. What goes with time, and
                    what is long past and lies in packs             edges/past, core/folding
    evidence        the pack about one case for whoever must decide it                core/dossier
    living          heartbeat, ping, `check --alive`        edges/ping; edges/disk and edges/notifying: room, alarms
    gathering       mails of the past, from a mailbox or files      edges/archive
    replaying       the past again by its own clock, in a copy; `backtesting` counts, `reporting` says what it came to
    guichet         what one pass works with
    words/          what the program says, in French and English
    demo/           one seller's week on an embedded mail server

`core` and `marketplaces` compute: they cannot send, save, or ask the time. `edges` act, each on one
outside thing. tests/test_layout.py holds these arrows; docs/architecture.md tells why.
"""

__version__ = "0.1.0"
