// imapflow with postal-mime or mailparser, better-sqlite3, and nodemailer: as their own pages show them, used well.
//   node bot.mjs postal-mime|mailparser MODULES IMAP_PORT USER PASSWORD SMTP_PORT DATABASE
// SMTP_PORT 0: nothing is sent. Rows are committed a hundred at a time with synchronous=FULL, each sent mail by itself.
import { createRequire } from "node:module";
import { join } from "node:path";

const [which, modules, imapPort, user, pass, smtpPort, database] = process.argv.slice(2);
const require = createRequire(join(modules, "package.json"));
const { ImapFlow } = require("imapflow");
const Database = require("better-sqlite3");

const parse = which === "mailparser"
  ? async (raw) => {
      const mail = await require("mailparser").simpleParser(raw, { skipImageLinks: true });
      return { subject: mail.subject, from: mail.from?.value[0]?.address ?? "", text: mail.text ?? "", id: mail.messageId };
    }
  : (({ default: PostalMime }) => async (raw) => {
      const mail = await PostalMime.parse(raw);
      return { subject: mail.subject, from: mail.from?.address ?? "", text: mail.text ?? mail.html ?? "", id: mail.messageId };
    })(require("postal-mime"));

const db = new Database(database);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`CREATE TABLE mails (id INTEGER PRIMARY KEY, message_id TEXT UNIQUE, sender TEXT, subject TEXT, number TEXT,
         text TEXT, state TEXT)`);
const insert = db.prepare("INSERT OR IGNORE INTO mails (message_id, sender, subject, number, text, state) VALUES (?, ?, ?, ?, ?, 'open')");
const keep = db.transaction((rows) => rows.map((row) => insert.run(row.id, row.from, row.subject, row.number, row.text).lastInsertRowid));
const mark = db.prepare("UPDATE mails SET state = 'sent' WHERE id = ?");

const ORDER = /\b\d{3}-\d{7}-\d{7}\b|\b\d{9}\b/;
const reply = (row) => `Bonjour,\n\nMerci pour votre message au sujet de la commande ${row.number}. Nous l'avons bien reçu\n` +
  `et nous vous répondons dès que possible.\n\nCordialement,\nAtelier Lumen\n`;

const client = new ImapFlow({ host: "127.0.0.1", port: Number(imapPort), secure: false, doSTARTTLS: false, logger: false, auth: { user, pass } });
await client.connect();
const lock = await client.getMailboxLock("INBOX", { readOnly: true });
const post = Number(smtpPort) ? require("nodemailer").createTransport({
  host: "127.0.0.1", port: Number(smtpPort), secure: false, ignoreTLS: true, pool: true, maxConnections: 1, maxMessages: Infinity,
  auth: { user, pass } }) : null;

let mails = 0, replies = 0, rows = [];
const flush = async () => {
  const ids = keep(rows);
  mails += rows.length;
  for (const [place, row] of post ? rows.entries() : []) {
    await post.sendMail({ from: user, to: "marie@boutique.example", subject: `Re: ${row.subject}`, inReplyTo: row.id,
      references: row.id, text: reply(row), headers: { "Auto-Submitted": "auto-replied" } });
    mark.run(ids[place]);
    replies++;
  }
  rows = [];
};
const most = client.mailbox.exists;
for (let first = 1; first <= most; first += 100) {
  for (const one of await client.fetchAll(`${first}:${Math.min(first + 99, most)}`, { uid: true, source: true })) {
    const row = await parse(one.source);
    row.number = (ORDER.exec(row.subject) ?? ORDER.exec(row.text) ?? [""])[0];
    rows.push(row);
  }
  await flush();
}
lock.release();
await client.logout();
post?.close();
db.close();
console.log(JSON.stringify({ mails, replies }));
