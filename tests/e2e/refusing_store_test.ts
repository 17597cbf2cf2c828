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
  const { send, markRead } = store;
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
    assert.match(err, /^mailctl: Cannot mark message 2 as read: the server says: .*no ink/);
  });

  await t.step("`wait` would give it again, so it fails", async () => {
    const { status, out, err } = await ada.run(["wait", "--unread", "--body"]);
    assert.deepEqual([status, out], [69, "there before"], err);
    assert.match(err, /^mailctl: Cannot mark message 2 as read: the server says: .*no ink/);
  });

  Object.assign(store, { send });
  await ada.send(["ada", "--burn", "-s", "Once", "-m", "the secret"]);
  const { messages: [burning] } = await ada.list("inbox");
  const id = String(burning!.id);
  const notErased = `mailctl: Cannot erase message ${id}: `;

  for (
    const args of [["read", id, "--body"], ["wait", "--unread", "--subject", "once", "--body"]]
  ) {
    await t.step(`${args[0]} fails where what burns was not erased`, async () => {
      const { status, out, err } = await ada.run(args);
      assert.deepEqual([status, out], [69, "the secret"], err);
      assert.ok(err.startsWith(notErased) && err.includes("no ink is left\nhint: "), err);
    });
  }

  await t.step("what fails before does not hide it", async () => {
    const { status, out, err } = await ada.run(["read", id, "999"]);
    assert.equal(status, 66, err);
    assert.match(out, /the secret/);
    assert.ok(err.includes(notErased) && err.includes("Cannot find message 999"), err);
  });

  await t.step("it is erased by the next reader who can", async () => {
    Object.assign(store, { markRead });
    assert.equal((await ada.do(["read", id, "--body"])).out, "the secret");
    assert.equal((await ada.run(["read", id])).status, 66);
  });
});
