-- The table for pop3_uidl in PostgreSQL, SQLite or MySQL (there: MEDIUMTEXT).
-- A page holds 128 messages, below 7 KB.
CREATE TABLE pop3_uidl (
  username VARCHAR(255) NOT NULL,
  mailbox VARCHAR(255) NOT NULL,
  page VARCHAR(16) NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (username, mailbox, page)
);
