/** Who gets a message and what they see of it: several recipients, copies, threads, keys, names that are nobody's. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";

const at = (name: string) => `${name}@mail.test`;

Deno.test("a message reaches exactly those it was sent to", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const people = await stage.people(server, "alice", "bob", "carol", "dave");
  const [alice, bob, carol, dave] = people as [typeof people[0], ...typeof people] & typeof people;

  await t.step("to, cc and bcc; nobody but the sender and dave sees dave", async () => {
    const copies = ["--cc", "carol@mail.test", "--bcc", "dave", "--bcc", "dave@mail.test"];
    const id = await alice!.send(["bob", "BOB", ...copies, "-s", "Hi", "-m", "all"]);
    const [own] = await alice!.read(id);
    assert.deepEqual([own!.to, own!.cc, own!.bcc], [[at("bob")], [at("carol")], [at("dave")]]);
    assert.deepEqual(
      own!.deliveries.map(({ recipient }) => recipient).sort(),
      ["bob", "carol", "dave"].map(at),
    );
    for (const person of [bob!, carol!, dave!]) {
      const { total, messages } = await person.list("inbox");
      assert.deepEqual([total, messages[0]!.to, messages[0]!.cc], [1, [at("bob")], [at("carol")]]);
      const shown = await person.do(["read", "1", "--peek"]);
      const source = await person.do(["read", "1", "--peek", "--raw"]);
      const sees = /dave/.test(shown.out + source.out + JSON.stringify(messages));
      assert.equal(sees, person === dave && /dave/.test(shown.out), person.name);
    }
  });

  await t.step("the state at each recipient is told to the sender", async () => {
    await carol!.do(["read", "1"]);
    const { out } = await alice!.do(["sent", "-n1"]);
    assert.match(out, /bob@mail.test=stored/);
    assert.match(out, /carol@mail.test=read/);
    assert.equal((await alice!.do(["inbox"])).out, "");
  });

  await t.step("to oneself, and to oneself among others", async () => {
    await alice!.send(["alice@mail.test", "bob", "-s", "mine", "-m", "x"]);
    assert.equal((await alice!.list("inbox", "--from", "alice")).messages[0]!.outcome, "verified");
    assert.equal((await bob!.list("inbox")).messages[0]!.subject, "mine");
  });

  await t.step("an answer belongs to what it answers, over three turns", async () => {
    await alice!.send(["bob", "-s", "one", "-m", "1"]);
    const first = (await bob!.list("inbox")).messages[0]!;
    await bob!.send(["alice", "-s", "two", "-m", "2", "--reply-to", String(first.id)]);
    const second = (await alice!.list("inbox")).messages[0]!;
    assert.equal(second.inReplyTo, first.messageId);
    await alice!.send(["bob", "-s", "three", "-m", "3", "--reply-to", String(second.id)]);
    const { out } = await bob!.do(["read", String(await bob!.newest()), "--raw"]);
    const { messageId: one } = first;
    const { messageId: two } = second;
    assert.match(out, new RegExp(`^In-Reply-To: <${two}>\\r$`, "m"));
    const references = /^References: (.*(?:\r\n[ \t].*)*)/m.exec(out)?.[1]?.split(/\s+/);
    assert.deepEqual(references, [`<${one}>`, `<${two}>`]);
    const unknown = await bob!.run(["send", "alice", "-m", "x", "--reply-to", "999"]);
    assert.deepEqual([unknown.status, unknown.out], [66, ""]);
    assert.match(unknown.err, /999/);
  });

  await t.step("the same key stores once, other content under it is a conflict", async () => {
    const before = (await bob!.list("inbox")).total;
    const repeat = ["bob", "-s", "once", "-m", "x", "--key", "order 17"];
    const ids = await Promise.all([1, 2, 3].map(() => alice!.send(repeat)));
    assert.equal(new Set(ids).size, 1);
    const others = [
      ["bob", "-s", "once", "-m", "y"],
      ["bob", "-s", "twice", "-m", "x"],
      ["bob", "carol", "-s", "once", "-m", "x"],
      ["carol", "-s", "once", "-m", "x"],
      ["bob", "-s", "once", "-m", "x", "-a", "-:x.txt"],
    ];
    for (const other of others) {
      const { status, out } = await alice!.run(["send", ...other, "--key", "order 17"]);
      assert.deepEqual([status, out], [83, ""], other.join(" "));
    }
    assert.equal((await bob!.list("inbox")).total, before + 1);
    await alice!.do(["delete", String(ids[0])]);
    const { status } = await alice!.run(["send", ...repeat]);
    assert.equal(status, 76, "nothing shows that it was sent, and nothing more is");
    assert.equal((await bob!.list("inbox")).total, before + 1);
    await bob!.send(["alice", "-m", "y", "--key", "order 17"]); // another account's key is another key
  });

  await t.step("one unknown name refuses the whole send, and all of them are named", async () => {
    const before = (await bob!.list("inbox")).total + (await alice!.list("sent")).total;
    const to = ["bob", "nobody", "--cc", "noone", "--bcc", "bob@elsewhere.example"];
    const { status, out, err } = await alice!.run(["send", ...to, "-m", "x"]);
    assert.deepEqual([status, out], [67, ""]);
    for (const name of ["nobody", "noone", "bob@elsewhere.example"]) assert.ok(err.includes(name));
    assert.ok(!/Cannot send to .*\bbob\b(?!@)/.test(err), err);
    const { total } = await bob!.list("inbox");
    assert.equal(total + (await alice!.list("sent")).total, before);
  });
});
