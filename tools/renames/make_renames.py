"""Writes /work/renames.json: one entry = one word = one commit."""
import json
E=[]
def e(subject, body, **k): E.append(dict(subject=f"names: {subject}", body=body, **k))
ALL="^(src|tests|tools|bench)/|^main.ts"
WEB="^src/gateway/web/|^tests/(web|unit/gateway/web|gateway)/|^tests/support/(person|face)"
STORE="^src/store/|^src/service/|^tests/(contract|unit/store|unit/service|support/(store|closing|counted|releasing|retention|hold))|^tests/e2e/(returned|unsigned|watch)_test|^bench/"
# --- one word each
e("a mutex is a SerialQueue, a gate a Semaphore",
  "The SMTP reception's queue lets timers and sockets in between its pieces; the gate of the\nserver key lets several in at a time, which is what the field calls a semaphore.",
  symbols=["src/gateway/reception/turns.ts: Turns.take -> run","src/gateway/reception/turns.ts: Turns -> YieldingQueue","src/server/key/gate.ts: Gate.pass -> run","src/server/key/gate.ts: Gate -> Semaphore"],
  ids={"turns":"queue"}, **{"in":"^src/gateway/reception/"},
  texts=[{"in":"^src/server/key/server_key.ts$","from":r"\bgate\b(?!\.ts)","to":"semaphore"}],
  moves=[["src/gateway/reception/turns.ts","src/gateway/reception/yielding_queue.ts"],["src/server/key/gate.ts","src/server/key/semaphore.ts"]])
e("what falls due is due work, and the store expires it",
  "`settle` had six meanings. The store's expires what is due and erases closed accounts; the\nservice runs due work; the rest are named in the next commit.",
  ids={"settle":"expireDue"}, strings=True, **{"in":r"^src/store/(?!sqlite/queue\.ts)|^src/service/settling\.ts|^tests/contract/|^tests/support/closing_child\.ts|^tests/e2e/returned_test\.ts"},
  symbols=["src/service/settling.ts: Settling -> DueWork","src/service/administration.ts: AdministrationOptions.settle -> runDue"],
  texts=[{"in":r"^src/(server|service)/.*\.ts$|^tests/.*\.ts$","from":r"\bsettling\b(?!\.ts)","to":"dueWork"},{"in":r"^src/store/account_store.ts|^src/service/administration.ts","from":"`settle`","to":"`expireDue`"},{"in":r"due_timer(_test)?\.ts$","from":"cannot settle what is due","to":"cannot do what is due"}],
  moves=[["src/service/settling.ts","src/service/due_work.ts"]])
e("to settle is said by its own words",
  "Six more meanings of one word: finding out what became of a change, finishing a call, waiting\nfor imports and for marks, doing what is put off on the page, resolving a promise.",
  symbols=["src/client/account/uncertain_change.ts: settle -> makeChange","src/client/connection/client.ts: Client.#settle -> #finishCall","src/client/importing/importer.ts: Importer.settle -> drain","src/cli/commands/read.ts: Marks.settle -> wait","src/gateway/web/state/deletions.ts: Deletions.settle -> flush","tests/support/person.ts: Person.settle -> register"],
  texts=[{"in":r"^src/store/sqlite/queue\.ts$","from":r"\bconst settle = resolve\b","to":"const resolveAny = resolve"},{"in":r"^src/store/sqlite/queue\.ts$","from":r"\bresolve: settle\b","to":"resolve: resolveAny"}],
  ids={"settledEntries":"entriesAStep","Settled":"Expired","settle":"resolvePending","onArrivals":"onChangedInboxes"}, **{"in":r"^src/store/|^tests/unit/store/|^tests/contract/"})
e("a query of new mail is a NewMailQuery",
  "`Arrivals` was mail that comes in by SMTP, a page of new mail, a query for it, a stream of it\nand a set of accounts.",
  symbols=["src/service/mail.ts: Arrivals -> NewMailQuery","src/store/watch_store.ts: ArrivalsQuery -> StoredNewMailQuery","src/client/watching/new_mail.ts: arrivals -> newMail","src/service/mail.ts: Mail.arrivals -> newMail","src/client/reading/listing.ts: ArrivalsWish -> NewMailOptions","src/client/reading/listing.ts: ArrivalsPage -> NewMailPage","src/client/reading/listing.ts: checkArrivals -> checkNewMail","src/store/sqlite/connection.ts: Connection.arrivals -> changedInboxes","src/store/sqlite/writer.ts: BatchReply.arrivals -> changedInboxes","src/store/sqlite/queue.ts: WriterQueue.#onArrivals -> #onChangedInboxes","src/store/sqlite/entries.ts: arrivalsStatement -> newMailStatement","src/store/sqlite/watch.ts: arrivalsStatement -> newMailStatement","src/store/sqlite/connection.ts: WriteConnection.arrivals -> changedInboxes","src/store/watch_store.ts: WatchStore.arrivals -> newMail","src/store/sqlite/entries.ts: arrivals -> newMail","src/store/memory/entries.ts: arrivals -> newMail","src/store/memory/watch.ts: arrivals -> newMail","src/store/sqlite/watch.ts: arrivals -> newMail","src/gateway/web/state/arriving.ts: Arriving -> NewMailListener","src/gateway/web/state/arriving.ts: ArrivalHandler -> NewMailHandler"],
  ids={"arriving":"newMail"}, **{"in":WEB},
  texts=[{"in":r"^tests/e2e/(unsigned|watch)_test\.ts$","from":r"\barrivals(?=: \(honest)","to":"newMail"}],
  moves=[["src/gateway/web/state/arriving.ts","src/gateway/web/state/new_mail_listener.ts"]])
e("mail that comes in by SMTP is inbound",
  "The field's term for mail that a server accepts from outside, in the store, the service and\nthe listener alike.",
  ids={"Arrivals":"InboundMail","ArrivalsOptions":"InboundMailOptions","Arrival":"InboundMessage","arrivals":"inboundMail","arrival":"inbound","NewArrival":"NewInbound","ArrivalStore":"InboundStore","arrivalOf":"inboundOf","arrivalPromises":"inboundPromises"}, **{"in":r"^(src|tests|bench|tools)/"},
  moves=[["src/service/arrivals.ts","src/service/inbound_mail.ts"],["src/store/arrival_store.ts","src/store/inbound_store.ts"],["src/store/sqlite/arrivals.ts","src/store/sqlite/inbound.ts"],["src/store/memory/arrivals.ts","src/store/memory/inbound.ts"],["tests/contract/store_contract_arrivals.ts","tests/contract/store_contract_inbound.ts"]])
e("only scheduled mail is held",
  "RFC 4865 says hold for mail that waits for its time. A message kept from a mail program is\nwithheld, a deletion that can be undone is deferred, and a stored entry is just that.",
  symbols=["src/gateway/presentation/kept_back.ts: isHeld -> isWithheld","src/gateway/presentation/kept_back.ts: Held -> Withheld","src/gateway/pop3/inbox_maildrop.ts: Inbox.#held -> #withheld","src/gateway/web/state/deletions.ts: Deletions.hold -> defer","src/gateway/web/state/deletions.ts: Deletions.held -> deferred","src/gateway/web/state/deletions.ts: Deletions.#held -> #deferred","src/gateway/web/state/deletions.ts: Held -> DeferredDeletion","src/gateway/web/state/deletions.ts: DeletionOptions.holdMs -> deferMs","src/gateway/web/routes/mail.tsx: holdDeletion -> deferDeletion","src/gateway/web/page/frame.tsx: View.held -> deferred","src/gateway/web/page/frame.tsx: HeldList -> DeferredList","src/store/memory/mailbox.ts: Held -> StoredEntry","src/store/sqlite/bodies.ts: HeldBody -> RetainedBody","src/store/sqlite/bodies.ts: holdBody -> retainBody"])
e("a connection has a slot, and the page a session",
  "`Seat` was a connection's place at the server and a signed-in mailbox of the page. `Site` is\nwhat a browser's session holds, and `Desk` its connections to the mailbox.",
  symbols=["src/server/connection_table.ts: Seat -> ConnectionSlot","src/server/connection_table.ts: ConnectionTable.#seats -> #slots","src/gateway/web/state/site.ts: Seat.desk -> connections","src/gateway/web/state/site.ts: Seat -> SignedIn","src/gateway/web/state/site.ts: Site.#seat -> #signedIn","src/gateway/web/state/site.ts: Site.seat -> signedIn","src/gateway/web/state/site.ts: Site.#sit -> #open","src/gateway/web/state/site.ts: Site.#rise -> #close","src/gateway/web/state/site.ts: Site -> PageSession","src/gateway/web/state/desk.ts: Desk -> MailboxConnections","src/gateway/web/page_context.tsx: seated -> requireMailbox"],
  texts=[{"in":r"^src/server/|^tests/(session|unit/server)/","from":r"\bseat\b","to":"slot"},{"in":r"^src/server/|^tests/(session|unit/server)/","from":r"\bseats\b","to":"slots"},{"in":r"^src/gateway/web/.*tsx?$","from":r"\"desk\"","to":"\"connections\""}],
  ids={"seat":"signedIn","desk":"connections","site":"session"}, **{"in":r"^src/gateway/web/|^tests/unit/gateway/web/"},
  moves=[["src/gateway/web/state/site.ts","src/gateway/web/state/page_session.ts"],["src/gateway/web/state/desk.ts","src/gateway/web/state/mailbox_connections.ts"]])
e("the page checks access, and its forms have a CSRF token",
  "The names that a reader of any web program looks for: access checks, CSRF token.",
  ids={"Walls":"AccessChecks","walls":"checks","isMeant":"hasCsrfToken","meant":"requireCsrf","formToken":"csrfToken"}, **{"in":r"^src/gateway/web/|^src/cli/|^tests/(web|unit/gateway/web|gateway|e2e|attacks)/"},
  texts=[{"in":r"^src/gateway/web/","from":r"name=\"token\"","to":"name=\"token\""}])
e("a listener is called a listener",
  "`Face` was another listener of the server, the listener for mail programs and its options, and\nan SMTP server.",
  symbols=["src/server/serve.ts: Ready.faces -> extraAddresses","src/server/serve.ts: Face -> ExtraListener","src/server/serve.ts: FaceParts -> ListenerParts","src/server/serve.ts: ServeOptions.openFace -> openListener","src/server/serve.ts: facePartsOf -> listenerPartsOf","src/gateway/listen.ts: Face -> ProgramListener","src/gateway/listen.ts: FaceOptions -> ProgramListenerOptions","src/gateway/listen.ts: FaceListener -> ListeningForPrograms","src/gateway/smtp/[a-z]+.ts: SmtpFace -> SmtpServer"],
  texts=[{"in":r"^src/server/serve.ts$","from":r"\bface\b","to":"extra"},{"in":r"^src/gateway/listen.ts$","from":r"\bface\b","to":"listener"},{"in":r"^src/gateway/reception/","from":r"\bface\b","to":"smtp"},{"in":r"^src/gateway/reception/","from":r"\bfaceOf\b","to":"smtpServerOf"}])
e("a request is run by the RequestRunner",
  "`Answers.give` took an event and carried a request out. What a request uploads goes into a\nsink, and a download is a reply with a body.",
  symbols=["src/server/answers.ts: Answers.give -> handle","src/server/answers.ts: Answers.#take -> #dispatch","src/server/answers.ts: Answers.#pour -> #streamReply","src/server/answers.ts: Answers.#endIntake -> #finishUpload","src/server/answers.ts: Answers.#dropIntake -> #discardUpload","src/server/answers.ts: Answers.#intake -> #upload","src/server/handlers.ts: Intake -> UploadSink","src/server/handlers.ts: Outflow -> DownloadReply","src/server/handlers.ts: intake -> uploadSink","src/server/handlers.ts: outflow -> downloadReply","src/server/answers.ts: AnswersOptions -> RequestRunnerOptions","src/server/answers.ts: Answers -> RequestRunner","src/server/conversation.ts: Conversation.#answers -> #requests"],
  texts=[{"in":r"^src/server/answers.ts$","from":r"\bintake\b","to":"upload"}],
  moves=[["src/server/answers.ts","src/server/request_runner.ts"]])
e("waiting for others is a long poll",
  "The field's term for a request whose reply waits for news.",
  symbols=["src/server/patience.ts: Patience -> LongPoll","src/server/conversation.ts: Conversation.#patience -> #longPoll","src/server/conversation.ts: Conversation.#patiently -> #waitForNews"],
  texts=[{"in":r"^src/server/.*\.ts$|^tests/(session|unit/server|attacks)/.*\.ts$","from":r"\bpatiently\b","to":"waitForNews"},{"in":r"^src/(gateway|client)/.*\.ts$","from":r"\bpatiently\b","to":"retrying"},{"in":r"^src/","from":r"\bpatienceMs\b","to":"graceMs"}],
  moves=[["src/server/patience.ts","src/server/long_poll.ts"]])
e("a stream of one slot and the cipher of frames are no channels",
  "Both were called Channel; one hands chunks over, the other seals frames.",
  symbols=["src/client/connection/channel.ts: Channel -> OneSlotStream"],
  moves=[["src/client/connection/channel.ts","src/client/connection/one_slot_stream.ts"],["src/crypto/session/channel.ts","src/crypto/session/frame_cipher.ts"]])
e("what a sender hands in is submitted",
  "Submission is the field's word (RFC 6409).",
  ids={"HandedMessage":"SubmittedMessage","HandedCopy":"SubmittedCopy","HandedTerms":"SubmissionTerms","HandedDeposit":"SubmittedAppend","handed":"submission","HandedIn":"SubmissionInput","handedIn":"input"}, **{"in":ALL},
  moves=[["src/service/handed.ts","src/service/submitted_message.ts"]])
e("keeping mail for a time is retention",
  "The sweep that deletes what is kept no longer is named for it.",
  ids={"Keeping":"RetentionSweep","keeping":"retentionSweep"}, **{"in":r"^src/(server|service)/|^tests/(unit/(server|service)|session|support)/"},
  moves=[["src/service/keeping.ts","src/service/retention_sweep.ts"]])
e("that mail will be deleted is a retention notice",
  "A removal was the notice of one, not the removal.",
  ids={"Removal":"RetentionNotice","removal":"retentionNotice","removals":"retentionNotices","RemovalNotice":"WireRetentionNotice","removalNotice":"wireRetentionNotice","HeldRemoval":"StoredRetentionNotice","removalNoticeMs":"retentionNoticeMs","removalPeriodMs":"retentionPeriodMs","removalJson":"retentionNoticeJson","openRemoval":"openRetentionNotice","composeRemoval":"composeRetentionNotice","insertRemoval":"insertRetentionNotice","removalsOf":"retentionNoticesOf"}, strings=True, **{"in":r"^(src|tests|tools)/"},
  texts=[{"in":r"^src/store/|^tests/(contract|support)/","from":r"(?<=(TABLE|INTO|FROM|JOIN|ON|UPDATE|TABLE IF EXISTS) )removal\b","to":"retention_notice"},{"in":r"^src/store/|^tests/(contract|support)/","from":r"\bremoval(?=\.(account_id|entry_id|goes_at|last_id)\b)","to":"retention_notice"},{"in":r"^tests/(golden|dialogs|e2e)/|^README|^docs/|^src/cli/","from":r"\"removal\"","to":"\"retentionNotice\""},{"in":r"^src/wire/WIRE.md","from":r"list of removal","to":"list of retentionNotice"},{"in":r"^src/wire/WIRE.md","from":r"    removal    =","to":"    retentionNotice ="}])
e("mail that comes back is a bounce",
  "Every mail system calls it that.",
  ids={"Returned":"Bounce","returned":"bounced","ReturnedStore":"BounceStore","ReturnedNote":"BounceNote","ReturnedNotice":"BounceNotice","returnedNotice":"bounceNotice","returnReasons":"bounceReasons","ReturnReason":"BounceReason","maxReturnedIds":"maxBouncedIds","returnedAtSend":"bouncedAtSend","returnedJson":"bouncedJson","openReturned":"openBounce","OpenedReturn":"OpenedBounce","returnToSender":"bounce","insertReturnedEntry":"insertBounce","returnedPromises":"bouncePromises","assertReturned":"assertBounced","returnedAt":"bouncedAt"}, **{"in":r"^(src|tests|tools|bench)/"}, strings=True,
  texts=[{"in":r"^tests/(golden|dialogs|e2e)/|^README|^docs/|^src/wire/WIRE.md","from":r"\"returned\"","to":"\"bounced\""},
  {"in":r"^tests/dialogs/|^README|^docs/","from":r"(?<==)returned\b","to":"bounced"},{"in":r"^src/cli/commands/|^README|^docs/","from":r"\bbcc, returned\b","to":"bcc, bounced"},
  {"in":r"^src/wire/WIRE.md","from":r"(\| 31 +\| )returned","to":"$1bounced"},{"in":r"^src/wire/WIRE.md","from":r"list of returned","to":"list of bounced"},{"in":r"^src/wire/WIRE.md","from":r"\*\*returned\*\*","to":"**bounced**"},{"in":r"^src/wire/WIRE.md","from":r"    returned   =","to":"    bounced    ="},{"in":r"^src/wire/WIRE.md|^README|^docs/|^src/cli/|^tests/dialogs/","from":r"`returned`","to":"`bounced`"},{"in":r"^src/store/|^tests/(contract|support|e2e)/","from":r"(?<=(TABLE|INTO|FROM|JOIN|ON|UPDATE|EXISTS) )returned(?=(_before)?\b)","to":"bounce"},{"in":r"^src/store/","from":r"\breturned(?=_before\b|\.(message_id|entry_id|recipient|reason|at)\b)","to":"bounce"}],
  moves=[["src/model/returned.ts","src/model/bounce.ts"],["src/store/returned_store.ts","src/store/bounce_store.ts"],["src/store/sqlite/returned.ts","src/store/sqlite/bounce.ts"],["src/store/memory/returned.ts","src/store/memory/bounce.ts"],["tests/contract/store_contract_returned.ts","tests/contract/store_contract_bounce.ts"],["tests/e2e/returned_test.ts","tests/e2e/bounce_test.ts"]],
  run=["deno task docs"])
e("mail that no account signed is unsigned",
  "The outcome is called so already; the code said foreign.",
  ids={"foreign":"unsigned","ForeignEnvelope":"UnsignedEnvelope","openForeign":"openUnsigned","readForeign":"readUnsigned","encodeForeignSummary":"encodeUnsignedSummary","decodeForeignSummary":"decodeUnsignedSummary","SealedForeign":"SealedUnsigned","isForeign":"isUnsigned","isForeignSummary":"isUnsignedSummary","foreignVersion":"unsignedVersion","foreignSummaryVersion":"unsignedSummaryVersion","foreignLayout":"unsignedLayout","ForeignSource":"UnsignedSource","openForeignSummary":"openUnsignedSummary","openForeignEntry":"openUnsignedEntry","foreignObject":"foreignObject","ForeignVector":"UnsignedVector","ForeignSummary":"UnsignedSummary","ForeignHeaders":"UnsignedHeaders","recordForeignEnvelopes":"recordUnsignedEnvelopes","ForeignMessage":"UnsignedMessage"}, **{"in":r"^(src|tests|tools|bench)/(?!.*entry_earlier_test)"},
  texts=[{"in":r"^tests/","from":r"\bforeign_envelope\b","to":"unsigned_envelope"}],
  moves=[["src/mime/foreign.ts","src/mime/unsigned.ts"],["tests/vectors/foreign_envelope.json","tests/vectors/unsigned_envelope.json"]])
e("to put a message into a mailbox is to append",
  "IMAP's word (RFC 9051 6.3.12), in the code, the store and on the wire.",
  ids={"deposit":"append","findDeposits":"findAppended","NewDeposit":"NewAppend","deposited":"appended","depositPromises":"appendPromises","HandedDeposit":"SubmittedAppend","DepositStore":"AppendStore","deposits":"appends","depositByAccount":"appendByAccount"}, strings=True, **{"in":r"^(src|tests|tools|bench)/"},
  texts=[{"in":r"^src/wire/WIRE.md$","from":r"\bfindDeposits\b","to":"findAppended"},{"in":r"^src/wire/WIRE.md$","from":r"`deposit`","to":"`append`"},{"in":r"^src/wire/WIRE.md$","from":r"(?<=\| )deposit(?= )","to":"append"},{"in":r"^src/wire/WIRE.md$","from":r"\*\*deposit\*\*","to":"**append**"},{"in":r"^src/wire/WIRE.md$","from":r"\bdepositKey\b","to":"appendKey"}],
  moves=[["src/store/deposit_store.ts","src/store/append_store.ts"],["src/store/sqlite/deposit.ts","src/store/sqlite/append.ts"],["src/store/memory/deposit.ts","src/store/memory/append.ts"],["tests/contract/store_contract_deposit.ts","tests/contract/store_contract_append.ts"]],
  run=["deno task docs"])
e("how a key came to be is its history",
  "A line of keys that a keyring notes, and one that a server tells, are both the history of a key.",
  symbols=["src/client/correspondents/contacts.ts: KeyLine -> KeyHistory","src/client/correspondents/succession.ts: ToldLine -> ServerKeyHistory","src/client/correspondents/keyring.ts: Keyring.follow -> followKeyChanges","src/client/correspondents/contacts.ts: followLines -> followHistories","src/client/correspondents/contacts.ts: followLine -> followHistory","src/client/correspondents/trust.ts: follow -> followKeyChange","src/cli/session.ts: Succession -> SuccessionNotice","src/crypto/session/server_succession.ts: signSuccession -> signServerSuccession"],
  moves=[["src/client/correspondents/succession.ts","src/client/correspondents/key_history.ts"]])
e("what mailctl writes into a header is a trust field",
  "The Mailctl-* fields tell a mail program what to trust.",
  symbols=["src/gateway/presentation/marks.ts: Marks -> TrustFields","src/gateway/presentation/marks.ts: formatMarks -> formatTrustFields","src/cli/commands/read.ts: Marks -> ReadMarks"],
  moves=[["src/gateway/presentation/marks.ts","src/gateway/presentation/trust_fields.ts"]])
e("the store allocates, removes, decrements and releases",
  "Verbs that say what they do to an entry and its counts.",
  ids={"takePlace":"allocateEntry","inboxPlace":"inboxAllocation","takeOut":"removeEntries","uncount":"decrementCounts","letGo":"releaseMessage"}, strings=True, **{"in":"^src/store/|^tests/"})
e("functions say what they do",
  "Words that had to be looked up: a reply that was not asked for, a key that changed twice, a name\nwith its domain, a keyring that is read anew, the defaults of an import.",
  ids={"notAskedFor":"unexpectedReply","unasked":"unexpectedFrame","tellMoved":"keyChangedTwice","ofWish":"defaultsOf","lookAgain":"refreshKeyring","isWorthKeeping":"isWorthSaving"}, **{"in":ALL},
  symbols=["src/client/sending/send.ts: whole -> withDomain"])
e("what is asked for are options, or a query",
  "99 uses of a word that no library has.",
  ids={"Wish":"WaitOptions"}, **{"in":r"^src/cli/commands/wait\.ts"},
  symbols=[],
  texts=[{"in":r"^(src|tests|tools|bench)/.*\.(ts|tsx|mjs|md)$","from":r"\b%s\b"%a,"to":b} for a,b in [
    ("ImportWish","ImportOptions"),("SendmailWish","SendmailOptions"),("LoginWish","LoginFlags"),("AppPasswordWish","AppPasswordOptions"),("UserWish","UserQuery"),("ListWish","MessageQuery"),("ListenWish","ListenerOptions"),("SuccessWish","SuccessNotice"),("successWish","successNotice"),("SearchWish","SearchQuery"),("SignInWish","SignInOptions"),("DirectoryWish","DirectoryQuery"),("InviteWish","InviteOptions"),("ServerWish","ServerFlags"),("TerminalWish","TerminalOptions"),("readWish","readOptions")]],
  moves=[["src/cli/message/import_wish.ts","src/cli/message/import_options.ts"]])
e("what the page is asked for is wanted",
  "The page has a query of its own: that of the address.",
  ids={"wish":"wanted"}, **{"in":r"^src/gateway/web/"})
e("a variable is no wish either",
  "The rest of the word: variables and parameters.",
  ids={"wish":"query","wished":"requested","wishedFor":"requested"}, **{"in":r"^(src|tests|tools|bench)/"})
e("every exported type has a name of its own",
  "Two files exported a type of the same name, and a reader could not tell which was meant.",
  symbols=["src/store/memory/mailbox.ts: Mailbox -> StoredMailbox","src/store/sqlite/connection.ts: Connection -> Database_","src/store/sqlite/connection.ts: Value -> SqlValue","src/store/sqlite/batch.ts: Outcome -> JobOutcome","src/gateway/web/page/frame.tsx: Frame -> PageFrame","src/cli/account/account_report.ts: AccountReport -> AccountJson","src/cli/admin/import_accounts.ts: ImportResult -> AccountImport","src/gateway/web/terms.ts: Terms -> FormTerms","src/cli/commands/send.ts: Terms -> SendOnly","src/gateway/reception/author.ts: Login -> SmtpLogin","src/service/arrivals.ts: Addressee -> InboundRecipient","src/service/inbound_mail.ts: Addressee -> InboundRecipient","src/service/mail.ts: SentState -> StoredSentState","src/mime/body.ts: Content -> LeafContent","src/store/send_store.ts: Submitted -> StoredSubmission","src/mime/compose.ts: Draft -> MimeDraft","src/client/sending/outgoing.ts: Outgoing -> OutgoingParts","src/session/client_session.ts: Outgoing -> OutgoingFrame","src/crypto/account/app_password.ts: NewAppPassword -> MadeAppPassword","src/gateway/web/state/desk.ts: ReadMessage -> ShownMessage","src/gateway/web/state/mailbox_connections.ts: ReadMessage -> ShownMessage","src/gateway/web/page/list_page.tsx: ListQuery -> ListPageQuery","src/gateway/web/state/conversations.ts: Conversation -> MailConversation","src/gateway/web/state/uploads.ts: Uploads -> DraftUploads","src/gateway/web/state/uploads.ts: Upload -> DraftUpload","src/mime/intake.ts: Intake -> SubmittedSource","src/service/accounts.ts: Registration -> NewRegistration"])
E[-1]["symbols"]=[s.replace("Database_","SqlConnection") for s in E[-1]["symbols"]]
e("files are named for what a reader looks for",
  "Short words that had to be opened to know what is in them.",
  moves=[["src/gateway/reception/own_verbs.ts","src/gateway/reception/legacy_verbs.ts"],["src/client/reading/listing.ts","src/client/reading/list_messages.ts"],["src/client/watching/new_mail.ts","src/client/watching/watch_new_mail.ts"]],
  ids={"ownVerbs":"legacyVerbs"}, **{"in":"^src/gateway/|^tests/"})
e("a test keeps the words","Type names that two files export, and words that have a term in the field, are refused.",
  copies=[["/work/names/names_test.ts","tests/names_test.ts"]],
  texts=[{"in":r"^deno.json$","from":r"tests/layers_test.ts(?! tests/names_test)","to":"tests/layers_test.ts tests/names_test.ts"}])
json.dump(E,open("/work/renames.json","w"),indent=1,ensure_ascii=False)
print(len(E),"entries")
