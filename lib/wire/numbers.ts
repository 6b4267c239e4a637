/**
 * A decimal number on the wire: 1 to 16 digits and nothing else, at most 2^53-1 (beyond, a number is no
 * longer exact and two ends could disagree about a count). Leading zeros are a number's own affair.
 * Undefined for anything else; `Number()` would take ' 1', '0x10', '1e3' and ''.
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
