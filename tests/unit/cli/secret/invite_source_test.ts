/** Invites: one word that survives mail programs, and says when it did not. */
import assert from "node:assert/strict";
import {
  checkInvitedServer,
  formatInvite,
  parseInvite,
} from "../../../../src/client/account/invite.ts";
import { noteServer } from "../../../../src/client/connection/known_servers.ts";
import { randomBytes } from "../../../../src/model/bytes.ts";
import { asServerFingerprint } from "../../../../src/model/digests.ts";
import { defaultRegistration } from "../../../../src/service/invites.ts";

const server = {
  host: "mail.example.org",
  port: 4465,
  fingerprint: asServerFingerprint(randomBytes(32)),
};
const token = randomBytes(16);

Deno.test("an invite is one word that says where, who and by what right", async () => {
  const word = await formatInvite({ server, token });
  assert.match(word, /^mailctl-invite-1\.[A-Za-z0-9_-]+$/);
  const read = await parseInvite(word);
  assert.deepEqual(read, { server, token });
  const v6 = { ...server, host: "2001:db8::1" };
  assert.deepEqual((await parseInvite(await formatInvite({ server: v6, token }))).server, v6);
});

Deno.test("an invite survives blanks and line breaks, and a change anywhere is told", async () => {
  const word = await formatInvite({ server, token });
  assert.deepEqual(await parseInvite(`\n ${word.replace(/.{30}/g, "$&\r\n\t")} \n`), {
    server,
    token,
  });
  const damaged = [word.slice(0, -1), word.slice(1), `${word}AAAA`, "", "mailctl-invite-1."];
  for (let at = 17; at < word.length - 1; at++) { // the last character has bits to spare
    damaged.push(word.slice(0, at) + (word[at] === "A" ? "B" : "A") + word.slice(at + 1));
  }
  for (const text of damaged) {
    await assert.rejects(parseInvite(text), (error: Error & { code: string }) => {
      assert.equal(error.code, "malformed");
      assert.ok(!error.message.includes(word.slice(20, 60)), "a secret is not quoted");
      return true;
    });
  }
});

Deno.test("an invite of a server that is not known, or by this key, needs nobody's word", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    await checkInvitedServer({ folder }, server);
    const { fingerprint } = server;
    await noteServer(folder, { address: "mail.example.org:4465", fingerprint, certificate: null });
    await checkInvitedServer({ folder }, server);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a server is open by default only where just its own machine reaches it", () => {
  for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost"]) {
    assert.equal(defaultRegistration(host), "open", host);
  }
  const others = [
    "0.0.0.0",
    "::",
    "192.0.2.1",
    "mail.example.org",
    "127.example.org",
    "",
    "10.1.1.1",
  ];
  for (const host of others) assert.equal(defaultRegistration(host), "invite", host);
});
