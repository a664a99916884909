/**
 * Whether a JSON number survives as a double: printing the double gives the same decimal value, however spelled.
 * `0.10` and `1e2` do; `12345678901234567890`, `0.1000000000000000055` and `1e400` do not.
 */
export function fitsDouble(literal: string): boolean {
  // No double prints that long, and comparing a megabyte of digits would take its time.
  if (literal.length > 400) return false;
  const value = Number(literal);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return !literal.startsWith('-') && /^[^1-9]*(?:[eE].*)?$/.test(literal);
  return decimal(literal) === decimal(String(value));
}

/** Sign, significant digits and exponent in one spelling. */
function decimal(literal: string): string {
  const [mantissa = '', exponent = '0'] = literal.toLowerCase().split('e');
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace(/^[-+]/, '').split('.');
  const digits = stripTrailingZeros(`${whole}${fraction}`.replace(/^0+/, ''));
  const trailing = `${whole}${fraction}`.length - stripTrailingZeros(`${whole}${fraction}`).length;
  return `${negative ? '-' : ''}${digits}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(trailing)}`;
}

// A loop, because /0+$/ looks at every zero of a long number again and again.
function stripTrailingZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
