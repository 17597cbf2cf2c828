/** WIRE 9.3 and 9.4: in which folder a message is, its flags and keywords, and the list of folders. */
import { randomInt } from "node:crypto";
import { join, open, padded, randomBytes, seal } from "./bytes.mjs";
import {
  decodePadded,
  encode,
  firstForm,
  list,
  optional,
  struct,
  text,
  u16,
  u32,
  u64,
  word,
} from "./fields.mjs";

const filingStep = 128;
const foldersStep = 4_096;
const mostTries = 5;
const leastOwnId = 16;

export const flags = {
  answered: 1,
  flagged: 2,
  deleted: 4,
  draft: 8,
  forwarded: 16,
  noted: 32,
  copied: 64,
};

/** The folder of a box itself is 0, as of an entry that was never filed. */
export const ownFolder = 0;
export const unfiled = {
  folder: ownFolder,
  flags: 0,
  internalDate: null,
  keywords: [],
};

const filing = struct({
  form: firstForm,
  folder: u32,
  flags: u16,
  internalDate: optional(u64),
  keywords: list(text),
});

const use = word("none", "archive", "drafts", "trash", "junk");

const folders = struct({
  form: firstForm,
  folders: list(struct({ id: u32, name: text, madeAt: u32, use })),
  subscribed: list(text),
  trashDays: u16,
  lastMadeAt: u32,
});

const firstNames = ["Archive", "Drafts", "Trash", "Junk"];

const firstFolders = {
  folders: firstNames.map((name, at) => (
    { id: at + 1, name, madeAt: 0, use: name.toLowerCase() }
  )),
  subscribed: [...firstNames, "INBOX", "Sent"],
  trashDays: 0,
  lastMadeAt: 0,
};

/** How an entry is filed. */
export function openFiling(who, { sealed, version, envelopeDigest }) {
  if (version === 0) return unfiled;
  const context = filingContext(who, envelopeDigest, version);
  return decodePadded(filing, open(who.filingKey, sealed, context));
}

export function sealFiling(who, value, envelopeDigest, version) {
  const content = padded(encode(filing, value), filingStep);
  return seal(who.filingKey, content, filingContext(who, envelopeDigest, version));
}

function filingContext(who, envelopeDigest, version) {
  const owner = [text.write("mailctl filing"), text.write(who.address)];
  return join(...owner, envelopeDigest, u32.write(version));
}

/** Files an entry as `change` makes of what there is; again, where another machine was quicker. */
export async function refile(who, id, change) {
  let { entries: [entry] } = await who.session.call("filings", { ids: [id] });
  for (let tries = 1; entry !== null && tries <= mostTries; tries += 1) {
    const before = openFiling(who, entry);
    const after = change(before);
    const { answers: [answer] } = await who.session.call("file", {
      filings: [{
        id,
        expectedVersion: entry.version,
        sealed: sealFiling(who, after, entry.envelopeDigest, entry.version + 1),
        moves: after.folder !== before.folder,
        aside: after.folder !== ownFolder,
      }],
    });
    if (answer.outcome === "filed") return answer.entry;
    entry = answer.entry;
  }
  throw new Error(`message ${id} is not filed`);
}

/** The list of folders, and its version. */
export async function listFolders(who) {
  const { version, sealed } = await who.session.call("folders");
  if (version === 0) return { version, ...firstFolders };
  const content = open(who.filingKey, sealed, foldersContext(who, version));
  return { version, ...decodePadded(folders, content) };
}

/** Makes a folder of its own use, and returns its id. */
export async function makeFolder(who, name) {
  const { version, ...before } = await listFolders(who);
  const id = randomInt(leastOwnId, 2 ** 32);
  const madeAt = Math.max(Math.floor(Date.now() / 1000), before.lastMadeAt + 1);
  const made = { id, name, madeAt, use: "none" };
  const after = {
    ...before,
    folders: [...before.folders, made],
    subscribed: [...before.subscribed, name],
    lastMadeAt: madeAt,
  };
  const content = padded(encode(folders, after), foldersStep);
  const { replaced } = await who.session.call("replaceFolders", {
    request: randomBytes(16),
    expectedVersion: version,
    version: version + 1,
    sealed: seal(who.filingKey, content, foldersContext(who, version + 1)),
  });
  if (!replaced) return await makeFolder(who, name);
  return id;
}

function foldersContext(who, version) {
  const owner = [text.write("mailctl folders"), text.write(who.address)];
  return join(...owner, u64.write(version));
}
