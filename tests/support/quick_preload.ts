/** Preloaded into the program: passwords are stretched, and RSA keys made, quickly. */
import { stretchQuickly } from "./quick_argon2id.ts";
import { makeKeysQuickly } from "./quick_rsa.ts";

stretchQuickly();
makeKeysQuickly();
