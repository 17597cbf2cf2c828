/** All that comes from packages. Deno, which only checks these files, knows no package.json; Node resolves them. */

// @ts-ignore resolved by Node
export { gcm } from "@noble/ciphers/aes.js";
// @ts-ignore resolved by Node
export { chacha20poly1305 as chachaPoly } from "@noble/ciphers/chacha.js";
// @ts-ignore resolved by Node
export { ed25519, x25519 } from "@noble/curves/ed25519.js";
// @ts-ignore resolved by Node
export { argon2idAsync as argon2id } from "@noble/hashes/argon2.js";
// @ts-ignore resolved by Node
export { expand, extract, hkdf } from "@noble/hashes/hkdf.js";
// @ts-ignore resolved by Node
export { hmac } from "@noble/hashes/hmac.js";
// @ts-ignore resolved by Node
export { sha256 } from "@noble/hashes/sha2.js";
// @ts-ignore resolved by Node
export { sha3_256 as sha3, shake256 } from "@noble/hashes/sha3.js";
// @ts-ignore resolved by Node
export { ml_kem768 as mlKem768 } from "@noble/post-quantum/ml-kem.js";
// @ts-ignore resolved by Node
export { base64nopad, bech32 } from "@scure/base";
