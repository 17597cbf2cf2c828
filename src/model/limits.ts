/** Every bound mailctl keeps, in one place. Bytes, counts and milliseconds; a name says which. */

const kibi = 1024;
const mebi = 1024 * 1024;

export const limits = {
  // The session
  maxHandshakeFrameBytes: 8 * kibi,
  /** A request or reply may span several frames up to this size; before login, up to the other. */
  maxRequestBytes: 4 * mebi,
  maxRequestBeforeLoginBytes: 16 * kibi,
  /** What one data frame carries of a body, and what one row of the store keeps. */
  chunkBytes: 256 * kibi,
  handshakeTimeoutMs: 10_000,
  /** How long a client uses what a server gave it in the place of RSA. */
  ticketMs: 7 * 86_400_000,
  loginTimeoutMs: 60_000,
  idleTimeoutMs: 300_000,
  /** A frame that has begun must be whole after this long. */
  frameTimeoutMs: 30_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 500,
  maxConnectionsPerAccount: 100,
  drainTimeoutMs: 5_000,
  /** Successions of its key that a server tells: who knew an older one has to compare. */
  maxServerSuccessions: 50,
  /** What a client waits for the next byte of a server that owes it one. */
  replyTimeoutMs: 60_000,
  /** A server that has nothing to tell says so after this long; well below the other. */
  waitTimeoutMs: 50_000,

  // Accounts
  maxNameCharacters: 32,
  maxDomainBytes: 253,
  minPasswordCharacters: 8,
  maxPasswordBytes: 1 * kibi,
  /** Of all its parts together. */
  maxKeyringBytes: 512 * kibi,
  /** One whole ring, and what changed since. */
  maxKeyringParts: 64,
  /** Of numbers that are missing, or may never come, of one correspondent. */
  maxNumberRanges: 32,
  maxSealedKeysBytes: 4 * kibi,
  maxAgeRecipientBytes: 2 * kibi,
  /** What a mailbox may hold unless the server or its administrator says otherwise. */
  mailboxBytes: 1024 * mebi,
  mailboxMessages: 1_000_000,
  /** An entry counts for this at least: its row is stored however short its content is. */
  minEntryBytes: 512,
  /** By this a summary may be longer than its envelope: it holds digests of `maxRecipients` receipts. */
  summaryMarginBytes: 2 * kibi,
  /** Earlier keys that an account keeps for its older mail; they fit into its sealed keys. */
  maxEarlierKeys: 24,
  /** Changes of one account's keys that a server can prove to others. */
  maxSuccessions: 16,
  /** What a client listens to, should another server keep more. */
  maxSuccessionsTold: 40,
  maxAppPasswords: 50,
  /** Of an account. */
  maxDevices: 50,
  /** Whose mail a device of scope `read` may be for. */
  maxDeviceSenders: 50,
  /** Of an application password or a device. */
  maxLabelCharacters: 64,
  /** Senders that an account may block. */
  maxBlocked: 1_000,

  // Messages
  maxMessageBytes: 25 * mebi,
  /** Content that is not counted, so that a file of exactly the limit can go with a note. */
  uncountedContentBytes: 64 * kibi,
  /** The most that `serve --max-message` may be raised to. */
  maxMessageCeilingBytes: 1024 * mebi,
  /** A sealed body up to this size travels inside the request that sends it. */
  maxInlineBodyBytes: 256 * kibi,
  /** Bodies are signed as digests of pieces of this size, so that each is checked before it is shown. */
  digestPieceBytes: 1 * mebi,
  maxRecipients: 50,
  maxAttachments: 100,
  maxSubjectBytes: 2 * kibi,
  maxFileNameBytes: 255,
  maxEnvelopeBytes: 64 * kibi,
  maxAgeHeaderBytes: 4 * kibi,
  maxIdempotencyKeyBytes: 256,
  maxReferences: 50,
  /** What a reader signed on having read a message. */
  maxReceiptBytes: 128,
  /** How long a message may wait to be sent. */
  maxHoldMs: 366 * 86_400_000,
  /** What stands behind the `+` of an address. */
  maxTagCharacters: 64,
  /** What one account may have waiting: messages, and bytes of their recipients' copies without the bodies. */
  maxHeldMessages: 1_000,
  maxHeldCopyBytes: 64 * mebi,

  // Filing
  /** Of one message. */
  maxKeywords: 64,
  maxKeywordBytes: 64,
  /** A sealed filing: what it holds at most, filled up, with its nonce and tag. */
  maxFilingBytes: 36 * 128 + 28,
  /** Of an account. */
  maxFolders: 1_000,
  maxSubscribedNames: 1_000,
  maxFolderNameBytes: 255,
  /** A sealed list of folders, likewise. */
  maxFolderListBytes: 130 * 4 * kibi + 28,
  maxTrashDays: 3_650,
  /** What one request files or copies, and what one reply tells of changes. */
  maxFilingsPerRequest: 500,
  /** A sealed outline. What is longer is not kept. */
  maxOutlineBytes: 16 * kibi,
  /** By this it may be longer than the sealed body that it is of: or what takes no room would be worth a mailbox. */
  outlineMarginBytes: kibi,
  /** Deletions of an account that the feed of changes remembers. */
  maxTombstones: 100_000,

  // Mail that is kept for a time only
  minKeepMs: 3_600_000,
  maxKeepMs: 100 * 365 * 86_400_000,
  /** How long before it goes mail is announced to go; where it is kept shortly, a tenth of that. */
  retentionNoticeMs: 7 * 86_400_000,
  /** A mailbox gets one announcement in this time; where mail is kept shortly, two in that. */
  retentionPeriodMs: 86_400_000,

  // MIME
  maxHeaderBytes: 256 * kibi,
  maxMimeDepth: 20,
  maxMimeParts: 1_000,
  /** What stands before the first part of a multipart, and is passed over. */
  maxPreambleBytes: 64 * kibi,
  /** Of all headers of a message and its parts, what its structure is told from. */
  maxStructureHeaderBytes: 1 * mebi,

  /** The last moment that a Date can hold. */
  maxTimeMs: 8_640_000_000_000_000,

  // Mail programs: SMTP, POP3 and IMAP
  /** A command line with its end: RFC 4954 4.3.5 would have more, for mechanisms that are not here. */
  maxCommandBytes: 4 * kibi,
  /** Commands that were refused, of one connection. */
  maxRefusedCommands: 20,
  /** SMTP commands that were put off, until a message is taken: recipients past `maxSmtpRecipients`, mostly. */
  maxDeferredCommands: 1_000,
  /** Wrong passwords, of one connection. */
  maxWrongPasswords: 3,
  /** Of one message from outside: RFC 5321 4.5.3.1.8 has 100 at least. */
  maxSmtpRecipients: 100,
  maxSmtpConnections: 500,
  maxSmtpConnectionsPerAddress: 50,
  /** Where half of them are taken, one that has not said MAIL goes after this long. */
  smtpIdleUnderPressureMs: 30_000,
  /** For one more, the oldest goes that has not opened a mailbox. */
  maxMailProgramConnections: 100,
  /** Without a whole line from the other side: RFC 5321 4.5.3.2, RFC 1939 3 asks for 10 minutes. */
  mailProgramIdleMs: 600_000,
  /** From the connection to the password. */
  mailProgramLoginMs: 60_000,
  /** From DATA to its end. */
  mailProgramMessageMs: 1_800_000,
  /** Of IMAP: a command without its literals. */
  maxImapLineBytes: 64 * kibi,
  /** Of IMAP, from one answer to the next: RFC 9051 5.4. */
  imapIdleMs: 1_800_000,
  /** How long the folders of an account stay open behind the last session. */
  imapFoldersKeptMs: 600_000,
  /** The literals of one command, all together, but for the message of APPEND. */
  maxImapLiteralBytes: 64 * kibi,
  /** After the last word to a client that was cut off: what it still says must not reset the connection. */
  lingerMs: 2_000,

  /** The longest time that a command may be told to wait: a timer has no room for more. */
  maxWaitMs: 24 * 86_400_000,

  // Lists
  maxListEntries: 200,
  /** What one command lists, over as many requests as it takes. */
  maxListedMessages: 10_000,
  /** What a client reads of one list, whatever the server counts: four times the messages of a mailbox by default. */
  maxListPages: 20_000,
  maxIdsPerRequest: 1_000,
  maxBouncedIds: 50,
  /** A thread is looked for among so many of the newest of each box, and further down while something of it is missing. */
  minThreadDepth: 1_000,
  /** Then it has to do, unless the command says otherwise. */
  maxThreadDepth: 10_000,

  // The page
  maxPageFormBytes: 2 * mebi,
  /** A body of a request that has not grown for this long is given up. */
  pageBodyTimeoutMs: 30_000,
  /** `mailctl web` ends when no page was open, and nothing asked for, for this long. */
  pageIdleTimeoutMs: 30 * 60_000,
  /** How long the one-time link in the file for the browser is good. */
  pageLinkTimeoutMs: 60_000,
  /** A move can be undone on the page for this long. */
  undoTimeoutMs: 20_000,
  maxPageStreams: 20,
  maxPageDownloads: 4,
  /** A message that burns is in one page with its files, of which browsers hold so much in a link: Firefox 32 MiB. */
  maxPageBurnBytes: 16 * mebi,
  /** What the drafts on the page may hold of attachments, all together. */
  maxPageUploadBytes: 128 * mebi,
  /** HTML of a message, beyond which the page shows its text only. */
  maxHtmlBytes: 512 * kibi,
  maxHtmlElements: 20_000,
  /** Images that HTML refers to, all together: as they came, as the frame gets them, and when they are drawn. */
  maxRelatedImageBytes: 8 * mebi,
  maxFrameImageCharacters: 16 * mebi,
  maxFramePixels: 100_000_000,
  /** Messages of a conversation that the page shows, the nearest to the one that is read. */
  maxConversationRows: 50,
  maxSearchCharacters: 1_000,
  /** What a search looks at of the text of a message. */
  maxSearchedTextCharacters: 16 * kibi,
  /** Of a machine's index of one mailbox. What does not fit is opened again in each search. */
  maxSearchIndexBytes: 512 * mebi,
} as const;
