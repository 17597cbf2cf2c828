/** A server that shows an earlier question in the place of the one that is waited for, and its answer as new. */
import assert from "node:assert/strict";
import { entryId } from "../../src/model/ids.ts";
import { HostileServer, type Lies } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

Deno.test("the answer to an earlier question is none to the one that is waited for", async () => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [nas, ops] = await stage.people(server, "nas", "ops");
  const wait = ["--verified", "--timeout", "2s", "--body"];
  const { fingerprint } = JSON.parse((await ops!.do(["whoami", "--json"])).out);
  await nas!.run(["verify", "ops", "--fingerprint", fingerprint]);
  const ask = async (subject: string): Promise<{ id: number; messageId: string }> =>
    JSON.parse((await nas!.do(["send", "ops", "-s", subject, "-m", "?", "--json"])).out);

  const first = await ask("Deploy 41?");
  await ops!.do(["inbox"]);
  await ops!.do(["reply", "1", "-m", "yes"]); // 2 of nas's
  await nas!.do(["sent"]);
  assert.equal((await nas!.do(["wait", "--answers", `${first.id}`, ...wait])).out, "yes");

  const second = await ask("Deploy 42?");
  const [earlier] = await server.store.entries(await server.accountId("nas"), [entryId(first.id)]);
  const lies: Lies = {
    entries: (honest) => async (account, ids) =>
      (await honest.entries(account, ids)).map((entry) =>
        entry?.id === second.id ? { ...earlier!, id: entry.id, summary: null } : entry
      ),
    list: (honest) => async (query) => {
      const page = await honest.list(query);
      return { ...page, unread: page.total };
    },
    newMail: (honest) => async (query) =>
      (await honest.newMail({ ...query, unread: false })).map((entry) => ({
        ...entry,
        readAt: null,
      })),
  };
  for (const question of [`${second.id}`, second.messageId]) {
    const { status, out } = await server.lying(
      lies,
      () => nas!.run(["wait", "--answers", question, ...wait]),
    );
    assert.equal(out, "", `${question} ends with ${status}`);
    assert.notEqual(status, 0);
  }
});
