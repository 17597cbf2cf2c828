/** The memory of a bridge that has just been started, by how much mail there is. */
import { SqlConnection } from "../src/store/sqlite/connection.ts";
import { startBridge } from "./imap_bridge.ts";
import { ImapTalk } from "./imap_talk.ts";
import { makeMessage, mboxOf } from "./made_mail.ts";
import { settledResidentBytes } from "./process.ts";
import { print, timed } from "./report.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const many = 100_000;
const imported = 1_000;

/** Prints how much it has once a program is connected, has seen the flags, and, of those that were opened, the headers. */
export async function benchImapMemory(place: Workplace, messages: number): Promise<void> {
  const commands = ["SELECT INBOX", "FETCH 1:* (FLAGS)", "FETCH 1:* (ENVELOPE)"];
  await measure(place, "imap", messages, commands);
  await makeAccount(place, "large");
  const path = `${place.folder}/large.mbox`;
  const texts = Array.from({ length: imported }, (_, at) => makeMessage(at + 1));
  await Deno.writeTextFile(path, mboxOf(texts));
  await place.run(place.program, ["import", path, "--user", "large"]);
  fill(place);
  await measure(place, "large", many, commands.slice(0, 2));
}

async function measure(
  place: Workplace,
  account: string,
  messages: number,
  commands: readonly string[],
): Promise<void> {
  const bridge = await startBridge(place, account);
  try {
    const talk = await ImapTalk.open(bridge.imap);
    print(`\nA new bridge, ${messages.toLocaleString("en")} messages\n`);
    for (const command of commands) {
      const ms = await timed(() => talk.ask(command));
      const mebibytes = (await settledResidentBytes(bridge.pid) / 2 ** 20).toFixed(0);
      print(`  ${command.padEnd(24)}${ms.toFixed(0).padStart(8)} ms, then ${mebibytes} MiB\n`);
    }
    talk.close();
  } finally {
    await bridge.stop();
  }
}

/** Makes many messages of those that are there. */
function fill({ folder }: Workplace): void {
  const database = new SqlConnection(`${folder}/server/server/data/mailctl.db`);
  const { account } = database.one<{ account: number }>(
    "SELECT id AS account FROM account WHERE name = 'large'",
  );
  const columns = `box, sender_id, message_id, stored_at, latest, read_at, charged_to, sealed_bytes,
    envelope_digest, envelope`;
  database.transaction("IMMEDIATE", () => {
    for (let by = imported; by < many; by += imported) {
      database.run(
        `INSERT INTO entry (account_id, id, ${columns}) SELECT account_id, id + ?2, ${columns}
         FROM entry WHERE account_id = ?1 AND box = 'inbox' AND id <= ?3`,
        account,
        by,
        imported,
      );
      database.run(
        `INSERT INTO filing (account_id, id, place, modseq, version, sealed)
         SELECT account_id, id + ?2, place + ?2, modseq + ?2, version, sealed
         FROM filing WHERE account_id = ?1 AND id <= ?3`,
        account,
        by,
        imported,
      );
    }
    database.run(
      `UPDATE mailbox SET next_entry = next_entry + ?2, modseq = modseq + ?2, inbox = inbox + ?2,
         unread = unread + ?2 WHERE account_id = ?1`,
      account,
      many - imported,
    );
  });
  database.close();
}
