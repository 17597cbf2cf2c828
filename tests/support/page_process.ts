/** `mailctl web` in a process of its own, and its page as a program asks for it. */
import assert from "node:assert/strict";
import { ask } from "../web/page_stage.ts";
import type { Person } from "./person.ts";
import { readLines } from "./program.ts";

export class PageProcess implements AsyncDisposable {
  /** Lets one browser in. */
  readonly link: string;
  readonly #child: Deno.ChildProcess;
  readonly #done: Promise<string>;
  #ended = false;
  /** What it wrote to stderr, once it has ended. */
  said = "";

  private constructor(child: Deno.ChildProcess, link: string, done: Promise<string>) {
    this.#child = child;
    this.link = link;
    this.#done = done;
  }

  static start(person: Pick<Person, "home">, ...args: readonly string[]): Promise<PageProcess> {
    return PageProcess.of(person.home.start(["web", ...args]));
  }

  /** The page of a command that was started. @throws {Error} with its stderr where it prints no link */
  static async of(child: Deno.ChildProcess): Promise<PageProcess> {
    const [line = ""] = await readLines(child.stdout, 1);
    const done = new Response(child.stderr).text();
    const [, link = ""] = /^address\t(http:\S+)$/.exec(line) ?? [];
    assert.notEqual(link, "", `${line}${link === "" ? await done : ""}`);
    return new PageProcess(child, link, done);
  }

  /** Ends it; returns the exit status, or 128 and the signal. */
  async end(signal: Deno.Signal): Promise<number> {
    this.#ended = true;
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    this.said = await this.#done;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.end("SIGKILL");
  }
}

/** Uses a link up. */
export function follow(link: string): ReturnType<typeof ask> {
  const { host, pathname, search } = new URL(link);
  return ask(host, { target: pathname + search });
}

/** Lets a program in by a link: where the pages are, and its cookie. */
export async function enter(link: string): Promise<{ base: string; cookie: string }> {
  const { head } = await follow(link);
  const [, cookie = ""] = /^set-cookie: ([^;]+)/im.exec(head) ?? [];
  return { base: link.split("/enter")[0]!, cookie };
}
