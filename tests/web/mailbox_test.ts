/** The page as most use it. */
import { inChromium } from "./in_chromium.ts";
import { useMailbox } from "./mailbox_steps.ts";

inChromium("the page", { "a mailbox": useMailbox });
