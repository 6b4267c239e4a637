const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];

/**
 * A size for people, as `ls -h` writes it: `1023`, `4.5K`, `310M`, at most five characters. Rounded up, so
 * that what is shown to fit does fit.
 */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return value.toString();
  // Below ten the tenths are shown; what rounds up to ten needs none.
  const tenths = Math.ceil(value * 10);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}${UNITS[unit] ?? ''}`;
  const whole = Math.ceil(value);
  // 1023.5K is no longer 1024K.
  if (whole === 1024 && unit < UNITS.length - 1) return `1.0${UNITS[unit + 1] ?? ''}`;
  return `${whole}${UNITS[unit] ?? ''}`;
}
