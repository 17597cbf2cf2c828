/** What a machine is called where its owner says nothing: its host name, which its owner chose and knows it by. */
import { limits } from "../../model/limits.ts";

/** Makes a label of a host name, without the domain that it may end in. */
export function hostLabel(hostname: string): string {
  const [name = ""] = hostname.split(".");
  const label = name.replace(/[\p{C}\p{Z}]/gu, "").slice(0, limits.maxLabelCharacters / 2);
  return label === "" ? "mailctl" : label;
}
