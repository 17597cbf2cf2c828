/** What can be killed, and is started again. */
import type { Cluster, Node } from "./cluster.ts";
import { answers, pause, say } from "./programs.ts";

/** Shorter and longer than what Patroni waits before it makes the standby the primary. */
const lostForMs = { least: 2_000, more: 40_000 };

export class Victims {
  readonly #cluster: Cluster;
  readonly #counts = new Map<string, number>();
  /** Resolves when the node that was lost last is started again. */
  #away: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Kills something at random, and has it back at once or soon. */
  async killOne(): Promise<void> {
    const kinds = [
      ...Array<() => Promise<void>>(4).fill(() => this.#killServer()),
      () => this.#drainServer(),
      () => this.#killBalancer(),
      ...Array<() => Promise<void>>(2).fill(() => this.#crash()),
      () => this.#lose(),
    ];
    await pick(kinds)();
  }

  /** How often what was killed. */
  summary(): string {
    return [...this.#counts].map(([what, count]) => `${count} x ${what}`).join(", ");
  }

  /** Waits until everything is there again. */
  async heal(): Promise<void> {
    await this.#away;
    const { programs, servers } = this.#cluster;
    for (const node of this.#cluster.nodes) {
      await programs.until(() => this.#cluster.isSafe(), node.name);
    }
    for (const { name, metrics } of servers) {
      await programs.until(() => answers(metrics, "/health"), name);
    }
  }

  async #killServer(): Promise<void> {
    const { name } = pick(this.#cluster.servers);
    this.#count("mailctl", name);
    (await this.#cluster.programs.stop(name, "SIGKILL"))();
  }

  async #drainServer(): Promise<void> {
    const { name } = pick(this.#cluster.servers);
    this.#count("mailctl, by SIGTERM", name);
    (await this.#cluster.programs.stop(name, "SIGTERM"))();
  }

  async #killBalancer(): Promise<void> {
    this.#count("HAProxy");
    (await this.#cluster.programs.stop("haproxy", "SIGKILL"))();
  }

  /** Patroni starts it again, or makes the other the primary. */
  async #crash(): Promise<void> {
    const victim = await this.#node();
    if (victim === null || !await this.#cluster.crash(victim.node)) return;
    this.#count(`PostgreSQL, ${victim.role}`, victim.node.name);
  }

  async #lose(): Promise<void> {
    const victim = await this.#node();
    if (victim === null) return;
    this.#count(`PostgreSQL and Patroni, ${victim.role}`, victim.node.name);
    const startAgain = await this.#cluster.lose(victim.node);
    this.#away = pause(lostForMs.least + Math.random() * lostForMs.more).then(startAgain);
  }

  /** One that may be lost; the primary more often. Null: none may. */
  async #node(): Promise<{ readonly node: Node; readonly role: string } | null> {
    const primary = await this.#cluster.primary();
    if (primary === null || !await this.#cluster.isSafe()) return null;
    const node = Math.random() < 0.5 ? primary : pick(this.#cluster.nodes);
    return { node, role: node === primary ? "primary" : "standby" };
  }

  #count(what: string, name = ""): void {
    say(`# ${new Date().toISOString().slice(11, 19)} kill ${what} ${name}`.trimEnd());
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(Math.random() * from.length)]!;
}
