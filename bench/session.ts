/** Sessions as commands have them: over TLS, logged in with saved keys; and sends that are sealed beforehand. */
import type { OpenAccount } from "../src/client/account.ts";
import type { Client } from "../src/client/connection/client.ts";
import { connect } from "../src/client/connection/connect.ts";
import { enterByDevice, type LoginOptions } from "../src/client/account/log_in.ts";
import { findLogin } from "../src/client/account/saved_logins.ts";
import { OutgoingMessage } from "../src/client/sending/outgoing_message.ts";
import {
  parseRecipients,
  type Recipient,
  resolveRecipients,
} from "../src/client/correspondents/recipients.ts";
import { formatServer } from "../src/client/connection/server_address.ts";
import { type AccountName, asAccountName } from "../src/model/address.ts";
import { concatBytes, randomBytes, utf8 } from "../src/model/bytes.ts";
import { asIdempotencyKey } from "../src/model/digests.ts";
import type { RequestOf } from "../src/wire/operations.ts";

export type SendRequest = RequestOf<"send">;

/** What a session is opened with; unlike `LoginOptions` it can be told to a Worker. */
export type SavedLogin = Pick<LoginOptions, "state" | "server" | "name">;

/** A logged-in session, and the account it is logged in to. */
export interface Session {
  readonly client: Client;
  readonly account: OpenAccount;
}

/** Opens a session with a saved login. */
export async function openSession({ state, server, name }: SavedLogin): Promise<Session> {
  const login = (await findLogin(state.folder, formatServer(server), asAccountName(name)))!;
  const client = connect({ state, server });
  return { client, account: await enterByDevice(client, login) };
}

/** Seals so many short messages to one recipient, ready to be sent. */
export async function sealSends(
  { client, account }: Session,
  recipient: AccountName,
  count: number,
): Promise<SendRequest[]> {
  const addressed = parseRecipients({ to: [recipient], cc: [], bcc: [] });
  const { found } = await client.call("lookUp", { names: [recipient] });
  const recipients = await resolveRecipients(addressed, account, found);
  const requests: SendRequest[] = [];
  while (requests.length < count) requests.push(await sealSend(account, recipients));
  return requests;
}

/** Sends an account so many short messages from itself. */
export async function fillMailbox(login: SavedLogin, count: number): Promise<void> {
  const session = await openSession(login);
  try {
    for (const send of await sealSends(session, asAccountName(login.name), count)) {
      await session.client.call("send", send);
    }
  } finally {
    session.client.close();
  }
}

/** Does what src/client/send.ts does, but for sending it. The body comes to about 2 KiB. */
async function sealSend(account: OpenAccount, recipients: Recipient[]): Promise<SendRequest> {
  const body = utf8(`${randomBytes(800).toHex()}\n`.replaceAll(/.{72}/g, "$&\n"));
  const draft = { to: [], cc: [], bcc: [], subject: "A message", body, attachments: [] };
  const thread = { inReplyTo: null, references: [] };
  const message = new OutgoingMessage({
    account,
    draft,
    recipients,
    unknown: [],
    thread,
    now: Date.now(),
  });
  const sealed = concatBytes(await Array.fromAsync(message.sealBody(() => {})));
  const envelopes = await message.sealEnvelopes(new Map());
  return {
    idempotencyKey: asIdempotencyKey(randomBytes(32)),
    contentTag: await message.contentTag(),
    upload: null,
    body: sealed,
    own: envelopes.own,
    keyring: null,
    recipients: recipients.map(({ name, fingerprint }, at) => ({
      name,
      fingerprint,
      envelope: envelopes.recipients[at]!,
    })),
  };
}
