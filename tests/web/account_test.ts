/** An account on the page, from signing in to its end. */
import { useAccount } from "./account_steps.ts";
import { inChromium } from "./in_chromium.ts";
import { signInAndOut } from "./sign_in_steps.ts";

inChromium("an account", { "keys and passwords": useAccount, "signing in and out": signInAndOut });
