/** Everything that the terminal does, by hand, by key, without scripts, on a narrow screen. */
import assert from "node:assert/strict";
import { formatSpoken } from "../../src/crypto/account/spoken.ts";
import { passwordHere, type PersonHere } from "../support/account_here.ts";
import { madeUpKeys } from "../support/hostile_server.ts";
import { MailError } from "../../src/model/errors.ts";
import type { Browser, Page } from "./browser.ts";
import {
  bufferOf,
  download,
  enter,
  nextPassword,
  subjects,
  waitForArticle,
  waitForCount,
  watchRequests,
} from "./browsing.ts";
import { markRead, sendMany } from "./letters.ts";
import { until } from "../support/person.ts";
import type { PageStage } from "./page_stage.ts";
import { takePictures } from "./picture.ts";
import { asAccountFingerprint } from "../../src/model/digests.ts";

interface Route {
  fetch(): Promise<unknown>;
  fulfill(answer: unknown): unknown;
  abort(): unknown;
}

/** Answers once somebody says so; what the server said is there by then. */
async function holdAnswer(
  route: Route,
  asked: PromiseWithResolvers<() => Promise<unknown>>,
): Promise<void> {
  const response = await route.fetch();
  asked.resolve(async () => await route.fulfill({ response }));
}

/** Whether a tab of the page listens, for all of them. */
const isListening =
  'navigator.locks.query().then(({ held }) => held.some(({ name }) => name.startsWith("events ")))';

/** Says to the page that there is a change, and waits until it heard that. */
const tellChange = `new Promise((resolve) => {
  const name = "events " + document.body.dataset.proof;
  new BroadcastChannel(name).onmessage = () => setTimeout(resolve);
  new BroadcastChannel(name).postMessage({ name: "change" });
})`;

/** Waits until another tab said that it is there, and tells the name of what was answered. */
const hearingOfNewcomers = `new Promise((resolve) => {
  const channel = new BroadcastChannel("events " + document.body.dataset.proof);
  channel.onmessage = ({ data }) => {
    if (data.name === "well" || data.name === "trouble") resolve(data.name);
  };
})`;

const numbers = Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) % 251);
const text = new TextEncoder().encode("a\r\nb\nc\r\n\n\td"); // line breaks of every kind

export async function useMailbox(
  t: Deno.TestContext,
  stage: PageStage,
  browser: Browser,
): Promise<void> {
  const [alice, bob, carol] = (await stage.people("alice", "bob", "carol")) as [
    PersonHere,
    PersonHere,
    PersonHere,
  ];
  const site = await stage.page(alice);
  const context = await browser.context();
  const page = await enter(context, site);
  page.on("dialog", (dialog: { accept(): void }) => dialog.accept()); // what is left is not kept yet
  const strangers = watchRequests(context, site);

  await t.step("an empty inbox says so", async () => {
    assert.match(await page.textContent("main"), /No messages\./);
    assert.equal(await page.locator("#unread").isHidden(), true);
    await browser.checkAccess(page);
  });

  await t.step("mail arrives in the list without loading the page again", async () => {
    await page.evaluate("globalThis.marked = true");
    await page.focus("nav.folders a >> nth=1");
    await sendMany(bob, "alice", ["Lunch on Friday?"]);
    await page.waitForSelector(".row.unread");
    await page.waitForSelector("nav.folders a:focus >> text=Sent");
    assert.equal(await page.evaluate("globalThis.marked"), true);
    assert.match(
      await page.textContent("#said"),
      /New message from bob@mail.test: Lunch on Friday/,
    );
    assert.match(await page.title(), /^\(1\) Inbox/);
    assert.match(await page.textContent("#unread"), /^1/);
  });

  await t.step("a message is read, and then it is not new any more", async () => {
    await page.click(".row >> text=Lunch on Friday?");
    await page.waitForSelector("pre.text");
    assert.equal(await page.textContent("pre.text"), "The text of Lunch on Friday?.\n");
    assert.match(await page.textContent(".seal"), /valid, by the known key/);
    assert.ok((await alice.list())[0]!.readAt !== null);
    await browser.checkAccess(page);
    await page.click("article >> text=Inbox");
    assert.equal(await page.locator(".row.unread").count(), 0);
  });

  await t.step("what is pressed while the list is shown anew is clicked all the same", async () => {
    const asked = Promise.withResolvers<() => Promise<unknown>>();
    await page.route("**/inbox", (route: Route) => holdAnswer(route, asked), { times: 1 });
    await sendMany(bob, "alice", ["Another lunch?"]);
    const goOn = await asked.promise;
    await page.hover(".row >> text=Lunch on Friday?");
    await page.mouse.down();
    const answer = page.waitForResponse("**/inbox");
    await goOn();
    await (await answer).finished();
    await page.mouse.up();
    await page.waitForSelector("pre.text");
    await page.click("article >> text=Inbox");
    await alice.with(async (mailbox) => mailbox.delete([(await alice.list())[0]!.id]));
    await waitForCount(page, ".row", 1);
  });

  await t.step("a key that is down while the list is shown anew counts all the same", async () => {
    const asked = Promise.withResolvers<() => Promise<unknown>>();
    await page.route("**/inbox", (route: Route) => holdAnswer(route, asked), { times: 1 });
    await sendMany(bob, "alice", ["A third lunch?"]);
    const goOn = await asked.promise;
    await page.focus(".row input");
    await page.keyboard.down("Space");
    const answer = page.waitForResponse("**/inbox");
    await goOn();
    await (await answer).finished();
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))");
    await page.keyboard.up("Space");
    await waitForCount(page, ".row", 2);
    assert.equal(await page.locator(".row:has-text('Lunch on Friday?') input").isChecked(), true);
    await alice.with(async (mailbox) => mailbox.delete([(await alice.list())[0]!.id]));
    await waitForCount(page, ".row", 1);
    await page.uncheck(".row input");
  });

  await t.step("a list is asked for again where it changed while it could not be had", async () => {
    const asked = Promise.withResolvers<Route>();
    await page.route("**/inbox", (route: Route) => asked.resolve(route), { times: 1 });
    await sendMany(bob, "alice", ["A fourth lunch?"]);
    const first = await asked.promise;
    await page.evaluate(tellChange);
    await first.fulfill({ status: 503, body: "" });
    await waitForCount(page, ".row", 2);
    await alice.with(async (mailbox) => mailbox.delete([(await alice.list())[0]!.id]));
    await waitForCount(page, ".row", 1);
  });

  await t.step(
    "of addresses that were asked for before, the one that is typed is meant",
    async () => {
      const kept = { json: { stored: 1, unread: [] } }; // no draft stays behind
      await page.route("**/keep-draft", (route: Route) => route.fulfill(kept));
      await page.goto(`${site.base}/compose`);
      const json = ["boris@mail.test", "bobby@mail.test", "bob@mail.test"];
      await page.route("**/complete?*", (route: Route) => route.fulfill({ json }), { times: 1 });
      await page.locator("#to").pressSequentially("bo");
      await page.waitForSelector("[role=option]");
      const asked = Promise.withResolvers<() => Promise<void>>();
      const hold = (route: { continue(): Promise<void> }) => asked.resolve(() => route.continue());
      await page.route("**/complete?*", hold, { times: 1 });
      await page.locator("#to").pressSequentially("b");
      const goOn = await asked.promise;
      await page.keyboard.press("Enter");
      const answer = page.waitForResponse("**/complete?*");
      await goOn();
      await (await answer).finished();
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))");
      assert.equal(await page.inputValue("#to"), "bob@mail.test, ");
      assert.equal(await page.locator("[role=option]:visible").count(), 0);
      await page.goto(`${site.base}/inbox`);
      await page.unroute("**/keep-draft");
    },
  );

  await t.step(
    "addresses are completed, files go up and come down, several people get it",
    async () => {
      await page.goto(`${site.base}/compose`);
      await page.locator("#to").pressSequentially("bo");
      await page.waitForSelector("[role=option]");
      await browser.checkAccess(page);
      await page.keyboard.press("Enter");
      assert.equal(await page.inputValue("#to"), "bob@mail.test, ");
      await page.locator("#to").pressSequentially("carol");
      await page.keyboard.press("Escape");
      await page.fill("#subject", "Two files");
      await page.fill("#text", "See them.\n");
      await page.setInputFiles("#file", [
        {
          name: "numbers.bin",
          mimeType: "application/octet-stream",
          buffer: bufferOf(numbers),
        },
        {
          name: "wrong.txt",
          mimeType: "text/plain",
          buffer: bufferOf(new Uint8Array(3)),
        },
        {
          name: "note \u202egpj.txt",
          mimeType: "text/plain",
          buffer: bufferOf(text),
        },
      ]);
      await waitForCount(page, "#files button", 3);
      await page.click("[aria-label='Remove wrong.txt']");
      await waitForCount(page, "#files li", 2);
      assert.equal(await page.evaluate("document.activeElement.id"), "file");
      await page.click("text=Send >> nth=-1");
      await page.waitForURL("**/sent?done=sent");
      assert.match(await page.textContent("#said"), /was sent/);
      await browser.checkAccess(page);
      for (const person of [bob, carol]) {
        const [message] = await person.list();
        assert.deepEqual(message!.headers!.to, ["bob@mail.test", "carol@mail.test"]);
        assert.deepEqual(
          message!.headers!.attachments.map(({ size }) => size),
          [300_000, text.length],
        );
      }
      await page.click(".row >> text=Two files");
      await page.waitForSelector(".files-list a");
      assert.match(await page.textContent(".files-list"), /note \\u\{202e\}gpj\.txt/);
      assert.deepEqual(await download(page, "numbers.bin"), {
        name: "numbers.bin",
        bytes: numbers,
      });
      assert.deepEqual(await download(page, "gpj"), { name: "note gpj.txt", bytes: text });
    },
  );

  await t.step("who has read it is seen in the list of what was sent", async () => {
    const [received] = await bob.list();
    await markRead(bob, received!.id);
    await page.goto(`${site.base}/sent`);
    const states = await page.locator(".row .state").allInnerTexts();
    assert.deepEqual(
      states.map((each: string) => each.replace(/\s+/g, " ")),
      ["bob read", "carol stored"],
    );
  });

  await t.step(
    "of many recipients some are named in the list, and a subject without end is cut",
    async () => {
      const subject = "long ".repeat(400).trim();
      await alice.with((mailbox) =>
        mailbox.send({
          ...{ to: ["bob", "carol"], cc: [], bcc: [], attachments: [] },
          ...{ subject, body: new Uint8Array(1) },
        })
      );
      await page.goto(`${site.base}/sent`);
      const measure = // at once: the list may be drawn anew meanwhile
        `[".states", ".state"].map((name) => Array.from(document.querySelector(".row")
          .querySelectorAll(name), (each) => each.getBoundingClientRect().toJSON()))`;
      const [[box], states] = await page.evaluate(measure);
      assert.equal(states.length, 2);
      for (const { left, right, top, bottom } of states) {
        assert.ok(left >= box.left && right <= box.right + 1, "a state is cut off");
        assert.ok(top >= box.top && bottom <= box.bottom + 1, "a state is cut off");
      }
      await page.click(".row >> text=long");
      await page.waitForSelector("h1");
      assert.ok((await page.textContent("h1")).length < 250);
      await page.click("text=The whole subject, 1999 characters");
      assert.equal(await page.textContent(".whole"), subject);
      await browser.checkAccess(page);
    },
  );

  await t.step("what cannot be sent is still there to be changed", async () => {
    await page.goto(`${site.base}/compose`);
    await page.fill("#to", "bob, nobody");
    await page.fill("#subject", "To nobody");
    await page.fill("#text", "Nothing is lost.");
    await page.setInputFiles("#file", {
      name: "a.txt",
      mimeType: "text/plain",
      buffer: bufferOf(text),
    });
    await waitForCount(page, "#files button", 1);
    await page.click("text=Send >> nth=-1");
    await page.waitForSelector("main [role=alert]");
    assert.match(
      await page.textContent("main [role=alert]"),
      /Cannot send to nobody: there is no such account/,
    );
    assert.equal(await page.inputValue("#text"), "Nothing is lost.");
    assert.match(await page.textContent("#files"), /a\.txt/);
    await page.fill("#to", "bob");
    const before = (await bob.list()).length;
    await page.press("#to", "Enter"); // which neither sends nor removes the file
    await page.fill("#text", "Nothing is lost, or sent too soon.");
    await page.click("text=Send >> nth=-1");
    await page.waitForURL("**/sent?done=sent");
    const after = await bob.list();
    assert.equal(after.length, before + 1);
    assert.deepEqual(after[0]!.headers!.attachments.map(({ name }) => name), ["a.txt"]);
    assert.match((await bob.read(after[0]!.id)).text, /or sent too soon/);
  });

  await t.step("what is written is kept on a pause, and survives loading again", async () => {
    await page.goto(`${site.base}/compose?to=bob`);
    await page.fill("#subject", "Kept");
    await page.fill("#text", "Half of it");
    await page.waitForSelector("#kept >> text=Draft saved");
    await browser.checkAccess(page);
    const setBack = "{ const { now } = Date; Date.now = () => now() - 3_600_000; }"; // the machine's clock
    await page.evaluate(setBack);
    const keptAgain = page.waitForResponse("**/keep-draft");
    await page.locator("#text").pressSequentially("1 ");
    await keptAgain;
    await page.goto(page.url());
    assert.match(await page.inputValue("#text"), /^(1 )?Half of it(1 )?\s*$/);
    // As a send that is stopped by Esc: the page stays. What is typed then is kept all the same.
    const stop = (route: { fulfill(answer: unknown): void }) => route.fulfill({ status: 204 });
    for (const word of ["And ", "more "]) {
      await page.route("**/send?*", stop, { times: 1 });
      const stopped = page.waitForResponse("**/send?*");
      await page.click("button.first");
      await stopped;
      assert.equal(await page.locator("#sending").isHidden(), false);
      await page.locator("#text").pressSequentially(word);
      assert.equal(await page.locator("#sending").isHidden(), true);
    }
    await page.waitForSelector("#kept >> text=Draft saved");
    await page.goto(`${site.base}/drafts`);
    assert.deepEqual(await subjects(page), ["Kept"]);
    await page.click(".row >> text=Kept");
    await page.waitForURL("**/compose?resume=*");
    assert.match(await page.inputValue("#text"), /And more/);
    await page.click("button.first");
    await page.waitForURL("**/sent?done=sent");
    await page.goto(`${site.base}/drafts`);
    assert.deepEqual(await subjects(page), []);
    assert.equal((await bob.list())[0]!.headers!.subject, "Kept");
  });

  await t.step("whoever leaves what is on its way is asked first", async () => {
    const tab = await context.newPage();
    await tab.goto(`${site.base}/compose`);
    const held: Route[] = [];
    await tab.route(/upload|keep-draft/, (route: Route) => held.push(route));
    const leave = async () => {
      await until(() => held.length > 0, "what is on its way");
      const dialog = tab.waitForEvent("dialog");
      await tab.close({ runBeforeUnload: true });
      await (await dialog).dismiss();
      return held.pop()!;
    };
    await tab.click("#subject");
    const file = { name: "a.txt", mimeType: "text/plain", buffer: bufferOf(text) };
    await tab.setInputFiles("#file", file);
    await (await leave()).abort();
    await (await leave()).fulfill({ json: { stored: 1, unread: [] } });
    await tab.waitForSelector("#kept >> text=Draft saved");
    await tab.close();
  });

  await t.step("a draft that went elsewhere does not come back unasked", async () => {
    await page.goto(`${site.base}/compose?to=bob`);
    await page.fill("#subject", "Gone");
    await page.waitForSelector("#kept >> text=Draft saved");
    const { id } = (await alice.list("sent"))[0]!;
    await alice.with((mailbox) => mailbox.delete([id]));
    await page.locator("#text").pressSequentially("a");
    await page.waitForSelector("#kept >> text=Cannot keep");
    const kept: unknown[] = [];
    await page.route("**/keep-draft", (route: Route) => kept.push(route.abort()));
    await page.clock.install();
    await page.locator("#text").pressSequentially("b");
    await page.clock.fastForward(10_000);
    assert.match(await page.textContent("#kept"), /Cannot keep/);
    assert.equal(kept.length, 0);
    await page.unroute("**/keep-draft");
    await page.goto(`${site.base}/drafts`);
    assert.deepEqual(await subjects(page), []);
  });

  await t.step(
    "a file that is refused, or does not get there, says so until it is seen",
    async () => {
      await page.goto(`${site.base}/compose`);
      const answers = [{ status: 413, json: { message: "Too much" } }, null];
      await page.route("**/upload?*", (route: Route) => {
        const answer = answers.shift();
        return answer ? route.fulfill(answer) : route.abort();
      });
      const file = { mimeType: "text/plain", buffer: bufferOf(text) };
      await page.setInputFiles("#file", ["a.txt", "b.txt"].map((name) => ({ ...file, name })));
      await waitForCount(page, ".refused", 2);
      assert.match(await page.textContent(".refused >> nth=0"), /a\.txt.*not attached: Too much/);
      assert.match(await page.textContent(".refused >> nth=1"), /b\.txt.*the connection was lost/);
      await browser.checkAccess(page);
      await page.evaluate("scrollTo(0, document.body.scrollHeight)");
      const { y } = await page.locator("#said").boundingBox();
      assert.ok(y > 0 && y < 200, "what is said is out of sight");
      await page.unroute("**/upload?*");
      await page.click("[aria-label='Dismiss a.txt']");
      await waitForCount(page, ".refused", 1);
      const asked = Promise.withResolvers<Route>();
      await page.route("**/upload?*", (route: Route) => asked.resolve(route), { times: 1 });
      await page.click("[aria-label='Dismiss b.txt']");
      await page.setInputFiles("#file", { ...file, name: "c.txt" });
      await page.fill("#to", "bob");
      await page.click("button.first"); // and what it waits for is refused
      await page.waitForSelector("#said >> text=Waiting for the files");
      await (await asked.promise).abort();
      await page.waitForSelector("#said >> text=Cannot send: a file is not attached");
      await page.waitForSelector("[aria-label='Dismiss c.txt']:focus");
      assert.ok(page.url().includes("/compose"));
    },
  );

  await t.step("a reply quotes and goes in the thread, a forward goes whole", async () => {
    await sendMany(bob, "alice", ["Plans"]);
    await page.goto(`${site.base}/inbox`);
    await page.click(".row >> text=Plans");
    await page.click("text=Reply >> nth=0");
    assert.match(await page.inputValue("#text"), /bob@mail\.test wrote:\n> The text of Plans\.\n$/);
    assert.equal(await page.locator("[data-unkept]").count(), 0); // nobody wrote anything so far
    await page
      .locator("#text")
      .evaluate((area: { value: string }) => (area.value = `Yes.\n${area.value}`));
    await page.click("text=Send >> nth=-1");
    await page.waitForURL("**/sent?done=sent");
    const [answer] = await bob.list();
    assert.equal(answer!.headers!.subject, "Re: Plans");
    assert.equal(answer!.headers!.inReplyTo, (await alice.list())[0]!.headers!.messageId);
    await page.goto(`${site.base}/inbox`);
    await page.click(".row >> text=Plans");
    await waitForArticle(page);
    await page.keyboard.press("f");
    await page.waitForURL("**/compose?forward=*");
    await page.fill("#to", "carol");
    await page.click("text=Send >> nth=-1");
    await page.waitForURL("**/sent?done=sent");
    const [passed] = await carol.list();
    assert.equal(passed!.headers!.subject, "Fwd: Plans");
    assert.equal(passed!.headers!.attachments[0]!.type, "message/rfc822");
  });

  await t.step(
    "the trash can be undone, by hand and by key, also after loading again",
    async () => {
      await page.goto(`${site.base}/inbox`);
      await page.click("text=Trash message >> nth=0");
      await page.waitForSelector(".toast");
      await waitForCount(page, ".row", 1);
      for (const clickCount of [2, 3]) { // no more clicks are meant for the next one
        await page.mouse.down({ clickCount });
        await page.mouse.up({ clickCount });
      }
      await browser.checkAccess(page);
      await page.focus("text=Undo"); // stays what it is, or it would be read out again
      await page.evaluate("document.getElementById('list').className = 'old'");
      await page.evaluate(tellChange);
      await page.waitForSelector("#list:not(.old)");
      await page.waitForSelector("#undo[aria-live] .toast >> button:focus");
      await page.goto(`${site.base}/inbox`);
      assert.equal(await page.locator(".row").count(), 1);
      await page.focus("text=Undo");
      await page.keyboard.press("Enter");
      await waitForCount(page, ".row", 2);
      assert.equal(await page.locator(".toast").count(), 0);
      await page.waitForSelector("main:focus");
      await page.focus(".row button[title*=trash]");
      await page.evaluate("document.getElementById('list').className = 'old'");
      await page.evaluate(tellChange);
      await page.waitForSelector("#list:not(.old) button[title*=trash]:focus");
      await page.keyboard.press("j");
      await page.keyboard.down("#");
      await page.waitForSelector(".toast");
      await waitForCount(page, ".row", 1);
      await page.keyboard.down("#"); // held, it is not meant for the next one
      await page.keyboard.up("#");
      await page.keyboard.press("z");
      await waitForCount(page, ".row", 2);
    },
  );

  await t.step("several are filed at once, by hand and by key, and the list follows", async () => {
    await page.check(".row input >> nth=0");
    await page.check(".row input >> nth=1");
    await page.keyboard.press("*");
    await waitForCount(page, ".row[data-starred]", 2);
    await page.keyboard.press("j");
    await page.keyboard.press("*");
    await waitForCount(page, ".row[data-starred]", 1);
    await page.keyboard.press("x");
    await page.keyboard.press("l");
    await page.keyboard.type("todo");
    await page.keyboard.press("Enter");
    await waitForCount(page, ".keyword", 1);
    await page.waitForSelector(".row a:focus");
    await page.keyboard.press("e");
    await waitForCount(page, ".row", 1);
    await page.click("nav.folders >> text=Archive");
    await waitForCount(page, ".row", 1);
    await browser.checkAccess(page);
    await page.keyboard.press("j");
    await page.keyboard.press("v");
    await page.selectOption("#move-to", "inbox");
    await page.click("#filing button[value=move]");
    await waitForCount(page, ".row", 0);
    await page.goto(`${site.base}/folders`);
    await browser.checkAccess(page);
    const { folder } = await alice.with(async (mailbox) =>
      (await mailbox.filed()).createFolder("Bills")
    );
    await page.goto(`${site.base}/folder?id=${folder.id}`);
    await alice.with(async (mailbox) => (await mailbox.filed()).deleteFolder("Bills"));
    await page.waitForSelector("main >> text=Cannot find the folder: it was deleted");
  });

  await t.step("keywords, files and the time of a message stand beside each other", async () => {
    const content = new Uint8Array(3);
    const attachments = [{ name: "a.png", type: "image/png", size: 3, content }];
    const draft = { to: ["alice"], cc: [], bcc: [], body: new Uint8Array(1), attachments };
    await bob.with((mailbox) =>
      mailbox.send({ ...draft, subject: "A subject that is rather long for a narrow place" })
    );
    const [newest] = await alice.list();
    const addKeywords = ["a-rather-long-keyword", "todo", "another-long-keyword"];
    await alice.with(async (mailbox) =>
      await (await mailbox.filed()).change([newest!.id], { addKeywords })
    );
    for (const width of [740, 900, 1200]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${site.base}/search?q=subject:rather`);
      await page.waitForSelector(".row .keyword >> nth=3");
      const boxes = await page.evaluate(
        `Array.from(document.querySelectorAll(".row a > :not(.what), .row .what > *"), (each) => {
          const { left, right, top, bottom } = each.getBoundingClientRect();
          const end = each.closest(".what")?.getBoundingClientRect().right ?? right; // all behind it is cut
          return { name: each.textContent, left, right: Math.min(right, end), top, bottom };
        }).filter(({ left, right }) => right > left)`,
      );
      for (const [at, one] of boxes.entries()) {
        for (const other of boxes.slice(at + 1)) {
          const isBeside = one.right <= other.left + 1 || other.right <= one.left + 1 ||
            one.bottom <= other.top + 1 || other.bottom <= one.top + 1;
          assert.ok(isBeside, `at ${width}: ${one.name} and ${other.name} overlap`);
        }
      }
    }
    await page.setViewportSize({ width: 1100, height: 700 });
    await alice.with((mailbox) => mailbox.delete([newest!.id]));
    await page.goto(`${site.base}/inbox`);
  });

  await t.step("long lists come page by page", async () => {
    await sendMany(
      bob,
      "alice",
      Array.from({ length: 60 }, (_, at) => `Number ${at + 1}`),
    );
    await page.goto(`${site.base}/inbox?n=25`);
    assert.match(await page.textContent(".sum"), /62 messages, 60 unread/);
    const first = await subjects(page);
    await page.click("a[rel=next]");
    await page.click("a[rel=next]");
    assert.deepEqual((await subjects(page)).slice(-2), ["Plans", "Lunch on Friday?"]);
    assert.equal(await page.locator("a[rel=next]").count(), 0);
    await page.click("text=Newer");
    await page.click("text=Newer");
    assert.deepEqual(await subjects(page), first);
    await page.click("text=Unread only");
    assert.equal((await subjects(page)).at(-1), "Number 36");
  });

  await t.step("search has the words of the command, and says where it found what", async () => {
    await page.fill("#q", "NUMBER 42");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#search-end");
    assert.deepEqual(await subjects(page), ["Number 42"]);
    await browser.checkAccess(page);
    await page.goto(`${site.base}/search?q=in:sent+filename:numbers.bin`);
    assert.deepEqual(await subjects(page), ["Two files"]);
    await page.goto(`${site.base}/search?q=nothing+like+it`);
    assert.match(await page.textContent("#search-end"), /Nothing found/);
    await page.goto(`${site.base}/search?q=before:soon`);
    assert.match(await page.textContent("main [role=alert]"), /Cannot use "soon" as a time/);
    await browser.checkAccess(page);
  });

  await t.step("all of it goes by keys, which can be switched off", async () => {
    await page.goto(`${site.base}/inbox`);
    for (const key of ["j", "j", "k", "j"]) await page.keyboard.press(key);
    await page.keyboard.press("Enter");
    await waitForArticle(page);
    assert.equal(await page.textContent("h1"), "Number 59");
    await page.keyboard.press("r");
    await page.waitForURL("**/compose?reply=*");
    await page.waitForSelector("#text:focus");
    await page.keyboard.type("c?/"); // is typed, and no command
    assert.match(await page.inputValue("#text"), /^c\?\//);
    await page.goto(`${site.base}/inbox`);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate("document.activeElement.id"), "q");
    await page.keyboard.press("Tab");
    await page.locator("main").focus();
    await page.keyboard.press("?");
    assert.equal(await page.locator("#help").isVisible(), true);
    await browser.checkAccess(page);
    await page.check("#keys-off");
    await page.click("text=Close");
    await page.keyboard.press("c");
    await page.keyboard.press("?");
    assert.equal(await page.locator("#help").isVisible(), false);
    await page.click("#help-button");
    await page.uncheck("#keys-off");
    await page.click("text=Close");
    await page.locator("main").focus();
    await page.keyboard.press("s");
    await page.waitForURL("**/sent");
  });

  await t.step("ten tabs are no more than one, and all of them hear of mail", async () => {
    const tabs: Page[] = [];
    for (let at = 0; at < 10; at++) {
      tabs.push(await context.newPage());
      await tabs[at].goto(`${site.base}/inbox`);
    }
    await sendMany(bob, "alice", ["To all tabs"]);
    for (const tab of tabs) await tab.waitForSelector(".row >> text=To all tabs");
    for (const tab of tabs) await tab.close();
    await alice.with(async (mailbox) => {
      const { messages } = await mailbox.list({ box: "inbox", limit: 1 });
      await mailbox.delete([messages[0]!.id]);
    });
  });

  await t.step("that one tab was signed out is told to no other", async () => {
    await page.goto(`${site.base}/compose`);
    await until(() => page.evaluate(isListening), "that it listens");
    await page.evaluate(
      'new BroadcastChannel("events " + document.body.dataset.proof).postMessage({ name: "end" })',
    );
    await page.waitForSelector("#trouble >> text=You are signed out");
    const tab = await context.newPage();
    const told = page.evaluate(hearingOfNewcomers);
    await tab.goto(`${site.base}/inbox`);
    assert.equal(await told, "well");
    assert.equal(await tab.locator("#trouble").isHidden(), true);
    assert.equal(await page.locator("#trouble").isHidden(), false);
    await tab.close();
    await page.fill("#text", "Somebody is signed in again.");
    await page.waitForSelector("#kept >> text=Draft saved");
    assert.equal(await page.locator("#trouble").isHidden(), true);
  });

  await t.step("a tab that was loading when mail came hears of it too", async () => {
    const asked = Promise.withResolvers<() => Promise<void>>();
    const hold = (route: { continue(): Promise<void> }) => asked.resolve(() => route.continue());
    const tab = await context.newPage();
    await page.goto(`${site.base}/inbox`);
    await until(() => page.evaluate(isListening), "that it listens");
    await tab.route("**/page.js", hold, { times: 1 });
    await tab.goto(`${site.base}/inbox`, { waitUntil: "commit" });
    const goOn = await asked.promise;
    await sendMany(bob, "alice", ["To the other tab"]);
    await page.waitForSelector(".row >> text=To the other tab");
    assert.equal(await tab.locator(".row >> text=To the other tab").count(), 0);
    await goOn();
    await tab.waitForSelector(".row >> text=To the other tab");
    await tab.close();
    await alice.with(async (mailbox) => mailbox.delete([(await alice.list())[0]!.id]));
    await page.goto(`${site.base}/sent`);
  });

  await t.step("keys are compared, and one that changed is accepted knowingly", async () => {
    await page.goto(`${site.base}/account`);
    await browser.checkAccess(page);
    assert.match(await page.textContent("dl.fields"), new RegExp(await alice.fingerprint()));
    await page.fill("#name", "bob");
    await page.click("button >> text=Compare");
    const digits = formatSpoken(asAccountFingerprint(Uint8Array.fromHex(await bob.fingerprint())));
    assert.ok((await page.textContent(".pair")).includes(digits));
    await browser.checkAccess(page);
    await page.click("text=They differ");
    assert.match(await page.textContent("#said"), /Nothing is saved.*Send nothing confidential/);
    await page.goBack();
    await page.click("text=They are the same");
    await page.waitForSelector("h1 .good");
    assert.match(await page.textContent("#said"), /The key is verified/);
    assert.ok((await alice.list()).every(({ outcome }) => outcome === "verified"));

    const other = await madeUpKeys("bob");
    const lies = { findKeys: () => () => Promise.resolve([other]) };
    await stage.server.lying(lies, async () => {
      await page.goto(`${site.base}/contact?name=bob`);
      await page.waitForSelector("h1 .bad");
      await browser.checkAccess(page);
      await page.click("text=Enter their fingerprint");
      await page.fill("#given", await bob.fingerprint());
      await page.click("text=Check and save it");
      assert.match(
        await page.textContent("main [role=alert]"),
        /the fingerprint that you gave is that of another key/,
      );
      assert.equal(await page.locator("#given").isVisible(), true);
      assert.equal(await page.inputValue("#given"), await bob.fingerprint());
      await page.check("form input[required][type=checkbox]");
      await page.click("text=Accept the new key");
      await page.waitForSelector("h1 .plain");
    });
    await page.goto(`${site.base}/contact?name=bob`);
    await page.click("text=Enter their fingerprint");
    await page.fill("#given", digits);
    await page.click("text=Check and save it");
    await page.waitForSelector("h1 .good");
  });

  await t.step("it fits a screen of 320 pixels, and is dark where that is wished for", async () => {
    const narrow = await browser.context({
      viewport: { width: 320, height: 640 },
      colorScheme: "dark",
    });
    const thin = await enter(narrow, site);
    const { id } = (await alice.list())[0]!;
    const paths = [
      "inbox",
      "sent",
      "folders",
      "folder?id=3",
      `message?id=${id}`,
      `compose?reply=${id}`,
      "account",
    ];
    for (const path of [...paths, "contact?name=bob", "search?q=number", "message?id=0"]) {
      await thin.goto(`${site.base}/${path}`);
      const over = await thin.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.ok(over <= 0, `${path} is ${over} pixels too wide`);
      await browser.checkAccess(thin);
    }
    await thin.setViewportSize({ width: 360, height: 740 });
    await thin.goto(`${site.base}/message?id=${id}`);
    const { y } = await thin.locator("h1").boundingBox();
    assert.ok(y < 740 / 3, `the subject stands ${y} pixels down`);
    await thin.goto(`${site.base}/inbox`);
    for (const part of [".who", ".what"]) {
      const { width } = await thin.locator(`.row ${part}`).first().boundingBox();
      assert.ok(width > 360 * 0.45, `${part} has ${width} pixels`);
    }
    await narrow.close();
  });

  await t.step("without scripts it reads, writes, attaches, deletes and undoes", async () => {
    const plain = await browser.context({ javaScriptEnabled: false });
    const quiet = await enter(plain, site);
    await quiet.goto(`${site.base}/compose?to=bob`);
    await quiet.fill("#subject", "Without scripts");
    const attach = (name: string, bytes: Uint8Array) =>
      quiet.setInputFiles("#file", { name, mimeType: "x/y", buffer: bufferOf(bytes) });
    await attach("wrong.bin", text);
    await quiet.click("text=Save draft");
    await quiet.fill("#text", "One form.\nTwo lines.");
    await attach("a.bin", numbers); // goes along with the form that removes the other one
    await quiet.click("#files button");
    await quiet.waitForSelector("#files >> text=a.bin");
    await quiet.click("text=Send >> nth=-1");
    await quiet.waitForURL("**/sent?done=sent");
    const [message] = await bob.list();
    assert.deepEqual(
      message!.headers!.attachments.map(({ size }) => size),
      [numbers.length],
    );
    assert.match((await bob.read(message!.id)).text, /One form\.\r?\nTwo lines\./);
    await quiet.goto(`${site.base}/inbox`);
    await quiet.click(".row >> text=Number 60");
    assert.match(await quiet.textContent("pre.text"), /The text of Number 60/);
    await quiet.click("button[value=trash]");
    await quiet.waitForURL("**/inbox");
    assert.equal((await subjects(quiet))[0], "Number 59");
    await quiet.click("text=Undo");
    assert.equal((await subjects(quiet))[0], "Number 60");
    await plain.close();
  });

  await t.step("pictures for the documents", async () => {
    await takePictures(stage, browser);
  });

  await t.step("a new password holds at once, and the page goes on", async () => {
    await page.goto(`${site.base}/account`);
    await page.fill("#old", "not this one");
    await page.fill("#next", nextPassword);
    await page.fill("#again", nextPassword);
    await page.click("text=Change password");
    await page.waitForSelector("main [role=alert]");
    assert.match(await page.textContent("main [role=alert]"), /the name or password is wrong/);
    await page.fill("#old", passwordHere);
    await page.fill("#next", nextPassword);
    await page.fill("#again", nextPassword);
    await page.click("text=Change password");
    await page.waitForURL("**/account?done=password");
    await page.goto(`${site.base}/inbox`);
    assert.equal((await subjects(page))[0], "Number 60");
    await sendMany(bob, "alice", ["After the change"]);
    await page.waitForSelector(".row >> text=After the change");
  });

  await t.step("a list that could not be had in an outage is shown when it is over", async () => {
    const hears = (name: string) =>
      page.evaluate(
        `new BroadcastChannel("events " + document.body.dataset.proof).postMessage({ name: "${name}", data: { message: "No" } })`,
      );
    const failure = new MailError("unavailable", "Cannot reach the server");
    const down = { list: () => () => Promise.reject(failure) };
    await page.route("**/events?*", () => {}); // it hears what is said here, and no more
    await stage.server.lying(down, async () => {
      await page.goto(`${site.base}/inbox?n=25`);
      await page.waitForSelector("text=Try again");
      await hears("well"); // as it does when it begins to listen
    });
    assert.equal(await page.locator(".row").count(), 0);
    await hears("trouble");
    await page.waitForSelector("#trouble:not([hidden])");
    await page.unroute("**/events?*");
    await hears("well").catch(() => {}); // or it was heard from the server first, and the page is another one by now
    await page.waitForSelector(".row");
    assert.equal(page.url(), `${site.base}/inbox?n=25`);
    await sendMany(bob, "alice", ["After the outage"]);
    await page.waitForSelector(".row >> text=After the outage"); // it listens
  });

  await t.step(
    "a page that is open when it ends says so, and its link is nobody's then",
    async () => {
      const asked: string[] = [];
      page.on("request", (request: { url(): string }) => asked.push(request.url()));
      await site.stop();
      await page.waitForSelector("#trouble:not([hidden])");
      assert.match(await page.textContent("#trouble"), /^mailctl web has ended/);
      assert.deepEqual(asked.filter((url) => !url.endsWith("/inbox")), []);
    },
  );

  await t.step("no page asked for anything elsewhere, and none had a defect", () => {
    assert.deepEqual(strangers, []);
    assert.deepEqual(site.defects, []);
  });
}
