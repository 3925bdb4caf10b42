const EXACT = new Intl.NumberFormat("en-GB");
const HUMAN = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });
const BYTE_UNITS = ["bytes", "KB", "MB", "GB", "TB", "PB"];

/** `1,234,567`; beyond 2^53, where the last digits are not known here, `about 9,007,199,254,740,994`. */
export function exactCount(count: number): string {
  return Math.abs(count) > Number.MAX_SAFE_INTEGER ? `about ${EXACT.format(count)}` : EXACT.format(count);
}

/** `1.2M`; below ten thousand the exact number. */
export function humanCount(count: number): string {
  return Math.abs(count) < 10_000 ? EXACT.format(count) : HUMAN.format(count);
}

/** `1.2 GB`, of 1,000 as plans and bills have them. */
export function humanBytes(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || amount >= 100 ? 0 : amount >= 10 ? 1 : 2;
  return `${amount.toLocaleString("en-GB", { maximumFractionDigits: digits })} ${BYTE_UNITS[unit] ?? ""}`;
}

/** A mark of a chart's axis, where room is short: `5K`, `0`. */
export function axisCount(count: number): string {
  return HUMAN.format(count);
}

/** The same of bytes: `20 MB`, `0`. */
export function axisBytes(bytes: number): string {
  return bytes === 0 ? "0" : humanBytes(bytes);
}

/** `1,234 bytes`. */
export function exactBytes(bytes: number): string {
  return `${exactCount(bytes)} bytes`;
}

/** `1 event`, `2 events`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${humanCount(count)} ${noun(count, singular, plural)}`;
}

/** `event`, `events`: what a number that stands apart counts. */
export function noun(count: number, singular: string, plural = `${singular}s`): string {
  return count === 1 ? singular : plural;
}

/** `12 %`, `0.4 %`. What is not nothing, or not all, is never rounded to it: `< 0.1 %`, `99.9 %`. */
export function percent(share: number): string {
  const value = share * 100;
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size > 0 && size < 0.1) return `${sign}< 0.1 %`;
  if (size > 99.9 && size < 100) return `${sign}> 99.9 %`;
  const digits = value !== 0 && (size < 10 || (size >= 99.5 && size < 100)) ? 1 : 0;
  return `${value.toLocaleString("en-GB", { maximumFractionDigits: digits })} %`;
}
