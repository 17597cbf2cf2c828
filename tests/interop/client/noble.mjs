/** What Node.js itself does not have, of packages that share no code with mailctl. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url); // as `require`, no other runtime looks for them

export const { argon2id } = require("@noble/hashes/argon2.js");
export const { ed25519, x25519 } = require("@noble/curves/ed25519.js");
export const { chacha20poly1305 } = require("@noble/ciphers/chacha.js");
export const { ml_kem768: mlKem768 } = require("@noble/post-quantum/ml-kem.js");
export const { ml_kem768_x25519: hybridKem } = require("@noble/post-quantum/hybrid.js");
export const { bech32 } = require("@scure/base");
