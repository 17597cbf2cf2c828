/** Preloaded into the program: how it stretches passwords is not what a test is about. */
import { stretchQuickly } from "./quick_argon2id.ts";

stretchQuickly();
