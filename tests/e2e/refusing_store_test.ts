/** A server whose store takes no writes, as a database that is read-only: commands say why, and mail can be read. */
import assert from "node:assert/strict";
import { MailError } from "../../src/model/errors.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { Person, Stage } from "../support/person.ts";
import { startServer } from "../support/server.ts";

Deno.test("a store that refuses writes", async (t) => {
  await using stage = new Stage();
  const store = new MemoryStore("mail.test");
  await using server = await startServer({ store });
  const trusted = `${server.ready.address}#${server.ready.fingerprint.toHex()}`;
  const ada = await Person.register("ada", stage.home("ada"), trusted);
  await ada.send(["ada", "-m", "there before"]);
  const { messages: [message] } = await ada.list("inbox");
  const refuse = () => Promise.reject(new MailError("unavailable", "Cannot write: no ink is left"));
  Object.assign(store, { send: refuse, markRead: refuse });

  await t.step("a send says why it fails", async () => {
    const { status, out, err } = await ada.run(["send", "ada", "-m", "x"]);
    assert.deepEqual([status, out], [69, ""], err);
    assert.match(err, /^mailctl: the server says: Cannot write: no ink is left\n/);
    assert.equal((await ada.list("sent")).total, 1);
  });

  await t.step("a message can be read, with a word that it stays unread", async () => {
    const { status, out, err } = await ada.run(["read", String(message!.id), "--json"]);
    assert.deepEqual([status, JSON.parse(out).body], [0, "there before"], err);
    assert.match(err, /^mailctl: Cannot mark the message as read: the server says: .*no ink/);
  });
});
