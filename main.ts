/**
 * mailctl: a secure mail system in one executable. This is the map; each folder imports only as its
 * row says, and `tests/layers_test.ts` checks it.
 *
 *   src/model/     words, failures, limits; no I/O                     imports nothing of ours
 *   src/wire/      WIRE.md, frame, fields, operations: bytes <-> values           model
 *   src/mime/      messages as MIME, composed and parsed in streams               model
 *   src/crypto/    account/ keys, age/ files, message/, session/                model wire
 *   src/net/       listen, dial, pipe, local_socket: all sockets but the page's   model
 *   src/files/     names that survive a power cut, files that are private         model
 *   src/store/     what a server keeps: sqlite/, postgres/, memory/               model files
 *   src/session/   state machines of both sides, without sockets                  model wire crypto
 *   src/service/   the use cases: accounts, mail, watch                           model wire crypto store
 *   src/server/    one loop, one catch, one line an operation; key/, admin/       all above but mime
 *   src/client/    a mailbox, plaintext in and out, in rooms (below)              model wire crypto mime session net files
 *   src/gateway/   other protocols: smtp/, pop3/, imap/; the server's             model crypto mime service client net
 *                  reception/; the user's bridge/, folders/, presentation/, web/
 *   src/cli/       dispatch, settings/, terminal/, help/, commands/<verb>.ts      all
 *
 * The rooms of client, each above those it loads at once: submission, watching, importing, searching,
 * filing, sending, reading, correspondents, account, connection.
 *
 * How a message travels, from `mailctl send bob < note.txt`:
 *
 *   cli/commands/send               parse, read stdin
 *   client/sending/send             look up keys, then outgoing_message: compose (mime), seal, sign
 *   client/connection/client        call("send", {...})
 *   session/client_session          request -> sealed frames (crypto/session/frame_cipher)
 *   wire/frame                      payload -> bytes
 *   ================== net: TLS ==================
 *   wire/frame                      bytes -> frames, cut anywhere
 *   session/server_session          frames -> request; is it allowed in this state?
 *   server/conversation             one loop, one catch
 *   server/handlers                 "send" -> mail.send
 *   service/mail                    check, stamp, store
 *   store/sqlite/send               one transaction
 *
 * Replies retrace the same steps. This file must stay next to empty: a one-shot command pays for it.
 */
import { makeEntropy } from "./src/cli/entropy.ts";

makeEntropy(Deno.args);
const { dispatch } = await import("./src/cli/dispatch.ts");
dispatch(Deno.args).then(Deno.exit);
