/** `mailctl queue` */
import { buildCommand } from "@stricli/core";
import type { Spooled } from "../../../client/submission/spool.ts";
import { jsonFlag } from "../../flag.ts";
import { stateFolder } from "../../settings/folders.ts";
import { isoTime, shortTime } from "../../time_format.ts";
import { say, writeJson } from "../../terminal/output.ts";
import type { JsonOf } from "../../schema/schemas.ts";
import { writeTable, writeTabSeparated } from "../../terminal/table.ts";
import { isPersonReading, terminalColumns } from "../../terminal/terminal.ts";
import { host } from "../../host.ts";

interface Flags {
  readonly json: boolean;
}

export const examples = [
  "mailctl queue",
  "mailctl queue --json | jq -r '.queue[].failure.message'",
];

export const command = buildCommand({
  docs: {
    brief: "List mail that sendmail has not sent yet",
    fullDescription:
      "List the messages that `mailctl sendmail` keeps on this machine, oldest first.\n" +
      "The next sendmail sends those that are waiting. Only `mailctl queue flush` tries\n" +
      "those that have failed. `mailctl queue remove` removes a message.\n" +
      "\n" +
      "Off a terminal, each line has these columns, separated by tabs: id, waiting or\n" +
      "failed, time queued (UTC), bytes, tries, recipients, why the last try failed.\n" +
      "If a file of the queue cannot be read, the others are listed, and the exit\n" +
      "status is 74.\n" +
      "\n" +
      "With --json, prints queue.",
  },
  parameters: { flags: { json: jsonFlag } },
  func: listQueue,
});

/** Lists the queue on standard output. @throws {MailError} `io` for the first file that cannot be read, after the others */
export async function listQueue({ json }: Flags): Promise<void> {
  const { Spool } = await import("../../../client/submission/spool.ts");
  const { queue, unread: [first, ...others] } = await new Spool(stateFolder(host.env)).list();
  if (json) await writeJson({ queue: queue.map(spooledJson) });
  else if (!isPersonReading()) {
    await writeTabSeparated(queue.map((spooled) => ({ cells: cellsOf(spooled) })));
  } else if (queue.length > 0) await showTable(queue);
  else if (first === undefined) say("The queue is empty");
  for (const { message } of others) say(message);
  if (first !== undefined) throw first;
}

async function showTable(queue: readonly Spooled[]): Promise<void> {
  const now = host.now();
  const columns = [
    { title: "ID" },
    { title: "State" },
    { title: "Since" },
    { title: "To", flexible: 1 },
    { title: "Last failure", flexible: 2 },
  ];
  const rows = queue.map(({ id, isFailed, queuedAt, recipients, failure }) => ({
    cells: [
      id,
      stateOf(isFailed),
      shortTime(queuedAt, now),
      recipients.join(", "),
      failure?.message ?? "",
    ],
  }));
  await writeTable(columns, rows, terminalColumns());
}

function stateOf(isFailed: boolean): "failed" | "waiting" {
  return isFailed ? "failed" : "waiting";
}

function cellsOf(spooled: Spooled): string[] {
  const { id, isFailed, queuedAt, size, tries, recipients, failure } = spooled;
  return [
    id,
    stateOf(isFailed),
    isoTime(queuedAt) ?? "",
    String(size),
    String(tries),
    recipients.join(","),
    failure?.message ?? "",
  ];
}

function spooledJson(spooled: Spooled): JsonOf<"queue">["queue"][number] {
  const { id, isFailed, queuedAt, size, tries, recipients, failure, user, server } = spooled;
  return {
    id,
    state: stateOf(isFailed),
    queuedAt: isoTime(queuedAt),
    size,
    tries,
    recipients,
    failure,
    user,
    server,
  };
}
