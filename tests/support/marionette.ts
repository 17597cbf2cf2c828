/** Mozilla's remote control: scripts run inside a program of theirs, with all of its rights. */

/** A frame is its length in digits, a colon, and so many bytes of JSON. */
export class Marionette {
  readonly #socket: Deno.TcpConn;
  #unread: Uint8Array = new Uint8Array();
  #lastId = 0;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  /** Connects, and speaks to the program itself instead of to a page that it shows. */
  static async open(port: number): Promise<Marionette> {
    const marionette = new Marionette(await Deno.connect({ hostname: "127.0.0.1", port }));
    await marionette.#read(); // a greeting
    await marionette.call("WebDriver:NewSession", { capabilities: {} });
    await marionette.call("Marionette:SetContext", { value: "chrome" });
    await marionette.call("WebDriver:SetTimeouts", { script: 60_000 });
    return marionette;
  }

  /** Runs the body of an async function, whose `args` are these, and returns what it does. */
  async run(body: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const script = `const [args, done] = arguments;
      (async () => {${body}})().then(
        (value) => done({ value: value ?? null }),
        (error) => done({ error: error + "\\n" + error?.stack }),
      );`;
    const { value } = await this.call("WebDriver:ExecuteAsyncScript", { script, args: [args] });
    const outcome = value as { readonly value?: unknown; readonly error?: string } | null;
    if (outcome?.error === undefined) return outcome?.value;
    throw new Error(outcome.error);
  }

  async call(name: string, parameters: unknown): Promise<Readonly<Record<string, unknown>>> {
    const frame = new TextEncoder().encode(JSON.stringify([0, ++this.#lastId, name, parameters]));
    await this.#write(new TextEncoder().encode(`${frame.length}:`));
    await this.#write(frame);
    const [, , error, result] = await this.#read() as [number, number, unknown, unknown];
    if (error !== null) throw new Error(`${name}: ${JSON.stringify(error)}`);
    return result as Readonly<Record<string, unknown>>;
  }

  close(): void {
    this.#socket.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#socket.write(bytes.subarray(at));
  }

  async #read(): Promise<unknown> {
    for (;;) {
      const colon = this.#unread.indexOf(58);
      const end = colon + 1 + Number(new TextDecoder().decode(this.#unread.subarray(0, colon)));
      if (colon > 0 && this.#unread.length >= end) {
        const frame = new TextDecoder().decode(this.#unread.subarray(colon + 1, end));
        this.#unread = this.#unread.slice(end);
        return JSON.parse(frame);
      }
      await this.#fill();
    }
  }

  async #fill(): Promise<void> {
    const bytes = new Uint8Array(16 * 1024);
    const count = await this.#socket.read(bytes);
    if (count === null) throw new Error("the program has closed its remote control");
    const unread = new Uint8Array(this.#unread.length + count);
    unread.set(this.#unread);
    unread.set(bytes.subarray(0, count), this.#unread.length);
    this.#unread = unread;
  }
}
