/**
 * Three accounts with three machines each, chance, crashes, and a server that withholds: the real keyring and the real
 * numbers. Nothing is ever missing that was not withheld or lost, and all that was is missing, but the newest of a pair.
 */
import assert from "node:assert/strict";
import type { Client } from "../../../../src/client/connection/client.ts";
import { addMissing, type Contact } from "../../../../src/client/correspondents/contacts.ts";
import { Keyring, type RingUpdate } from "../../../../src/client/correspondents/keyring.ts";
import {
  closeGaps,
  excuseCopies,
  giveNumbers,
  lowestOpen,
  noteMessages,
  numberingFor,
  wasSeen,
} from "../../../../src/client/correspondents/numbered_contacts.ts";
import type { Gap, GapState } from "../../../../src/client/correspondents/gaps.ts";
import { isIn } from "../../../../src/client/correspondents/number_ranges.ts";
import type { ListMark } from "../../../../src/client/list_mark.ts";
import { succession } from "../../../../src/model/account.ts";
import { type Address, asAddress } from "../../../../src/model/address.ts";
import { newestTag, versionOf } from "../../../../src/model/keyring.ts";
import type { Numbering } from "../../../../src/model/message.ts";
import type { RequestOf } from "../../../../src/wire/operations.ts";
import {
  answer,
  changed,
  emptyRing,
  filledPrint,
  type KeptRing,
  ringKey,
} from "../../../support/ring_server.ts";

const names = ["alice", "bob", "carol"].map((name) => asAddress(`${name}@x.test`));
const hour = 3_600_000;

interface Copy extends Numbering {
  readonly id: number;
  readonly from: Address;
  readonly to: Address;
  readonly number: number;
  readonly deliverAt: number;
  readonly expiresAt: number;
  readonly mayNotCome: boolean;
  isKnown: boolean;
  /** The server shows it to nobody. */
  isWithheld: boolean;
  isGone: boolean;
}

interface State {
  readonly rings: Map<Address, KeptRing>;
  copies: Copy[];
}

/** Chance that a test can repeat (mulberry32). */
function chanceOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

class World {
  readonly chance: () => number;
  now = 1_000_000;
  state: State = {
    rings: new Map(names.map((name) => [name, emptyRing])),
    copies: [],
  };
  backup: State | null = null;
  /** Numbers by pair that were withheld, or lost with a backup. */
  readonly lost = new Set<string>();
  /** Numbers by pair that a machine of the reader has noted. */
  readonly seen = new Set<string>();
  /** What a restore lost. */
  readonly lostCopies: Copy[] = [];
  nextId = 1;
  /** What was withheld, and not yet to go, whenever it was looked. */
  expiring = 0;

  constructor(seed: number) {
    this.chance = chanceOf(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.chance() * items.length)]!;
  }

  visible(to: Address): Copy[] {
    return this.state.copies.filter((copy) =>
      copy.to === to && !copy.isWithheld && !copy.isGone && copy.deliverAt <= this.now
    );
  }

  /** What has its time comes, or goes. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (const copy of this.state.copies) {
      if (copy.expiresAt <= this.now && !copy.isKnown) copy.isGone = true;
    }
  }

  save(): void {
    this.backup = structuredClone(this.state);
  }

  restore(): void {
    if (this.backup === null) return;
    const kept = new Set(this.backup.copies.map(({ id }) => id));
    for (const copy of this.state.copies.filter(({ id }) => !kept.has(id))) {
      this.lost.add(keyOf(copy));
      if (!copy.isGone) this.lostCopies.push(copy);
    }
    this.state = structuredClone(this.backup);
    this.pass(hour); // nobody restores twice in the same moment
    for (const [name, ring] of this.state.rings) {
      this.state.rings.set(name, { ...ring, restoredAt: this.now });
    }
  }
}

class Machine {
  readonly world: World;
  readonly owner: Address;
  #mark: ListMark = [];

  constructor(world: World, owner: Address) {
    this.world = world;
    this.owner = owner;
  }

  async ring(): Promise<Keyring> {
    const { state } = this.world;
    const client = {
      call: (_: string, known: RequestOf<"keyring">) =>
        Promise.resolve(answer(state.rings.get(this.owner)!, known)),
      change: (_: string, update: RingUpdate) =>
        Promise.try(() => {
          this.store(update);
          return {};
        }),
    } as unknown as Client;
    const note = (mark: ListMark) => {
      if (versionOf(mark) > versionOf(this.#mark)) this.#mark = mark;
      return Promise.resolve();
    };
    const own = { fingerprint: filledPrint(names.indexOf(this.owner)), earlier: [] };
    const options = { client, own, key: ringKey, seen: this.#mark, note, tell: () => {} };
    const keyring = await Keyring.open(
      answer(state.rings.get(this.owner)!, { known: newestTag(this.#mark) }),
      options,
    );
    if (keyring.isOwed) await keyring.putBack();
    return keyring;
  }

  /** As the server does it. @throws {MailError} `keyring_changed` */
  store(update: RingUpdate): void {
    const { rings } = this.world.state;
    rings.set(this.owner, changed(rings.get(this.owner)!, update));
  }

  /** With a meanwhile: what another machine does after the ring was opened. */
  async send(to: Address, meanwhile: () => Promise<void>): Promise<void> {
    const { world, owner } = this;
    const { chance, now } = world;
    const ring = await this.ring();
    await meanwhile();
    const kind = chance();
    const deliverAt = kind < 0.1 ? now + Math.floor(chance() * 5 * hour) : now;
    const expiresAt = kind > 0.9 ? deliverAt + 12 * hour : Infinity;
    const terms = expiresAt < Infinity
      ? { due: 0, expires: expiresAt }
      : deliverAt > now
      ? { due: deliverAt, expires: 0 }
      : null;
    await ring.change((contacts) => {
      addMissing(contacts, [[to, filledPrint(names.indexOf(to))]], now);
      giveNumbers(contacts, [to], terms, { now, restoredAt: ring.restoredAt });
      return true;
    }, async (update, contacts) => {
      await Promise.resolve();
      this.store(update);
      const id = world.nextId++;
      const copy = { id, from: owner, to, deliverAt, expiresAt, mayNotCome: terms !== null };
      const fresh = { isKnown: false, isWithheld: false, isGone: false };
      world.state.copies.push({
        ...copy,
        ...structuredClone(numberingFor(contacts.get(to)!)),
        ...fresh,
      });
      return true as const;
    });
  }

  async cancel(): Promise<void> {
    const held = this.world.state.copies.filter(({ from, deliverAt, isGone }) =>
      from === this.owner && deliverAt > this.world.now && !isGone
    );
    if (held.length === 0) return;
    const copy = this.world.pick(held);
    const copies = [{ address: copy.to, number: copy.number }];
    await (await this.ring()).change((contacts) => excuseCopies(contacts, copies));
    if (this.world.chance() < 0.2) return; // killed between the two
    if (copy.deliverAt > this.world.now) copy.isGone = true;
  }

  /** As a list does, with a page of any length. Returns numbers that were refused as shown before. */
  async list(meanwhile: () => Promise<void>): Promise<Copy[]> {
    const page = this.world.visible(this.owner).slice(-1 - Math.floor(this.world.chance() * 5));
    const ring = await this.ring();
    const refused = page.filter((copy) =>
      !copy.isKnown && wasSeen(ring.find(copy.from), copy) && !this.#now(copy).isKnown
    );
    await meanwhile();
    if (this.world.chance() < 0.1) return refused; // killed
    await this.note(ring, page);
    for (const name of names) {
      const lowest = lowestOpen(ring.find(name));
      if (lowest === null) continue;
      for (
        const copy of this.world.visible(this.owner).filter(({ from }) => from === name).reverse()
      ) {
        await this.note(ring, [copy]);
        if (copy.number < lowest) break;
      }
      if (this.world.chance() < 0.1) return refused; // killed
      await ring.change((contacts) => closeGaps(contacts, name, this.world.now));
    }
    return refused;
  }

  /** Keeps summaries and numbers, both or none. */
  async note(ring: Keyring, page: readonly Copy[]): Promise<void> {
    const change = (contacts: Map<Address, Contact>) => {
      const fresh = page.map(({ from }) => [from, filledPrint(names.indexOf(from))] as const);
      const isPinned = addMissing(contacts, fresh, this.world.now);
      return noteMessages(contacts, page, this.world.now) || isPinned;
    };
    const keep = () => {
      for (const copy of page) {
        this.#now(copy).isKnown = true;
        this.world.seen.add(keyOf(copy));
      }
    };
    const isNoted = await ring.change(change, async (update) => {
      await Promise.resolve();
      this.store(update);
      keep();
      return true as const;
    });
    if (!isNoted) keep();
  }

  async deleteUnread(): Promise<void> {
    const there = this.world.visible(this.owner);
    if (there.length === 0) return;
    const copy = this.world.pick(there);
    await this.note(await this.ring(), [copy]);
    if (this.world.chance() < 0.2) return; // killed between the two
    this.#now(copy).isGone = true;
  }

  async missing(): Promise<string[]> {
    return (await this.#gaps("missing")).flatMap(({ from, first, last }) =>
      Array.from(
        { length: last - first + 1 },
        (_, at) => keyOf({ from, to: this.owner, number: first + at }),
      )
    );
  }

  /** Which of these it has as excused. After a restore a range of them is as long as the server is old in seconds. */
  async excused(copies: readonly Copy[]): Promise<string[]> {
    const gaps = await this.#gaps("excused");
    const isExcused = ({ from, to, number }: Copy) =>
      to === this.owner && isIn(gaps.filter((gap) => gap.from === from), number);
    return copies.filter(isExcused).map(keyOf);
  }

  async #gaps(state: GapState): Promise<(Gap & { readonly from: Address })[]> {
    return (await this.ring()).contacts().flatMap(({ address: from, received }) =>
      (received?.gaps ?? []).filter((gap) => gap.state === state).map((gap) => ({ from, ...gap }))
    );
  }

  /** A backup may have put another object in its place. */
  #now(copy: Copy): Copy {
    return this.world.state.copies.find(({ id }) => id === copy.id) ?? copy;
  }
}

function keyOf({ from, to, number }: Pick<Copy, "from" | "to" | "number">): string {
  return `${from} ${to} ${number}`;
}

/** Lets chance act; returns the machines of each account. */
async function live(world: World, steps: number, { withRestores }: { withRestores: boolean }) {
  const machines = names.flatMap((name) => [1, 2, 3].map(() => new Machine(world, name)));
  const other = (machine: Machine) => world.pick(names.filter((name) => name !== machine.owner));
  const nothing = () => Promise.resolve();
  for (let step = 0; step < steps; step++) {
    const machine = world.pick(machines);
    const rival = world.pick(machines.filter(({ owner }) => owner === machine.owner));
    const meanwhile = world.chance() < 0.2
      ? () => (world.chance() < 0.5
        ? rival.send(other(rival), nothing)
        : rival.list(nothing).then(() => {}))
      : nothing;
    const what = world.chance();
    if (what < 0.4) await machine.send(other(machine), meanwhile);
    else if (what < 0.8) {
      const refused = await machine.list(meanwhile);
      assert.deepEqual(refused.map(keyOf), [], `shown for a copy at step ${step}`);
    } else if (what < 0.86) await machine.deleteUnread();
    else if (what < 0.9) await machine.cancel();
    else if (what < 0.94) world.pass(Math.floor(world.chance() * 3 * hour));
    else if (what < 0.97) withhold(world);
    else if (withRestores && (step < 10 || what < 0.975)) world.save();
    else if (withRestores && what < 0.98) world.restore();
    if (step % 50 === 0) await checkAlarms(world, machines, step);
  }
  return machines;
}

function withhold(world: World): void {
  const there = world.state.copies.filter((copy) =>
    !copy.isKnown && !copy.isGone && !copy.isWithheld
  );
  if (there.length === 0) return;
  const copy = world.pick(there);
  copy.isWithheld = true;
  world.lost.add(keyOf(copy));
}

async function checkAlarms(world: World, machines: readonly Machine[], step: number) {
  for (const machine of machines.filter((_, at) => at % 3 === 0)) {
    const wrong = (await machine.missing()).filter((gap) => !world.lost.has(gap));
    assert.deepEqual(wrong, [], `missing at step ${step}, and was not withheld`);
    const withheld = world.state.copies.filter(({ isWithheld, expiresAt }) =>
      isWithheld && expiresAt < Infinity && expiresAt > world.now + succession.slackMs
    );
    world.expiring += withheld.length;
    assert.deepEqual(
      await machine.excused(withheld),
      [],
      `withheld at step ${step} before its time, and excused`,
    );
  }
}

for (const [name, withRestores] of [["", false], [" and backups are restored", true]] as const) {
  Deno.test(`nothing is taken for missing whatever nine machines do${name}, and what is withheld is`, async () => {
    // Ten thousand steps without restores; a longer life withholds more of one pair than a ring keeps ranges for.
    for (const seed of withRestores ? [13, 14, 15, 32] : [1, 2, 3, 4]) {
      const world = new World(seed);
      const machines = await live(world, withRestores ? 800 : 2_500, { withRestores });
      world.pass(48 * hour);
      for (const machine of machines) await machine.ring(); // what it remembers is there again
      for (const machine of machines.filter((_, at) => at % 3 === 0)) {
        for (const to of names.filter((each) => each !== machine.owner)) {
          await machine.send(to, () => Promise.resolve());
        }
      }
      world.pass(48 * hour);
      const nothing = () => Promise.resolve();
      for (const machine of machines) for (let n = 0; n < 10; n++) await machine.list(nothing);
      await checkAlarms(world, machines, -1);
      const told = new Set(
        (await Promise.all(machines.map((machine) => machine.missing()))).flat(),
      );
      const withheld = world.state.copies.filter(({ isWithheld }) => isWithheld)
        .concat(world.lostCopies)
        .filter((copy) => !copy.mayNotCome && !world.seen.has(keyOf(copy)));
      assert.ok(withheld.length > 10 && (withRestores || world.expiring > 10));
      const newest = (copy: Copy) =>
        world.visible(copy.to).filter(({ from }) => from === copy.from).at(-1)!.number;
      for (const copy of withheld.filter((copy) => copy.number < newest(copy))) {
        assert.ok(told.has(keyOf(copy)), `not missed: ${keyOf(copy)}, seed ${seed}`);
      }
    }
  });
}
