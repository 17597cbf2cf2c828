/** The settings that all servers of one store have to have, as texts: compared by what they say. */
import { keepSetting } from "../model/retention.ts";
import type { SharedSettings } from "../store/process_store.ts";
import type { ContextOptions } from "./context.ts";

export function sharedSettings(
  { keepMs, maxMessageBytes, quota }: Pick<ContextOptions, "keepMs" | "maxMessageBytes" | "quota">,
): SharedSettings {
  return {
    ...keepSetting(keepMs?.() ?? null),
    quota: bound(quota?.maxBytes, "bytes"),
    "quota-messages": bound(quota?.maxMessages, "messages"),
    "max-message": bound(maxMessageBytes?.(), "bytes"),
  };
}

function bound(value = 0, unit: string): string {
  return value === 0 ? "none" : `${value} ${unit}`;
}
