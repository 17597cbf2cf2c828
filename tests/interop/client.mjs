/**
 * A second client of the mailctl protocol, for Node, written from WIRE.md alone. One JSON value on stdout:
 *
 *     node client.mjs HOST PORT FINGERPRINT NAME ACTION...
 *
 *     ID      the inbox, and the body of one message
 *     send    sends the messages on stdin, a JSON list of {to, subject, text}; a messageId of theirs is not checked
 *
 * The actions are carried out in one session; the JSON value lists what each of them gave.
 * FINGERPRINT is the server's (WIRE 1), in hexadecimal; the password is in MAILCTL_PASSWORD.
 */

import process from "node:process";
import { json as readJson } from "node:stream/consumers";
import { openAccount, passwordKeys, proveLogin, stretchPassword } from "./account.mjs";
import { base64, insist } from "./bytes.mjs";
import { openBody, openEntry } from "./envelope.mjs";
import { makeSummary, openKeyring } from "./kept.mjs";
import { sendMessage } from "./outgoing.mjs";
import { Session } from "./session.mjs";

/** In MAILCTL_STRETCHED: what a password was stretched to, hexadecimal. Argon2id in JavaScript takes many seconds. */
const known = process.env.MAILCTL_STRETCHED;

/** WIRE 7.3, 6 (login) */
async function logIn(session, name, password) {
  const { domain } = await session.request("domain");
  const parameters = await session.request("passwordParameters", { name });
  const stretched = known === undefined
    ? await stretchPassword(password, parameters)
    : Buffer.from(known, "hex");
  const { loginSeed, wrappingKey } = passwordKeys(stretched);
  const proof = proveLogin(loginSeed, session.transcript, `${name}@${domain}`);
  const account = await session.request("login", { name, ...proof });
  session.loggedIn();
  return openAccount(account, wrappingKey);
}

/** WIRE 8.5: a message is shown as signed only if all checks hold. */
function judge(account, keyring, entry) {
  const seen = {
    id: entry.id,
    opened: entry.envelope === undefined ? "summary" : "envelope",
  };
  try {
    const { opened, sender } = openEntry(account, keyring, entry);
    const { from, subject, attachments } = opened;
    const shown = {
      ...seen,
      outcome: "signed",
      sender,
      from,
      subject,
      attachments,
    };
    return { entry, opened, shown };
  } catch (error) {
    return { entry, shown: { ...seen, outcome: error.message } };
  }
}

/** WIRE 8.4: a summary for every envelope that was found to hold. */
async function saveSummaries(session, account, judged) {
  const summaries = judged
    .filter(({ entry, opened }) => opened !== undefined && entry.summary === undefined)
    .map(({ entry, opened }) => ({
      id: entry.id,
      summary: makeSummary(account, entry, opened),
    }));
  if (summaries.length > 0) {
    await session.request("saveSummaries", { summaries });
  }
}

/** WIRE 6 (list): a page may be shorter than its limit; `more` tells whether to ask on. */
async function listInbox(session) {
  const all = [];
  for (;;) {
    const query = {
      box: "inbox",
      before: all.at(-1)?.id,
      limit: 200,
      unread: false,
    };
    const { entries, more } = await session.request("list", query);
    all.push(...entries);
    if (!more) return all;
    insist(entries.length > 0, "an empty page, and more behind it");
  }
}

async function readInbox(session, account, keyring) {
  const entries = await listInbox(session);
  const judged = entries.map((entry) => judge(account, keyring, entry));
  await saveSummaries(session, account, judged);
  return judged.map(({ shown }) => shown);
}

/** WIRE 6 (fetch), 8.3, 8.5 */
async function readBody(session, account, keyring, id) {
  const { entry } = await session.request("fetch", { id });
  const sealed = await session.receiveStream();
  const { opened } = openEntry(account, keyring, entry);
  return base64(openBody(opened, sealed));
}

/** Gives the ids of the sender's copies. */
async function sendAll(session, account, keyring, messages) {
  const ids = [];
  for (const message of messages) {
    ids.push(await sendMessage(session, account, keyring, message));
  }
  return ids;
}

async function act(session, account, action) {
  const keyring = openKeyring(account, await session.request("keyring", {}));
  if (action === "send") {
    const written = await readJson(process.stdin);
    return { sent: await sendAll(session, account, keyring, written) };
  }
  const messages = await readInbox(session, account, keyring);
  const body = await readBody(session, account, keyring, Number(action));
  return { messages, body };
}

async function actAll(session, account, actions) {
  const done = [];
  for (const action of actions) done.push(await act(session, account, action));
  return { address: account.address, done };
}

const [host, port, fingerprint, typedName, ...actions] = process.argv.slice(2);
/** WIRE 5.1: names are NFKC, lower case. */
const name = typedName.normalize("NFKC").toLowerCase();
const server = [host, Number(port), fingerprint.toLowerCase()];
/** WIRE 3.6: what this session gives proves the server of the next. */
const first = await Session.open(...server);
await first.request("domain");
first.close();
const session = await Session.open(...server, first.ticket);
try {
  const account = await logIn(session, name, process.env.MAILCTL_PASSWORD);
  process.stdout.write(
    `${JSON.stringify(await actAll(session, account, actions))}\n`,
  );
} finally {
  session.close();
}
