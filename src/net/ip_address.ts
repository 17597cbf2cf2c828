/** IP addresses as bytes: 4, or 16 for IPv6. An IPv4 address that is mapped into IPv6 is 4 bytes (RFC 4291 2.5.5.2). */

/** Parses an address without a zone; null for any other text. */
export function parseIpAddress(text: string): Uint8Array | null {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

/** Formats 4 or 16 bytes (RFC 5952). */
export function formatIpAddress(address: Uint8Array): string {
  const bytes = unmapped(address);
  if (bytes.length === 4) return bytes.join(".");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, at) => view.getUint16(2 * at).toString(16));
  return canonicalV6(groups.join(":"))!;
}

/** A network: the first `bits` of an address. */
export interface IpPrefix {
  readonly address: Uint8Array;
  readonly bits: number;
}

/** Parses an address, or an address with `/BITS`, of which there is 1 at least; null for any other text. */
export function parseIpPrefix(text: string): IpPrefix | null {
  const [, host = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseIpAddress(host);
  if (address === null) return null;
  const most = 8 * address.length;
  const bits = digits === undefined ? most : Number(digits);
  return bits >= 1 && bits <= most ? { address, bits } : null;
}

export function isWithin(address: Uint8Array, prefix: IpPrefix): boolean {
  if (address.length !== prefix.address.length) return false;
  return prefix.address.every((byte, at) => {
    const bits = Math.max(0, Math.min(8, prefix.bits - 8 * at));
    return ((byte ^ address[at]!) >> (8 - bits)) === 0;
  });
}

function parseV4(text: string): Uint8Array | null {
  const parts = text.split(".");
  const isWhole = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part));
  return isWhole && parts.every((part) => Number(part) < 256)
    ? Uint8Array.from(parts, Number)
    : null;
}

function parseV6(text: string): Uint8Array | null {
  const canonical = canonicalV6(text);
  if (canonical === null) return null;
  const [before = [], after = []] = canonical.split("::")
    .map((side) => side === "" ? [] : side.split(":"));
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const groups = [...before, ...zeros, ...after].map((group) => parseInt(group, 16));
  return unmapped(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255])));
}

/** Null for what is no IPv6 address. */
function canonicalV6(text: string): string | null {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return null;
  return URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) ?? null;
}

function unmapped(address: Uint8Array): Uint8Array {
  const isMapped = address.length === 16 && address.subarray(0, 10).every((byte) => byte === 0) &&
    address[10] === 255 && address[11] === 255;
  return isMapped ? address.subarray(12) : address;
}
