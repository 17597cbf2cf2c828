/** Writes the attachments of an opened message into a folder. */
import { attachmentsOf } from "../../client/reading/attachment.ts";
import { burnsWhenRead } from "../../client/reading/burn.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { fileNameOf, type MessageFile } from "../../mime/attachments.ts";
import { parseParts } from "../../mime/parse.ts";
import { withRoles } from "../../mime/role.ts";
import { harmlessName, makeFolderFor, writeFreeFile } from "./new_file.ts";

type Saved = Pick<MessageFile, "name" | "content">;

/**
 * Writes every attachment into a folder, which is made if need be, and returns their paths; of a message that burns
 * also its text, which nothing shows again.
 */
export async function saveAttachments(message: OpenedMessage, folder: string): Promise<string[]> {
  await makeFolderFor(folder);
  const paths: string[] = [];
  for await (const { name, content } of savedOf(message)) {
    paths.push(await writeFreeFile(folder, harmlessName(name), content));
  }
  return paths;
}

async function* savedOf(message: OpenedMessage): AsyncGenerator<Saved> {
  if (!burnsWhenRead(message)) return yield* attachmentsOf(message);
  let number = 0;
  for await (const { part, content, role } of withRoles(parseParts(message.source()))) {
    if (role !== "body") yield { name: fileNameOf(part, ++number), content };
    else yield { name: part.type === "text/html" ? "body.html" : "body.txt", content };
  }
}
