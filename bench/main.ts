/** What mailctl costs, each figure beside its floor from the same run: `deno task bench [SECTION...]`. */
import { print } from "./report.ts";
import { inWorkplace, type Workplace } from "./workplace.ts";

const sections: Readonly<Record<string, () => Promise<(place: Workplace) => Promise<void>>>> = {
  "one-shot": async () => (await import("./one_shot.ts")).benchOneShot,
  sends: async () => (await import("./sends.ts")).benchSends,
  list: async () => (await import("./list.ts")).benchList,
  large: async () => (await import("./large.ts")).benchLarge,
  handshakes: async () => (await import("./handshakes.ts")).benchHandshakes,
  smtp: async () => (await import("./smtp.ts")).benchSmtp,
  import: async () => (await import("./import.ts")).benchImport,
  pop3: async () => (await import("./pop3.ts")).benchPop3,
  imap: async () => (await import("./imap.ts")).benchImap,
  page: async () => (await import("./page.ts")).benchPage,
  idle: async () => (await import("./idle.ts")).benchIdle,
  postgres: async () => (await import("./postgres.ts")).benchPostgres,
  peers: async () => (await import("./peers.ts")).benchPeers,
};

const wanted = Deno.args.length > 0 ? Deno.args : Object.keys(sections);
for (const name of wanted) {
  const section = sections[name];
  if (section === undefined) {
    print(`There is no section ${name}: ${Object.keys(sections).join(", ")}\n`);
    Deno.exit(64);
  }
  await inWorkplace(await section());
}
