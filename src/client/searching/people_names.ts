/** The names of people beside their addresses, which stand in the source of a message alone: anybody may write any. */
import { readAddressList } from "../../mime/header/address_list.ts";
import { parseHeader } from "../../mime/header/header.ts";

/** As they were written, decoded. */
export type PeopleNames = Readonly<Record<"from" | "to" | "cc" | "bcc", readonly string[]>>;

export const noNames: PeopleNames = { from: [], to: [], cc: [], bcc: [] };

/** Finds the names in the header of a message, whose beginning is given. */
export function peopleNamesIn(start: Uint8Array): PeopleNames {
  const header = parseHeader(start);
  const names = (field: string) =>
    header.getAllStructured(field)
      .flatMap((text) => readAddressList(text).found.flatMap(({ name }) => name ?? []));
  return { from: names("from"), to: names("to"), cc: names("cc"), bcc: names("bcc") };
}
