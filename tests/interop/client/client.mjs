/**
 * A client of mailctl that was written from src/wire/WIRE.md alone. It reads a line of JSON for each action, `[id, name,
 * ...arguments]`, and answers with `[id, result]` or `[id, null, error]`. It keeps the sessions that it opened, each
 * under a name of the test's choice.
 *
 *     node client.mjs HOST PORT FINGERPRINT
 */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { createInterface } from "node:readline";
import { Buffer, randomBytes } from "./bytes.mjs";
import { openFile } from "./age.mjs";
import { draftSentAs, keepDraft, replaceDraft } from "./drafts.mjs";
import { flags, listFolders, makeFolder, openFiling, refile } from "./filing.mjs";
import { withKeyring } from "./keyring.mjs";
import { addDevice, changePassword, logIn, logInAsDevice, register } from "./login.mjs";
import { forOthers, readMime } from "./mime.mjs";
import { markRead, readBox, readersOf, readMessage } from "./read.mjs";
import { send } from "./send.mjs";
import { Session } from "./session.mjs";

const [, , host, port, fingerprint] = process.argv;
const server = {
  host,
  port: Number(port),
  fingerprint: Buffer.from(fingerprint, "hex"),
};
const sessions = [];
const owners = new Map();
const devices = new Map();
let noted = null; // what the first session noted of the server: all others spare RSA and a round trip

const actions = {
  async register(as, name, password) {
    return await enter(as, (session) => register(session, name, password));
  },

  async logIn(as, name, password, stretched) {
    const known = stretched === undefined ? null : () => Buffer.from(stretched, "hex");
    return await enter(as, (session) => logIn(session, name, password, known));
  },

  /** Makes a device of an account whose owner is logged in, and logs in as it. */
  async logInAsDevice(as, owner, label) {
    devices.set(as, await addDevice(owners.get(owner), label));
    return await actions.logInAgain(as);
  },

  /** Logs in once more as a device that was made. */
  async logInAgain(as) {
    return await enter(as, (session) => logInAsDevice(session, devices.get(as)));
  },

  async changePassword(as, password) {
    await changePassword(owners.get(as), password);
  },

  /** Sends a message; its files come in base64. */
  async send(as, written) {
    return await send(owners.get(as), withFiles(written));
  },

  async list(as, box) {
    const who = owners.get(as);
    return (await readBox(who, box)).map((opened) => brief(who, opened));
  },

  async read(as, id, isMarked) {
    const opened = await readMessage(owners.get(as), id);
    if (isMarked) await markRead(owners.get(as), opened);
    const { body, files } = readMime(opened.body);
    const shown = files.map(({ name, content }) => ({ name, content: content.toString("base64") }));
    const source = forOthers(opened.body, opened.message.encodedBytes).toString("base64");
    return { source, text: body.toString(), files: shown };
  },

  async readersOf(as, id) {
    return await readersOf(owners.get(as), id);
  },

  /** Deletes messages without a look at them: for the next look, their numbers are missing. */
  async delete(as, ...ids) {
    return await owners.get(as).session.call("delete", { request: randomBytes(16), ids });
  },

  /** The contacts of the keyring, and how many parts the server told of it this time. */
  async contacts(as) {
    const who = owners.get(as);
    return await withKeyring(
      who,
      (ring) => ({
        contacts: Object.fromEntries(ring.contacts.map((contact) => [contact.address, contact])),
        parts: who.keyringParts.length,
        told: ring.told,
      }),
    );
  },

  /** Notes that the owner has compared the key of a contact. */
  async verify(as, address) {
    const who = owners.get(as);
    await withKeyring(who, (ring) => {
      ring.put({ ...ring.contact(address), verified: true });
      return who.session.call("replaceKeyring", { request: randomBytes(16), ...ring.sealed() });
    });
  },

  async folders(as) {
    return await listFolders(owners.get(as));
  },

  async makeFolder(as, name) {
    return await makeFolder(owners.get(as), name);
  },

  /** Files a message: in another folder, with more flags and keywords. */
  async file(as, id, { folder, flags: names = [], keywords = [] }) {
    await refile(
      owners.get(as),
      id,
      (before) => ({
        ...before,
        folder: folder ?? before.folder,
        flags: names.reduce((sum, name) => sum | flags[name], before.flags),
        keywords: [...new Set([...before.keywords, ...keywords])],
      }),
    );
  },

  /** What changed since a count of changes; `waits` until something does. */
  async changes(as, since, waits) {
    const who = owners.get(as);
    const request = waits
      ? { since, folders: (await listFolders(who)).version }
      : { since, known: since, limit: 500, aside: false };
    const told = await who.session.call(waits ? "waitForChanges" : "changes", request);
    const entries = told.entries.map((entry) => ({ id: entry.id, ...filingOf(who, entry) }));
    return { modseq: told.modseq, entries, gone: told.gone };
  },

  async keepDraft(as, written) {
    return await keepDraft(owners.get(as), withFiles(written));
  },

  async replaceDraft(as, id, written) {
    return await replaceDraft(owners.get(as), id, withFiles(written));
  },

  async draftSentAs(as, draft) {
    return await draftSentAs(owners.get(as), draft);
  },

  /** Opens an age file that was made for an account's recipient. */
  async openFile(as, path) {
    return openFile([owners.get(as).identity], await readFile(path)).toString("base64");
  },
};

async function enter(as, logInTo) {
  const session = await Session.open(server, noted);
  sessions.push(session);
  const isByTicket = noted !== null;
  const who = await logInTo(session);
  noted ??= await session.noted;
  owners.set(as, who);
  const fingerprint = who.keys.fingerprint.toString("hex");
  return { address: who.address, fingerprint, isByTicket };
}

function withFiles({ files = [], ...written }) {
  const read = ({ content, ...file }) => ({ ...file, content: Buffer.from(content, "base64") });
  return { ...written, files: files.map(read) };
}

function brief(who, { entry, how, outcome, why, message }) {
  const { from, to, cc, bcc, subject, attachments } = message ?? {};
  const said = message && { from, to, cc, bcc, subject, attachments };
  return {
    id: entry.id,
    storedAt: entry.storedAt,
    how,
    outcome,
    why,
    ...said,
    ...filingOf(who, entry),
  };
}

function filingOf(who, entry) {
  const filing = openFiling(who, entry);
  const names = Object.keys(flags).filter((name) => filing.flags & flags[name]);
  return { folder: filing.folder, flags: names, keywords: filing.keywords };
}

async function act(line) {
  const [id, name, ...rest] = JSON.parse(line);
  try {
    return [id, await actions[name](...rest) ?? null];
  } catch (error) {
    return [id, null, error.message];
  }
}

const asText = (_, value) => value?.type === "Buffer" ? Buffer.from(value).toString("hex") : value;

for await (const line of createInterface(process.stdin)) {
  act(line).then((answer) => process.stdout.write(`${JSON.stringify(answer, asText)}\n`));
}
for (const session of sessions) session.close();
