/** Mail from outside, which nobody signed: shown as that everywhere, and never taken for what an account wrote. */
import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { systemName } from "../../src/model/bounce.ts";
import { arrivedFrom } from "../support/arrived_unsigned.ts";
import { HostileServer } from "../support/hostile_server.ts";
import { Stage } from "../support/person.ts";

const source = utf8(
  "From: Alice <alice@mail.test>\r\nTo: bob@mail.test\r\nSubject: pay here\r\n\r\nAt once.\r\n",
);
Deno.test("mail from outside is shown as what nobody signed, and scripts do not mistake it", async (t) => {
  await using stage = new Stage();
  const server = stage.keep(await HostileServer.start());
  const [alice, bob] = await stage.people(server, "alice", "bob");
  await alice!.send(["bob", "-m", "its place is taken"]);
  await bob!.do(["inbox"]);
  const fromOutside = await arrivedFrom(server, systemName, source);
  const asAlice = await arrivedFrom(server, "alice", source);
  const see = (args: readonly string[], lies = fromOutside) =>
    server.lying(lies, () => bob!.run(args));

  await t.step("a list names its sender in parentheses", async () => {
    const { out } = await see(["inbox"]);
    assert.match(out, /^1\tunread\tunsigned\t[^\t]+\t\(alice@mail\.test\)\tpay here\t0\n$/);
  });
  await t.step("JSON has who it says it is from apart from whose word it is", async () => {
    const { out } = await see(["inbox", "--json"]);
    const [message] = JSON.parse(out).messages;
    const { outcome, from, claimedFrom, senderFingerprint } = message;
    assert.deepEqual([outcome, from], ["unsigned", null]);
    assert.deepEqual([claimedFrom, senderFingerprint], ["alice@mail.test", null]);
    assert.equal(message.origin.sender, "eve@elsewhere.example");
  });
  await t.step(
    "a person is told where it comes from, and nothing steers the terminal",
    async () => {
      const { status, out } = await see(["read", "1", "--peek"]);
      assert.equal(status, 0);
      assert.match(out, /^From: +\(alice@mail\.test\)$/m);
      assert.match(out, /^Signature: none: it came by SMTP; anybody may have written this$/m);
      assert.match(out, /^Origin: +192\.0\.2\.7 \(mx␛\[2J\), without a login, sender <eve@/m);
      assert.match(out, /\nAt once\.\n$/);
    },
  );
  await t.step("the MIME source comes byte for byte", async () => {
    const { bytes } = await see(["read", "1", "--peek", "--raw"]);
    assert.deepEqual(bytes, concatBytes([source]));
  });
  await t.step("asking for its claimed sender, or for the server, does not find it", async () => {
    for (const name of ["alice", "mailer-daemon"]) {
      const { out } = await see(["inbox", "--from", name, "--json"]);
      assert.deepEqual(
        JSON.parse(out).error?.code ?? JSON.parse(out).messages,
        name === "alice" ? "protocol" : [],
      );
    }
  });
  await t.step("nobody waits for it", async () => {
    const nobody = ["--from", "mailer-daemon"];
    const wishes = [["--from", "alice"], nobody, [], ["--verified"]];
    await server.lying(fromOutside, () =>
      Promise.all(wishes.map(async (query) => {
        const timeout = query === nobody ? "60s" : "1s"; // it is told before
        const { status, out } = await bob!.run([
          ...["wait", "--unread", "--timeout", timeout],
          ...query,
        ]);
        assert.deepEqual([status, out], [query === nobody ? 67 : 84, ""], query.join(" "));
      })));
  });
  await t.step("a program is not run for it, unless that was asked for", async () => {
    const exec = ["watch", "--unread", "-n1", "--peek", "--exec", "sh"];
    const say = ["-c", 'echo "$MAILCTL_OUTCOME $MAILCTL_FROM $MAILCTL_CLAIMED_FROM"'];
    const { out } = await see([...exec, "--anyway", "--", ...say]);
    assert.equal(out, "unsigned  alice@mail.test\n");
  });
  await t.step("it pins no key", async () => {
    await see(["read", "1", "--peek"]);
    assert.deepEqual(await bob!.do(["contacts"]).then(({ out }) => out.split("\n").length), 2);
  });
  await t.step("shown as an account's it does not verify", async () => {
    const listed = await see(["inbox"], asAlice);
    assert.match(listed.out, /^1\tunread\tinvalid\t/);
    assert.equal((await see(["read", "1", "--body"], asAlice)).status, 82);
  });
});
