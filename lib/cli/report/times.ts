const padded = (value: number, digits: number): string => value.toString().padStart(digits, '0');

/** Where the clock on the wall stands (the time zone is TZ's, or the system's): `2026-11-20 14:30`. */
export function localTime(ms: number): string {
  const at = new Date(ms);
  const date = `${padded(at.getFullYear(), 4)}-${padded(at.getMonth() + 1, 2)}-${padded(at.getDate(), 2)}`;
  return `${date} ${padded(at.getHours(), 2)}:${padded(at.getMinutes(), 2)}`;
}

/** The same with its seconds, for where there is room: `2026-11-20 14:30:05`. */
export function localTimeExact(ms: number): string {
  return `${localTime(ms)}:${padded(new Date(ms).getSeconds(), 2)}`;
}
