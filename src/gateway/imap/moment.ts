/** `date-time` of RFC 9051 9, as APPEND has it; a day of one digit may stand without a blank, as programs write it. */
import type { CommandText } from "./command_text.ts";
import { Bad } from "./refusal.ts";

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const written =
  /"([ \d]?\d)-([A-Za-z]{3})-(\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) ([+-])(\d\d)([0-5]\d)"/y;

/** INTERNALDATE has four digits for the year. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Reads a moment as milliseconds since 1970. One before that is 1970: mail whose time nobody knows has midnight of then,
 * in any zone. @throws {Bad} for a day that is none
 */
export function readMoment(text: CommandText): number {
  const found = text.match(written);
  if (found === null) throw text.bad();
  const [day = 0, year = 0, hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0] = [
    found[1],
    found[3],
    found[4],
    found[5],
    found[6],
    found[8],
    found[9],
  ].map(Number);
  const month = months.indexOf(found[2]!.toUpperCase());
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month, day); // not Date.UTC: it takes 99 for 1999
  if (month < 0 || midnight.getUTCDate() !== day) throw new Bad("There is no such day");
  const zone = (found[7] === "-" ? -1 : 1) * (zoneHour * 60 + zoneMinute);
  const ms = midnight.getTime() + ((hour * 60 + minute - zone) * 60 + second) * 1000;
  return Math.min(Math.max(0, ms), latest);
}
