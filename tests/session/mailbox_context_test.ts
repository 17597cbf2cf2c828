/** What a mailbox asks for once. */
import assert from "node:assert/strict";
import { MailError } from "../../src/model/errors.ts";
import { atHostileServer } from "../support/hostile_scene.ts";

const busy = new MailError("try_later", "The server is busy");

Deno.test("a keyring that could not be had is asked for again", () =>
  atHostileServer(async ({ server, bob }) => {
    await bob.with(async (mailbox) => {
      await server.lying({ keyring: () => () => Promise.reject(busy) }, async () => {
        await assert.rejects(mailbox.contacts(), { code: "try_later" });
      });
      assert.deepEqual(await mailbox.contacts(), []);
    });
  }));
