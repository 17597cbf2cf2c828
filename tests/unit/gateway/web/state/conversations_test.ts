/** Conversations of the page: whole, current, bounded, and without listing everything for each message. */
import assert from "node:assert/strict";
import type { MessageQuery } from "../../../../../src/client/reading/list_messages.ts";
import type { ListedMessage } from "../../../../../src/client/reading/opened_entry.ts";
import { Conversations } from "../../../../../src/gateway/web/state/conversations.ts";
import { entryId } from "../../../../../src/model/ids.ts";
import { limits } from "../../../../../src/model/limits.ts";
import { listedMessage } from "../../../../support/listed_message.ts";

/** A mailbox of two boxes that counts what was listed. */
class Boxes {
  messages: ListedMessage[] = [];
  listed = 0;
  readonly conversations = new Conversations({
    ask: (work) => work({ list: (query) => this.#list(query) }),
  });

  /** Adds a message that answers another one. */
  add(id: number, answers: number | null, more: Partial<ListedMessage> = {}): ListedMessage {
    const inReplyTo = answers === null ? null : `${answers}`;
    const message = listedMessage({ messageId: `${id}`, inReplyTo }, { id: entryId(id), ...more });
    this.messages.unshift(message);
    return message;
  }

  of(id: number, hidden: readonly number[] = []) {
    const message = this.messages.find((each) => each.id === id)!;
    return this.conversations.of(message, ({ id }) => !hidden.includes(id));
  }

  async ids(id: number, hidden?: readonly number[]): Promise<number[]> {
    return (await this.of(id, hidden)).messages.map(({ id }) => id);
  }

  #list({ box, before = Infinity, limit }: MessageQuery) {
    assert.ok(limit <= limits.maxListEntries);
    const messages = this.messages.filter((each) => each.box === box && each.id < before)
      .slice(0, limit);
    this.listed += messages.length;
    return Promise.resolve({ total: 0, unread: 0, messages, more: false });
  }
}

Deno.test("a conversation has what was received and sent, in order, and nothing else", async () => {
  const boxes = new Boxes();
  boxes.add(1, null);
  boxes.add(2, 1, { box: "sent" });
  boxes.add(3, null);
  boxes.add(4, 2);
  boxes.add(5, 2, { outcome: "invalid" });
  assert.deepEqual(await boxes.ids(1), [1, 2, 4]);
  assert.deepEqual(await boxes.ids(4), [1, 2, 4]);
  assert.deepEqual(await boxes.ids(3), [3]);
  assert.deepEqual(await boxes.ids(5), [5]);
  assert.deepEqual(await boxes.ids(1, [1, 2]), [1, 4]);
});

Deno.test("what came since, was read or judged anew, or deleted is seen, at the price of a few entries", async () => {
  const boxes = new Boxes();
  for (let id = 1; id <= 900; id++) boxes.add(id, null);
  boxes.add(901, 1);
  assert.deepEqual(await boxes.ids(1), [1, 901]);
  const before = boxes.listed;
  boxes.add(902, 901);
  boxes.messages = boxes.messages.filter(({ id }) => id !== 901).map((each) =>
    each.id === 1 ? { ...each, readAt: 5, outcome: "verified" } : each
  );
  const { messages } = await boxes.of(902);
  assert.deepEqual(
    messages.map(({ id, readAt, outcome }) => [id, readAt, outcome]),
    [[1, 5, "verified"], [902, null, "signed"]],
  );
  assert.ok(boxes.listed - before < 30, `${boxes.listed - before} entries were listed`);
});

Deno.test("many that came since are all looked at", async () => {
  const boxes = new Boxes();
  boxes.add(1, null);
  assert.deepEqual(await boxes.ids(1), [1]);
  for (let id = 2; id <= 450; id++) boxes.add(id, null);
  boxes.add(451, 2);
  assert.deepEqual(await boxes.ids(451), [2, 451]);
});

Deno.test("a conversation is followed down to its first message, as long as it takes, and no further", async () => {
  for (const isKnown of [false, true]) {
    const boxes = new Boxes();
    const [from, to] = [2_500, 5_000];
    for (let id = 1; id <= to; id++) {
      boxes.add(id, [3_000, 3_100, 4_999].includes(id) ? from : null);
    }
    if (isKnown) assert.deepEqual(await boxes.ids(4_000), [4_000]);
    for (const id of [from, 4_999]) {
      const { messages, isWhole } = await boxes.of(id);
      const ids = messages.map(({ id }) => id);
      assert.deepEqual([ids, isWhole], [[from, 3_000, 3_100, 4_999], true]);
    }
    assert.ok(boxes.listed < 4_500, `${boxes.listed} were listed`);
  }
});

Deno.test("a conversation that goes back further than is looked is said to", async () => {
  const boxes = new Boxes();
  boxes.add(1, null);
  for (let id = 2; id <= limits.maxThreadDepth + 1; id++) boxes.add(id, null);
  const last = limits.maxThreadDepth + 2;
  boxes.add(last, 1);
  const { messages, isWhole } = await boxes.of(last);
  assert.deepEqual([messages.map(({ id }) => id), isWhole], [[last], false]);
  boxes.messages.splice(-2);
  boxes.add(last + 1, last);
  assert.deepEqual(await boxes.ids(last), [last, last + 1]);
});

Deno.test("of a long conversation the nearest are shown, and the others counted", async () => {
  const boxes = new Boxes();
  for (let id = 1; id <= 200; id++) boxes.add(id, 1);
  const most = limits.maxConversationRows;
  for (const [id, earlier] of [[1, 0], [100, 99 - most / 2], [200, 200 - most]] as const) {
    const conversation = await boxes.of(id);
    assert.equal(conversation.messages.length, most);
    assert.ok(conversation.messages.some((each) => each.id === id));
    assert.deepEqual([conversation.earlier, conversation.later], [earlier, 200 - most - earlier]);
  }
});
