/** What a service manager is told: a socket as systemd gives its units, and what arrives there. */
import { deadline } from "./person.ts";

/** Runs apart, because the tests' own runtime has no datagrams. */
const program = new URL("notify_child.ts", import.meta.url).pathname;

export class NotifySocket implements AsyncDisposable {
  /** A path, or `@` and an abstract name: the value of NOTIFY_SOCKET. */
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  #unread = "";

  private constructor(name: string, child: Deno.ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async listen(name: string): Promise<NotifySocket> {
    const flags = ["--quiet", "--no-check", "--no-prompt", "--no-config", "--unstable-net"];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, "--allow-net", "--allow-read", "--allow-write", program, name],
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const socket = new NotifySocket(name, child);
    if (await socket.next() !== "listening") throw new Error("nothing listens");
    return socket;
  }

  /** Waits for the next message. */
  async next(): Promise<string> {
    while (!this.#unread.includes("\n")) {
      const { value, done } = await deadline(this.#output.read(), 60_000, "no notification came");
      if (done) throw new Error("the socket was closed");
      this.#unread += value;
    }
    const [line = ""] = this.#unread.split("\n", 1);
    this.#unread = this.#unread.slice(line.length + 1);
    return JSON.parse(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    await this.#output.cancel();
    await this.#child.status;
  }
}
