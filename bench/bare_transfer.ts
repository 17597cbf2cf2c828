/** What carrying a file costs at least: bare TLS, each byte encrypted once, and a file on disk at the other end. */
import type { Workplace } from "./workplace.ts";

const common = `
const pem = Deno.readTextFileSync(Deno.args[0]);
const block = (label) => new RegExp("-----BEGIN " + label + "-----[^-]*-----END " + label + "-----").exec(pem)[0] + "\\n";
const [, , size] = Deno.args;
const pieceBytes = 256 * 1024;
`;

/** Takes the certificate's file, a file to keep bytes in, and how many come. Tells its port. */
const serverText = `${common}
import fs from "node:fs";
import tls from "node:tls";
const identity = { cert: block("CERTIFICATE"), key: block("PRIVATE KEY"), minVersion: "TLSv1.3" };
const server = tls.createServer(identity, (socket) => {
  socket.setNoDelay(true);
  socket.once("data", (first) => {
    if (first[0] === 2) return fs.createReadStream(Deno.args[1], { highWaterMark: pieceBytes }).pipe(socket);
    const file = fs.openSync(Deno.args[1], "w");
    let count = 0;
    const take = (bytes) => {
      fs.writeSync(file, bytes);
      count += bytes.length;
      if (count < Number(size)) return;
      fs.fsyncSync(file);
      fs.closeSync(file);
      socket.end(first.subarray(0, 1));
    };
    if (first.length > 1) take(first.subarray(1));
    socket.on("data", take);
  });
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

/** Takes the certificate's file, the port, how many bytes, and a file to send; without one it reads. */
const clientText = `${common}
Deno.env.set("DENO_TLS_CA_STORE", "");
const tcp = await Deno.connect({ hostname: "127.0.0.1", port: Number(Deno.args[1]) });
tcp.setNoDelay(true);
const options = { hostname: "127.0.0.1", caCerts: [block("CERTIFICATE")], unsafelyDisableHostnameVerification: true };
const tls = await Deno.startTls(tcp, options);
const name = "AES-GCM";
const key = await crypto.subtle.importKey("raw", new Uint8Array(32), name, false, ["encrypt"]);
const encrypt = async (bytes) => new Uint8Array(await crypto.subtle.encrypt({ name, iv: new Uint8Array(12) }, key, bytes));
const writeAll = async (to, bytes) => { for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at)); };
const piece = new Uint8Array(pieceBytes);
if (Deno.args[3] !== undefined) {
  await writeAll(tls, Uint8Array.of(1));
  const file = await Deno.open(Deno.args[3]);
  let left = Number(size);
  while (left > 0) {
    const count = await file.read(piece);
    const sealed = (await encrypt(piece.subarray(0, count))).subarray(0, left);
    left -= sealed.length;
    await writeAll(tls, sealed);
  }
  await tls.read(piece);
} else {
  await writeAll(tls, Uint8Array.of(2));
  let left = Number(size);
  while (left > 0) {
    const count = await tls.read(piece);
    await writeAll(Deno.stdout, await encrypt(piece.subarray(0, count)));
    left -= count;
  }
}
Deno.exit(0);
`;

/** Programs that send a file of `size` bytes, and read it back, by a server of their own; `close` ends that. */
export async function openBareTransfer(place: Workplace, file: string, size: number) {
  const [server, client] = [`${place.folder}/bare_server.js`, `${place.folder}/bare_client.js`];
  await Deno.writeTextFile(server, serverText);
  await Deno.writeTextFile(client, clientText);
  const pem = `${place.folder}/server/server/keys/self_signed.pem`;
  const listening = place.start(server, [pem, `${place.folder}/bare_file`, `${size}`], "piped");
  const output = listening.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = (await output.read()).value!.trim();
  return {
    send: () => place.start(client, [pem, port, `${size}`, file], "null"),
    read: () => place.start(client, [pem, port, `${size}`], "null"),
    close: async () => {
      listening.kill("SIGTERM");
      await output.cancel();
      await listening.status;
    },
  };
}
