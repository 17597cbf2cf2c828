/** What servers gave to prove themselves by, one a line: `host:port fingerprint id secret time`. Never needed. */
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import type { Ticket } from "../../crypto/session/ticket.ts";
import type { ServerFingerprint } from "../../model/digests.ts";
import { limits } from "../../model/limits.ts";
import { readPrivateFile, updatePrivateFile } from "../state_file.ts";

/** Whose ticket it is: that of another key is none. */
export interface TicketServer {
  /** `host:port` */
  readonly address: string;
  readonly fingerprint: ServerFingerprint;
}

/** All that is kept in a state folder; empty where it cannot be read. */
export async function readTickets(folder: string): Promise<string> {
  return await readPrivateFile(ticketsIn(folder)).catch(() => null) ?? "";
}

/** Finds a server's ticket in what was read; null where there is none, or it is no longer to be used. */
export function ticketOf(text: string, server: TicketServer, now: number): Ticket | null {
  const line = text.split("\n").find((line) => line.startsWith(prefix(server)));
  const [id, secret, at] = line?.slice(prefix(server).length).split(" ") ?? [];
  const age = now - Number(at);
  if (!(age >= 0 && age < limits.ticketMs)) return null;
  try {
    const ticket = { id: Uint8Array.fromHex(id!), secret: Uint8Array.fromHex(secret!) };
    return ticket.id.length === 16 && ticket.secret.length === 32 ? ticket : null;
  } catch {
    return null;
  }
}

/** Keeps a ticket in the place of what was kept for the address. @throws {MailError} `cannot_create` */
export async function keepTicket(
  folder: string,
  server: TicketServer,
  { id, secret }: Ticket,
  now: number,
): Promise<void> {
  await updatePrivateFile(ticketsIn(folder), (text) => {
    const lines = (text ?? "").split(/(?<=\n)/);
    const others = lines.filter((line) => line.split(" ")[0] !== server.address);
    return `${others.join("")}${prefix(server)}${id.toHex()} ${secret.toHex()} ${now}\n`;
  });
}

function prefix({ address, fingerprint }: TicketServer): string {
  return `${address} ${formatFingerprint(fingerprint)} `;
}

function ticketsIn(folder: string): string {
  return `${folder}/tickets`;
}
