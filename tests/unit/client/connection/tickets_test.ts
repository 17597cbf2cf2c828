/** A server proves itself by the ticket that it gave before, and by RSA wherever there is none to be used. */
import assert from "node:assert/strict";
import { type ConnectOptions, ping } from "../../../../src/client/connection/connect.ts";
import { parseServer } from "../../../../src/client/connection/server_address.ts";
import { formatFingerprint } from "../../../../src/crypto/fingerprint.ts";
import { startServer } from "../../../support/server.ts";

const day = 86_400_000;

/** How often the server opened RSA meanwhile; it runs in this process. */
async function openedRsa(work: () => Promise<unknown>): Promise<number> {
  let opened = 0;
  const { decrypt } = crypto.subtle;
  crypto.subtle.decrypt = (algorithm, ...rest) => {
    if (algorithm === "RSA-OAEP") opened++;
    return decrypt.call(crypto.subtle, algorithm, ...rest);
  };
  try {
    await work();
  } finally {
    delete (crypto.subtle as { decrypt?: unknown }).decrypt; // uncovers that of the prototype
  }
  return opened;
}

/** What became of the file, and how often RSA is opened then by two commands. */
const kept: readonly [name: string, change: (path: string) => Promise<void>, opened: number][] = [
  ["as it was", async () => {}, 0],
  ["six days old", (path) => aged(path, 6 * day), 0],
  ["seven days old", (path) => aged(path, 7 * day), 1],
  ["of a later time", (path) => aged(path, -day), 1],
  ["gone", (path) => Deno.remove(path), 1],
  ["empty", (path) => Deno.writeTextFile(path, ""), 1],
  ["cut", (path) => rewritten(path, (text) => text.slice(0, -60)), 1],
  [
    "no hexadecimal",
    (path) => rewritten(path, (text) => text.replace(/ [^ ]+ (\d+)\n/, " x $1\n")),
    1,
  ],
  ["of another key", (path) => rewritten(path, (text) => text.replace(/ ..../, " 0000")), 1],
  ["of another server", (path) => rewritten(path, (text) => `other.${text}`), 1],
  // Nothing is written where others can read it.
  ["readable by others", (path) => Deno.chmod(path, 0o644), 2],
];

async function rewritten(path: string, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(path, change(await Deno.readTextFile(path)));
}

function aged(path: string, ms: number): Promise<void> {
  return rewritten(path, (text) => text.replace(/\d+\n$/, (at) => `${Number(at) - ms}\n`));
}

Deno.test("a server opens RSA once a week for each machine", async (t) => {
  await using server = await startServer();
  const fingerprint = formatFingerprint(server.ready.fingerprint);
  for (const [name, change, opened] of kept) {
    await t.step(`a ticket that is ${name}`, async () => {
      const folder = await Deno.makeTempDir({ prefix: "mailctl-tickets-" });
      try {
        const options: ConnectOptions = {
          state: { folder },
          server: parseServer(`127.0.0.1:${server.port}#${fingerprint}`),
        };
        assert.equal(await openedRsa(() => ping(options)), 1, "at first");
        assert.equal((await Deno.stat(`${folder}/tickets`)).mode! & 0o777, 0o600);
        await change(`${folder}/tickets`);
        const twice = async () => {
          await ping(options);
          await ping(options);
        };
        assert.equal(await openedRsa(twice), opened);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
});
