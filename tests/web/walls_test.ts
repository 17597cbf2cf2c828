/** The walls before the page: what other sites, other users of the machine and programs of theirs could try. */
import { span } from "../../src/model/delivery_time.ts";
import assert from "node:assert/strict";
import { readBody } from "../../src/gateway/web/routes/form.ts";
import { Visitors } from "../../src/gateway/web/visitors.ts";
import { MailError } from "../../src/model/errors.ts";
import { ask, PageStage, type Program, type Question } from "./page_stage.ts";

interface Try {
  readonly name: string;
  readonly status: number;
  /** What is asked; the cookie is right unless headers say otherwise. */
  readonly question: (who: Program) => Question;
}

const form = "application/x-www-form-urlencoded";

/** A deletion as the page's own form asks for it. */
const deletion = (
  who: Program,
  changes: Record<string, string> = {},
): Question => ({
  method: "POST",
  target: `${who.prefix}/delete?id=1&token=${who.token}`,
  headers: {
    cookie: who.cookie,
    origin: `http://${who.page.authority}`,
    "content-type": form,
    ...changes,
  },
});

/** Whatever else changes something, or shows what nothing shows again. */
const acts = [
  "cancel?id=1",
  "file?id=1&act=trash",
  "undo?move=x",
  "keep-draft?x=1",
  "discard-draft?x=1",
  "empty?x=1",
  "create-folder?x=1",
  "rename-folder?id=16",
  "delete-folder?id=16",
  "take-up?id=1",
  "burn?id=1",
  "rotate-keys?x=1",
  "recovery?x=1",
  "app-password?x=1",
  "revoke-app-password?x=1",
];

/** An act as the page's own form asks for it. */
const act = (
  who: Program,
  path: string,
  changes: Record<string, string> = {},
): Question => ({
  ...deletion(who, changes),
  target: `${who.prefix}/${path}&token=${who.token}`,
});

const inbox = (
  who: Program,
  changes: Record<string, string> = {},
): Question => ({
  target: `${who.prefix}/inbox`,
  headers: { cookie: who.cookie, ...changes },
});

const tries: readonly Try[] = [
  { name: "what the page itself asks", status: 200, question: inbox },
  {
    name: "what a person types, or a bookmark asks",
    status: 200,
    question: (who) => inbox(who, { "sec-fetch-site": "none" }),
  },
  {
    name: "a name that was rebound to this machine",
    status: 421,
    question: (who) => inbox(who, { host: "evil.test" }),
  },
  {
    name: "a rebound name with the port",
    status: 421,
    question: (who) => inbox(who, { host: `evil.test:${who.page.authority.split(":")[1]}` }),
  },
  {
    name: "another name of this machine",
    status: 421,
    question: (who) =>
      inbox(who, {
        host: who.page.authority.replace(/^[\d.]+/, "localhost"),
      }),
  },
  ...["a b", "[", "[::1", "127.0.0.1:99999", "x:y", "%zz", "<x>"].map(
    (host) => ({
      name: `a host that is none: ${host}`,
      status: 400,
      question: (who: Program) => inbox(who, { host }),
    }),
  ),
  {
    name: "the host without its port",
    status: 421,
    question: (who) => inbox(who, { host: who.page.authority.split(":")[0]! }),
  },
  {
    name: "a whole address of another name, with the right host beside it",
    status: 421,
    question: (who) => ({
      ...inbox(who),
      target: `http://evil.test${who.prefix}/inbox`,
    }),
  },
  {
    name: "another site's link",
    status: 403,
    question: (who) =>
      inbox(who, {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
      }),
  },
  {
    name: "a page on another port of this machine",
    status: 403,
    question: (who) => inbox(who, { "sec-fetch-site": "same-site" }),
  },
  {
    name: "nobody's cookie",
    status: 403,
    question: (who) => inbox(who, { cookie: "" }),
  },
  {
    name: "a guessed cookie",
    status: 403,
    question: (who) => inbox(who, { cookie: `${who.cookie.split("=")[0]}=${"A".repeat(43)}` }),
  },
  {
    name: "a cookie that another port planted before the right one",
    status: 200,
    question: (who) =>
      inbox(who, {
        cookie: `${who.cookie.split("=")[0]}=planted; ${who.cookie}`,
      }),
  },
  {
    name: "the sheet, without a cookie",
    status: 403,
    question: (who) => ({ target: `${who.prefix}/page.css` }),
  },
  {
    name: "a path without the word",
    status: 403,
    question: () => ({ target: "/inbox" }),
  },
  {
    name: "a path without the word, with the cookie",
    status: 404,
    question: (who) => ({ target: "/inbox", headers: { cookie: who.cookie } }),
  },
  { name: "a form without an origin", status: 403, question: withoutOrigin },
  {
    name: "a form of an origin that nobody may see",
    status: 403,
    question: (who) => deletion(who, { origin: "null" }),
  },
  {
    name: "another port's form",
    status: 403,
    question: (who) => deletion(who, { origin: "http://127.0.0.1:1" }),
  },
  {
    name: "a form with another token",
    status: 403,
    question: (who) => ({
      ...deletion(who),
      target: `${who.prefix}/delete?id=1&token=${"A".repeat(43)}`,
    }),
  },
  {
    name: "a form without a token",
    status: 403,
    question: (who) => ({
      ...deletion(who),
      target: `${who.prefix}/delete?id=1`,
    }),
  },
  {
    name: "a deletion by GET",
    status: 404,
    question: (who) => ({
      target: `${who.prefix}/delete?id=1&token=${who.token}`,
      headers: { cookie: who.cookie },
    }),
  },
  ...acts.flatMap((path): Try[] => [
    {
      name: `${path} of another port's form`,
      status: 403,
      question: (who) => act(who, path, { origin: "http://127.0.0.1:1" }),
    },
    {
      name: `${path} with another token`,
      status: 403,
      question: (who) => ({
        ...act(who, path),
        target: `${who.prefix}/${path}&token=${"A".repeat(43)}`,
      }),
    },
    {
      name: `${path} without an origin`,
      status: 403,
      question: (who) => ({
        ...withoutOrigin(who),
        target: act(who, path).target,
      }),
    },
    {
      name: `${path} without a cookie`,
      status: 403,
      question: (who) => act(who, path, { cookie: "" }),
    },
    {
      name: `${path} by GET`,
      status: 404,
      question: (who) => ({
        target: act(who, path).target,
        headers: { cookie: who.cookie },
      }),
    },
  ]),
  ...["PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"].map(
    (method): Try => ({
      name: method,
      status: 405,
      question: (who) => ({ ...inbox(who), method }),
    }),
  ),
  {
    name: "a form of a terabyte",
    status: 413,
    question: (who) => ({
      ...deletion(who),
      target: `${who.prefix}/send?token=${who.token}`,
      length: 1e12,
    }),
  },
  {
    name: "a file of a terabyte",
    status: 413,
    question: (who) => ({
      ...deletion(who),
      target: `${who.prefix}/upload?draft=x&name=x&token=${who.token}`,
      length: 1e12,
    }),
  },
  {
    name: "a stranger's form, before any of it is sent",
    status: 403,
    question: (who) => ({
      ...deletion(who, { cookie: "" }),
      length: 1_000_000,
    }),
  },
  ...[
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "page.css%00.txt",
    "page.css/../../main.ts",
    "__proto__",
    "constructor",
    `${"a/".repeat(2_000)}`,
  ].map(
    (path): Try => ({
      name: `the path ${path.slice(0, 30)}`,
      status: 404,
      question: (who) => ({
        target: `${who.prefix}/${path}`,
        headers: { cookie: who.cookie },
      }),
    }),
  ),
  ...["0", "-1", "1e3", "999999999999999999", "x", ""].map(
    (id): Try => ({
      name: `the message "${id}"`,
      status: 404,
      question: (who) => ({
        target: `${who.prefix}/message?id=${id}`,
        headers: { cookie: who.cookie },
      }),
    }),
  ),
];

function withoutOrigin(who: Program): Question {
  const { origin: _, ...headers } = deletion(who).headers as Record<
    string,
    string
  >;
  return { ...deletion(who), headers };
}

Deno.test("the walls of the page", async (t) => {
  await using stage = await PageStage.open();
  const [alice, bob] = await stage.people("alice", "bob");
  const draft = {
    to: ["alice"],
    cc: [],
    bcc: [],
    subject: "Once",
    attachments: [],
    burn: true,
  };
  await bob!.with((mailbox) => mailbox.send({ ...draft, body: new Uint8Array(1) }));
  const held = {
    ...draft,
    to: ["bob"],
    deliver: span(3_600_000),
    body: new Uint8Array(1),
  };
  const { id } = await alice!.with((mailbox) => mailbox.send(held));
  const page = await stage.page(alice!);
  const who = await page.enter();
  const nobody = await (await stage.page(null)).enter();
  const fingerprint = await alice!.fingerprint();

  for (const { name, status, question } of tries) {
    await t.step(`${status} for ${name}`, async () => {
      const answer = await ask(page.authority, question(who));
      assert.equal(
        answer.status,
        status,
        answer.head + answer.body.slice(0, 300),
      );
      assert.match(
        answer.head,
        /^content-security-policy: default-src 'none'/im,
      );
      assert.match(answer.head, /^x-frame-options: DENY/im);
      assert.match(answer.head, /^x-content-type-options: nosniff/im);
    });
  }

  await t.step(
    "none of them deleted, read, cancelled or changed anything",
    async () => {
      assert.deepEqual((await alice!.list()).map(({ readAt }) => readAt), [
        null,
      ]);
      assert.equal(
        (await alice!.list("sent")).find((each) => each.id === id)!.cancelledAt,
        null,
      );
      assert.equal(await alice!.fingerprint(), fingerprint);
      assert.deepEqual(page.defects, []);
    },
  );

  for (const path of acts) {
    await t.step(
      `whoever is not signed in is asked to, and not heard: ${path}`,
      async () => {
        const { status, head } = await ask(
          nobody.page.authority,
          act(nobody, path),
        );
        const isKept = path.startsWith("keep-draft"); // what was written stays in sight
        assert.deepEqual(
          [status, /^location: (.*?)\r?$/im.exec(head)?.[1]],
          isKept ? [422, undefined] : [303, "sign-in"],
        );
      },
    );
  }
  await t.step(
    "the title of a message, which browsers keep, has nothing of the mail",
    async () => {
      const { body } = await who.get(`message?id=${id}`);
      assert.match(body, /<h1><bdi>Once<\/bdi><\/h1>/);
      assert.match(body, new RegExp(`<title>Message ${id} · mailctl</title>`));
    },
  );

  await t.step("what is searched for cannot cut the page in two", async () => {
    const { body } = await who.get("search?q=%00results%00");
    assert.match(body, /<title>Search: {2}results {2}· mailctl<\/title>/);
    assert.match(
      body,
      /<ol class="list" id="found">.*id="search-end".*<\/html>/s,
    );
  });

  await t.step(
    "a search that breaks off says why, and ends as a page",
    async () => {
      const fails = {
        changes: () => () => Promise.reject(new MailError("storage_full", "No room")),
      };
      await stage.server.lying(fails, async () => {
        const { body } = await who.get("search?q=kept+one");
        assert.match(
          body,
          /role="alert">the server says: No room\. There may be more to find\..*<\/html>/s,
        );
      });
      assert.deepEqual(page.defects, []);
    },
  );

  await t.step("TRACE is not echoed", async () => {
    const answer = await ask(page.authority, {
      ...inbox(who),
      method: "TRACE",
    });
    assert.ok(answer.status >= 400, String(answer.status));
    assert.ok(!answer.body.includes(who.cookie));
  });

  await t.step("a link lets in once", async () => {
    const link = new URL(page.link(60_000));
    const target = link.pathname + link.search;
    assert.equal((await ask(page.authority, { target })).status, 200);
    assert.equal((await ask(page.authority, { target })).status, 403);
  });

  await t.step(
    "a link may come from a file, but nothing of it may be loaded by another site",
    async () => {
      const link = new URL(page.link(60_000));
      const target = link.pathname + link.search;
      const site = { "sec-fetch-site": "cross-site" };
      const image = {
        ...site,
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "image",
      };
      const frame = {
        ...site,
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
      };
      const whole = {
        ...site,
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
      };
      for (
        const [headers, status] of [
          [image, 403],
          [frame, 403],
          [whole, 200],
        ] as const
      ) {
        assert.equal(
          (await ask(page.authority, { target, headers })).status,
          status,
        );
      }
    },
  );

  await t.step(
    "one user's cookie is nothing on another one's page",
    async () => {
      const other = await stage.page(bob!);
      const [, value] = who.cookie.split("=");
      const name = `mailctl-${other.authority.split(":")[1]}`;
      for (const cookie of [who.cookie, `${name}=${value}`]) {
        const target = `${new URL(other.base).pathname}/inbox`;
        assert.equal(
          (await ask(other.authority, { target, headers: { cookie } })).status,
          403,
        );
      }
    },
  );

  await t.step(
    "what is sent to no other port: a cookie of one path, which scripts cannot read",
    async () => {
      const link = new URL(page.link(60_000));
      const { head } = await ask(page.authority, {
        target: link.pathname + link.search,
      });
      assert.match(
        head,
        new RegExp(
          `^set-cookie: .*; Path=${who.prefix}/; HttpOnly; SameSite=Strict\r?$`,
          "im",
        ),
      );
      assert.ok(who.prefix.length > 20);
    },
  );
});

Deno.test({
  name: "what another user's program left in the browser for 127.0.0.1 is at no page's address",
  ignore: Deno.build.os === "darwin", // it has no other address
  async fn() {
    await using stage = await PageStage.open();
    const pages = [await stage.page(null), await stage.page(null)];
    const hosts = new Set(pages.map(({ authority }) => authority.split(":")[0]!));
    assert.equal(hosts.size, 2);
    for (const host of hosts) assert.match(host, /^127\.(?!0\.)\d+\.\d+\.\d+$/);
  },
});

Deno.test("links and cookies are compared whole, and old links are nobody's", () => {
  let now = 0;
  const visitors = new Visitors(() => now);
  const [early, late] = [visitors.invite(10), visitors.invite(20)];
  now = 15;
  assert.equal(visitors.admit(early), null);
  assert.equal(visitors.admit(""), null);
  const visitor = visitors.admit(late)!;
  assert.equal(visitors.find([visitor.cookie.slice(1), ""]), null);
  assert.equal(visitors.find(["x", visitor.cookie]), visitor);
  assert.equal(visitors.admit(late), null);
});

Deno.test("a body that does not come is given up", async () => {
  const body = new ReadableStream<Uint8Array>({
    start: (to) => to.enqueue(Uint8Array.of(1)),
  });
  const request = new Request("http://x/", { method: "POST", body });
  const reading = Array.fromAsync(readBody(request, 10, 20));
  await assert.rejects(reading, { code: "timed_out" });
});

Deno.test("a body longer than it said is cut off", async () => {
  const body = ReadableStream.from([new Uint8Array(6), new Uint8Array(6)]);
  const request = new Request("http://x/", { method: "POST", body });
  await assert.rejects(Array.fromAsync(readBody(request, 10)), {
    code: "too_large",
  });
});

Deno.test("a body whose sender is gone is no defect", async () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (to) => to.error(new TypeError("gone")),
  });
  const request = new Request("http://x/", { method: "POST", body });
  await assert.rejects(Array.fromAsync(readBody(request, 10)), {
    code: "malformed",
  });
});

Deno.test("a page that nobody looks at ends by itself", async () => {
  await using stage = await PageStage.open();
  const page = await stage.page(null, 50);
  await page.over;
  await assert.rejects(ask(page.authority, { target: "/" }));
});
