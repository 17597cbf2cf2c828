/**
 * What an administrator may ask a running server, as it arrives: JSON. One row a command; each reads its arguments and
 * refuses what is not as it should be. Only the server's own user comes this far.
 */
import { type AccountName, asAccountName } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";

/** For what only another version sends, or does not. */
export const otherVersion = "Use the version of mailctl that the server runs.";

/** The socket's name in the data folder. */
export const adminSocket = "admin.socket";

export const adminRequests = {
  /** Where the server is, for clients. */
  server: () => ({}),
  /** Where its store is. */
  store: () => ({}),
  invite: (given: Given) => ({
    token: given.secret("token"),
    uses: given.whole("uses", 1),
    expiresInMs: given.whole("expiresInMs", 1),
    maxBytes: given.bound("maxBytes") ?? null,
    provisioning: given.switch("provisioning"),
  }),
  invites: (given: Given) => ({ after: given.optionalText("after") }),
  revoke: (given: Given) => ({ ids: given.texts("ids") }),
  users: (given: Given) => ({
    prefix: given.text("prefix"),
    after: given.optionalName("after"),
  }),
  show: (given: Given) => ({ name: given.name("name") }),
  disable: (given: Given) => ({ names: given.names() }),
  enable: (given: Given) => ({ names: given.names() }),
  remove: (given: Given) => ({ names: given.names() }),
  quota: (given: Given) => ({
    name: given.name("name"),
    maxBytes: given.bound("maxBytes"),
    maxMessages: given.bound("maxMessages"),
  }),
  aliasAdd: (given: Given) => ({ alias: given.text("alias"), account: given.text("account") }),
  aliases: (given: Given) => ({ after: given.optionalName("after") }),
  aliasRemove: (given: Given) => ({ aliases: given.texts("aliases") }),
  rotateKey: () => ({}),
  stats: () => ({}),
} as const;

export type AdminCommand = keyof typeof adminRequests;
export type AdminRequest<N extends AdminCommand> = ReturnType<(typeof adminRequests)[N]>;

/** Those that change nothing. */
export const readOnly: ReadonlySet<AdminCommand> = new Set<AdminCommand>([
  "server",
  "store",
  "invites",
  "users",
  "show",
  "aliases",
  "stats",
]);

/** The arguments of a request, each taken out by its name and checked. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>;

  /** @throws {MailError} `malformed` for what is no object */
  constructor(values: unknown) {
    if (typeof values !== "object" || values === null) throw malformed("arguments");
    this.#values = values as Record<string, unknown>;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === "string") return value;
    throw malformed(name);
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
    throw malformed(name);
  }

  optionalText(name: string): string | null {
    return this.#values[name] === null ? null : this.text(name);
  }

  name(name: string): AccountName {
    return asAccountName(this.text(name));
  }

  /** Of accounts. */
  names(): AccountName[] {
    return this.texts("names").map(asAccountName);
  }

  optionalName(name: string): AccountName | null {
    return this.#values[name] === null ? null : this.name(name);
  }

  /** 16 bytes as hexadecimal digits. */
  secret(name: string): string {
    const text = this.text(name);
    if (/^[0-9a-f]{32}$/.test(text)) return text;
    throw malformed(name);
  }

  object(name: string): unknown {
    return this.#values[name];
  }

  switch(name: string): boolean {
    const value = this.#values[name];
    if (typeof value === "boolean") return value;
    throw malformed(name);
  }

  whole(name: string, least: number): number {
    const value = this.#values[name];
    if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
    throw malformed(name);
  }

  /** A bound: undefined where nothing was said, null for the server's, 0 for none. */
  bound(name: string): number | null | undefined {
    const value = this.#values[name];
    return value === undefined || value === null ? value : this.whole(name, 0);
  }
}

function malformed(name: string): MailError {
  const message = `Cannot understand the request: ${name} is missing or wrong`;
  return new MailError("malformed", message, { hint: otherVersion });
}
