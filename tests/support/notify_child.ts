/**
 * Listens on a socket as a service manager does, and prints what comes as JSON, a line each:
 *
 *     deno run --unstable-net notify_child.ts NAME
 */

interface Datagrams extends AsyncIterable<[Uint8Array, unknown]> {
  close(): void;
}

const { listenDatagram } = Deno as unknown as {
  listenDatagram(own: { transport: "unixpacket"; path: string }): Datagrams;
};

const [name = ""] = Deno.args;
const socket = listenDatagram({ transport: "unixpacket", path: name.replace(/^@/, "\0") });
print("listening");
for await (const [bytes] of socket) print(new TextDecoder().decode(bytes));

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(text)}\n`));
}
