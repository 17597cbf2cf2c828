/** One datagram to a Unix socket (AF_UNIX, SOCK_DGRAM), by its path or its abstract name: unix(7). */
import { utf8 } from "../model/bytes.ts";
import { MailError } from "../model/errors.ts";

interface UnixAddress {
  readonly transport: "unixpacket";
  readonly path: string;
}

interface DatagramSocket {
  send(bytes: Uint8Array, to: UnixAddress): Promise<number>;
  close(): void;
}

/** The runtime has it only with `--unstable-net`; without that flag it is undefined. */
const { listenDatagram } = Deno as unknown as {
  readonly listenDatagram?: (own: UnixAddress) => DatagramSocket;
};

/**
 * Sends a text to a socket: an absolute path, or `@` and an abstract name. Waits while the receiver has no room.
 * @throws {MailError} `unavailable`
 */
export async function sendDatagram(socket: string, text: string): Promise<void> {
  try {
    if (listenDatagram === undefined) throw new Error("the runtime was started without datagrams");
    // The runtime binds what it opens: an abstract name leaves no file behind.
    const sender = listenDatagram(unixAddress(`@mailctl-${crypto.randomUUID()}`));
    await sender.send(utf8(text), unixAddress(socket)).finally(() => sender.close());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MailError("unavailable", `Cannot send to ${socket}: ${reason}`, { cause });
  }
}

function unixAddress(name: string): UnixAddress {
  return { transport: "unixpacket", path: name.replace(/^@/, "\0") };
}
