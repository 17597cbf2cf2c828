/**
 * A secret that a server gave to one client: in the handshakes that follow, knowing it proves the server as its RSA key
 * does, for a hundredth of the work. It lets nobody in. WIRE.md 3.6.
 */
import { type Bytes, randomBytes } from "../../model/bytes.ts";
import { fixed, struct, type Value } from "../../wire/fields.ts";
import { deriveKeys } from "../derive.ts";
import { hmacSha256 } from "../hmac.ts";

export const ticketId = fixed(16);
export const ticketLayout = struct({ id: ticketId, secret: fixed(32) });
export type Ticket = Value<typeof ticketLayout>;

/** Computes the secret of the ticket with this id. */
export type TicketSecret = (id: Uint8Array) => Promise<Bytes>;

/** A server keeps nothing of the tickets that it gives out: their secrets come from its private key (PKCS#8). */
export async function ticketSecrets(privateKey: Uint8Array): Promise<TicketSecret> {
  const [key] = await deriveKeys(privateKey, ["mailctl ticket v1"]);
  return (id) => hmacSha256(key!, [id]);
}

export async function makeTicket(secretOf: TicketSecret): Promise<Ticket> {
  const id = randomBytes(16);
  return { id, secret: await secretOf(id) };
}
