/** When imported messages came: a mail program sorts and finds by that, and shows it where a message has no date. */
import { parseDate } from "../../mime/header/date.ts";
import { type Header, parseHeader } from "../../mime/header/header.ts";
import { unfiled } from "../../model/filing.ts";
import { limits } from "../../model/limits.ts";
import type { ImportedMessage } from "./imported_message.ts";

/**
 * Adds when a message came, whose beginning is given: by the store that it was in, else by the newest Received, else by
 * its Date. Nothing has come after `now`.
 */
export function withArrival(
  message: ImportedMessage,
  start: Uint8Array,
  now: number,
): ImportedMessage {
  const header = parseHeader(start.subarray(0, limits.maxHeaderBytes));
  const told = [message.receivedAt ?? null, ...timesIn(header), message.date];
  const internalDate = told.find((at) => at !== null && at > 0 && at <= now) ?? null;
  if (internalDate === null) return message;
  return { ...message, filing: { ...message.filing ?? unfiled, internalDate } };
}

/** The newest Received comes first: each server puts its own above the others. */
function timesIn(header: Header): (number | null)[] {
  const received = header.getAllStructured("received").filter((text) => text.includes(";"));
  const texts = received.map((text) => text.slice(text.lastIndexOf(";") + 1));
  return [...texts, header.getStructured("date") ?? ""].map(parseDate);
}
