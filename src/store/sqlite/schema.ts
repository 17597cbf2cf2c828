/**
 * The tables, as numbered migrations: migration n takes a database from version n - 1 to n.
 * Never edit one that was released; add the next.
 */

export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    domain TEXT NOT NULL
  ) STRICT;

  CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    skeleton TEXT NOT NULL UNIQUE,
    epoch INTEGER NOT NULL DEFAULT 1, -- raised where every session that there is has to end
    salt BLOB NOT NULL,
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    login_key BLOB NOT NULL, -- Ed25519, of its password
    signing_key BLOB NOT NULL,
    recipient TEXT NOT NULL,
    signature BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    sealed_keys BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER,
    -- A closed account keeps its row and its name, so that nobody else gets the name, and nothing else.
    closed_at INTEGER,
    erased_at INTEGER -- when the last of its mail was erased
  ) STRICT;
  CREATE INDEX account_closing ON account (id) WHERE closed_at IS NOT NULL AND erased_at IS NULL;

  -- Further names of accounts.
  CREATE TABLE alias (
    name TEXT PRIMARY KEY, -- *: of every name that is nobody's
    skeleton TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alias_by_account ON alias (account_id);

  -- A second way into an account.
  CREATE TABLE recovery (
    account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    public_key BLOB NOT NULL, -- Ed25519, of the recovery code
    sealed_keys BLOB NOT NULL
  ) STRICT;

  CREATE TABLE app_password (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    scope TEXT NOT NULL,
    verifier BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (account_id, label)
  ) STRICT, WITHOUT ROWID;

  -- Machines that a login was saved on.
  CREATE TABLE device (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    public_key BLOB NOT NULL, -- Ed25519: what it logs in by
    label TEXT NOT NULL,
    scope TEXT NOT NULL,
    senders TEXT, -- whose mail it may read, as JSON; null: everybody's
    sealed_keys BLOB NOT NULL, -- the account's, under the device key
    wrapped_key BLOB NOT NULL, -- the device key, under the password
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    used_at INTEGER, -- to the hour
    PRIMARY KEY (account_id, public_key),
    UNIQUE (account_id, label)
  ) STRICT, WITHOUT ROWID;

  -- Keys that an account had, and both signatures on how they were succeeded; positions count up.
  CREATE TABLE succession (
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    signing_key BLOB NOT NULL,
    recipient TEXT NOT NULL,
    succeeded_at INTEGER NOT NULL,
    signature BLOB NOT NULL,
    acceptance BLOB NOT NULL,
    PRIMARY KEY (account_id, position)
  ) STRICT, WITHOUT ROWID;

  -- By version: a whole ring, and what changed since.
  CREATE TABLE keyring (
    account_id INTEGER NOT NULL REFERENCES account (id),
    version INTEGER NOT NULL,
    tag BLOB NOT NULL, -- the last 16 bytes of what is sealed
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, version)
  ) STRICT;

  -- The list of an account's folders.
  CREATE TABLE folder_list (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    version INTEGER NOT NULL DEFAULT 0,
    sealed BLOB
  ) STRICT;

  -- Senders whose mail an account does not want.
  CREATE TABLE blocked (
    account_id INTEGER NOT NULL REFERENCES account (id),
    address TEXT NOT NULL, -- an account's name, or an address of another domain
    blocked_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address)
  ) STRICT, WITHOUT ROWID;

  -- What was asked for under which id, and what came of it: a repeat has the same answer.
  CREATE TABLE request (
    key INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id), -- 0: an administrator's
    id BLOB NOT NULL,
    call TEXT NOT NULL,
    result TEXT, -- JSON; null: none
    at INTEGER NOT NULL,
    UNIQUE (account_id, id)
  ) STRICT;
  CREATE INDEX request_by_account ON request (account_id);
  CREATE INDEX request_by_time ON request (at);

  CREATE TABLE invite (
    token_hash BLOB PRIMARY KEY,
    uses INTEGER NOT NULL CHECK (uses > 0),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    max_bytes INTEGER, -- of the accounts made with it; null: as the server has it
    provisioning INTEGER NOT NULL -- 1: an administrator's own
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invite_by_expiry ON invite (expires_at);

  -- What is left of guesses at passwords.
  CREATE TABLE failed_logins (
    rate TEXT NOT NULL,
    key TEXT NOT NULL, -- an account, an address, or both
    full_at INTEGER NOT NULL,
    PRIMARY KEY (rate, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX failed_logins_full ON failed_logins (full_at);

  -- What every message changes, in one short row. The counts spare every list from counting rows.
  CREATE TABLE mailbox (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    restored_at INTEGER NOT NULL DEFAULT 0, -- rises each time it comes from a backup
    next_entry INTEGER NOT NULL DEFAULT 1, -- of ids, and of places in folders
    modseq INTEGER NOT NULL DEFAULT 0, -- how often anything of it changed
    gone INTEGER NOT NULL DEFAULT 0, -- rows of that table
    gone_until INTEGER NOT NULL DEFAULT 0, -- what went up to this modseq is forgotten
    latest INTEGER NOT NULL DEFAULT 0, -- the highest stored_at ever put into it
    inbox INTEGER NOT NULL DEFAULT 0 CHECK (inbox >= 0),
    sent INTEGER NOT NULL DEFAULT 0 CHECK (sent >= 0),
    unread INTEGER NOT NULL DEFAULT 0 CHECK (unread BETWEEN 0 AND inbox), -- what is sent is read
    -- What of these is not in the box's own folder.
    inbox_aside INTEGER NOT NULL DEFAULT 0 CHECK (inbox_aside BETWEEN 0 AND inbox),
    sent_aside INTEGER NOT NULL DEFAULT 0 CHECK (sent_aside BETWEEN 0 AND sent),
    unread_aside INTEGER NOT NULL DEFAULT 0 CHECK (unread_aside BETWEEN 0 AND unread),
    bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    -- 0 as a bound is none, null the server's.
    max_bytes INTEGER,
    max_messages INTEGER
  ) STRICT;

  -- Bodies that came as uploads. AUTOINCREMENT: a stale upload number must never reach a newer upload.
  CREATE TABLE body (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id), -- who sent it
    bytes INTEGER NOT NULL DEFAULT 0,
    chunks INTEGER NOT NULL DEFAULT 0,
    holders INTEGER -- how many messages have it; null: still being uploaded; 0: to be swept
  ) STRICT;
  CREATE INDEX body_loose ON body (holders) WHERE holders IS NULL OR holders = 0;

  CREATE TABLE body_chunk (
    id INTEGER PRIMARY KEY,
    body_id INTEGER NOT NULL REFERENCES body (id),
    position INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (body_id, position)
  ) STRICT;

  -- What was sent under which key. Outlives its entries, so that a late repeat still finds the first id.
  CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    sender_id INTEGER NOT NULL REFERENCES account (id),
    idempotency_key BLOB NOT NULL,
    content_tag BLOB NOT NULL,
    entry_id INTEGER NOT NULL, -- of the sender's own copy, there or not
    holders INTEGER NOT NULL, -- how many entries show it
    readers_left INTEGER, -- null: it does not burn
    was_read INTEGER, -- null: nobody has read it, or it does not burn
    released_at INTEGER, -- null: it did not wait, or still does
    body_id INTEGER, -- of a long body
    body BLOB, -- a short one
    UNIQUE (sender_id, idempotency_key)
  ) STRICT;

  CREATE TABLE delivery (
    message_id INTEGER NOT NULL REFERENCES message (id),
    recipient_id INTEGER NOT NULL REFERENCES account (id),
    position INTEGER NOT NULL,
    receipt BLOB, -- signed by its reader
    PRIMARY KEY (message_id, position)
  ) STRICT, WITHOUT ROWID;

  -- A message that was not sent yet, or was taken back before.
  CREATE TABLE held (
    message_id INTEGER PRIMARY KEY REFERENCES message (id),
    sender_id INTEGER NOT NULL REFERENCES account (id),
    deliver_at INTEGER NOT NULL,
    expires_at INTEGER,
    bytes INTEGER NOT NULL, -- of its recipients' copies, without the body
    cancelled_at INTEGER
  ) STRICT;
  CREATE INDEX held_due ON held (deliver_at) WHERE cancelled_at IS NULL;
  CREATE INDEX held_by_sender ON held (sender_id) WHERE cancelled_at IS NULL;

  -- What its recipients will get. None of it has an entry yet.
  CREATE TABLE held_copy (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id),
    position INTEGER NOT NULL,
    recipient_id INTEGER NOT NULL REFERENCES account (id),
    envelope_digest BLOB NOT NULL,
    envelope BLOB NOT NULL,
    UNIQUE (message_id, position)
  ) STRICT;

  -- The long columns come last: a list that needs none of them does not read their pages.
  -- Indexes, foreign keys and triggers are kept few here: every message pays for each of them twice.
  CREATE TABLE entry (
    key INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    id INTEGER NOT NULL,
    box TEXT NOT NULL CHECK (box IN ('inbox', 'sent')),
    sender_id INTEGER NOT NULL REFERENCES account (id),
    message_id INTEGER NOT NULL REFERENCES message (id),
    stored_at INTEGER NOT NULL,
    latest INTEGER NOT NULL, -- the highest stored_at up to this id: rises with it, whatever the clock does
    read_at INTEGER,
    was_read INTEGER, -- 1: it is unread again
    aside INTEGER NOT NULL DEFAULT 0, -- 1: it is not in the box's own folder
    expires_at INTEGER,
    burn INTEGER, -- null: it is not erased when it is read
    -- Whose share of the mailbox it takes where that is not its sender's: of the account that logged in by SMTP, and
    -- the owner's own for what the server itself put there.
    charged_to INTEGER,
    sealed_bytes INTEGER NOT NULL, -- of the body; 0: it came back without, or is burnt
    envelope_digest BLOB NOT NULL,
    summary BLOB,
    envelope BLOB NOT NULL
  ) STRICT;
  -- With aside: a list of what is not passes over the others without their rows.
  CREATE UNIQUE INDEX entry_by_box ON entry (account_id, box, id, aside);
  CREATE INDEX entry_unread ON entry (account_id, box, id, sender_id, aside) WHERE read_at IS NULL;
  CREATE INDEX entry_aside ON entry (account_id, box, id) WHERE aside = 1;
  CREATE INDEX entry_expiring ON entry (account_id, expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX entry_due ON entry (expires_at) WHERE expires_at IS NOT NULL;
  -- All that it takes to sum up what one sender has in a mailbox.
  CREATE INDEX entry_by_sender
    ON entry (account_id, box, sender_id, id, charged_to, sealed_bytes, length(envelope));
  CREATE INDEX entry_charged ON entry (account_id, charged_to, sealed_bytes, length(envelope))
    WHERE charged_to IS NOT NULL;

  -- How each entry is filed: a narrow row, which changes often.
  CREATE TABLE filing (
    account_id INTEGER NOT NULL REFERENCES account (id),
    id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    modseq INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 0,
    sealed BLOB,
    PRIMARY KEY (account_id, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX filing_by_modseq ON filing (account_id, modseq);

  -- What a client keeps of the content of an entry.
  CREATE TABLE outline (
    account_id INTEGER NOT NULL REFERENCES account (id),
    id INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (account_id, id)
  ) STRICT;

  -- Entries that went, the newest of them.
  CREATE TABLE gone (
    account_id INTEGER NOT NULL REFERENCES account (id),
    modseq INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (account_id, modseq)
  ) STRICT, WITHOUT ROWID;

  -- Whom a message did not reach, and which entry tells its sender. A recipient stands here once.
  CREATE TABLE bounce (
    message_id INTEGER NOT NULL REFERENCES message (id),
    recipient TEXT NOT NULL, -- an account's name, or an address that was nobody's
    reason TEXT NOT NULL
      CHECK (reason IN ('no_such_account', 'account_deleted', 'expired', 'not_kept', 'mailbox_full')),
    at INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    PRIMARY KEY (message_id, recipient)
  ) STRICT, WITHOUT ROWID;

  -- Announcements that mail goes, where it is kept for a time only. One outlives its entry for as long as it holds.
  CREATE TABLE retention_notice (
    account_id INTEGER NOT NULL REFERENCES account (id),
    entry_id INTEGER NOT NULL, -- what tells it in the inbox, there or not
    last_id INTEGER NOT NULL, -- of the entries that go
    messages INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    at INTEGER NOT NULL,
    goes_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, entry_id)
  ) STRICT, WITHOUT ROWID;

  -- The server itself, sender of what comes back: nobody can have this name (RFC 5321 4.5.5).
  INSERT INTO account (id, name, skeleton, salt, memory_kib, passes, login_key, signing_key,
      recipient, signature, fingerprint, sealed_keys, created_at, closed_at, erased_at)
    VALUES (0, '<>', '<>', x'', 0, 0, x'', x'', '', x'', x'', x'', 0, 0, 0);

  -- The message of the entries that have none. It is its own holder: it never goes.
  INSERT INTO message (id, sender_id, idempotency_key, content_tag, entry_id, holders)
    VALUES (0, 0, x'', x'', 0, 1);
  `,
];

/** Finds one entry of an account by its id. The box is there for the index, which has it between the two. */
export const ofAccount = "entry.account_id = ? AND entry.box IN ('inbox', 'sent') AND entry.id = ?";
