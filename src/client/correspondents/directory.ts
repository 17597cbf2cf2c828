/** Looking up who has an account, page by page. */
import {
  type AccountName,
  type Address,
  addressAt,
  localName,
  parseAddress,
} from "../../model/address.ts";
import { compareNames, parsePattern } from "../../model/pattern.ts";
import type { OpenAccount } from "../account.ts";
import type { Client } from "../connection/client.ts";
import type { ReplyOf } from "../../wire/operations.ts";
import { PageBound } from "../page_bound.ts";
import { unexpectedReply } from "../unexpected_reply.ts";

export interface UserQuery {
  /** A name or address, or a pattern with `*` and `?`. */
  readonly pattern: string;
  /** Only those who are logged in now. */
  readonly online: boolean;
}

export interface FoundUser {
  readonly name: AccountName;
  /** `name@domain` */
  readonly address: Address;
  /** Null: the server does not tell. */
  readonly online: boolean | null;
}

/**
 * Finds accounts, in the order of their names. A server that goes round in circles, or on without end, is stopped.
 * @throws {MailError} `denied` where the server does not list; `malformed` for the pattern
 */
export async function* findUsers(
  client: Client,
  account: Promise<OpenAccount>,
  { pattern: text, online }: UserQuery,
): AsyncGenerator<FoundUser, void> {
  const wanted = text.includes("@") ? parseAddress(text) : null;
  const pattern = wanted?.name ?? text;
  const { matches } = parsePattern(pattern);
  const bound = new PageBound();
  let last = "";
  for (let after: AccountName | null = null;;) {
    const asked: Promise<ReplyOf<"directory">> = client.call("directory", {
      pattern,
      online,
      after,
    });
    const { domain } = await account;
    const { accounts, next } = await asked;
    bound.take(accounts.length);
    if (wanted !== null && localName(wanted, domain) === null) return;
    for (const { name, online } of accounts) {
      if (!matches(name) || compareNames(name, last) <= 0) throw unexpectedReply();
      last = name;
      yield { name, address: addressAt(name, domain), online };
    }
    if (next === null) return;
    if (compareNames(next, last) < 0 || next === after) throw unexpectedReply();
    last = after = next;
  }
}
