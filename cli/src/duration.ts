/** Reads and writes durations. */

import { CliError, EXIT } from "./exit.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration in the format of Go and NATS, such as `15s`, `500ms` or `1m30s`. Returns milliseconds. `flag` is
 * the name of the flag in the error message.
 *
 * @throws {CliError} if the text is not a duration
 */
export function duration(text: string, flag: string): number {
  if (text === "0") return 0;
  if (/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)];
    return parts.reduce((sum, [, count, unit = ""]) => sum + Number(count) * (UNITS[unit] ?? NaN), 0);
  }
  const hint = /^\d+$/.test(text) ? `write "${text}s" for seconds` : 'for example "15s", "500ms" or "1m30s"';
  throw new CliError(EXIT.usage, `Cannot use ${flag} "${text}": must be a duration with a unit`, hint);
}

/** Formats a duration in milliseconds as the user writes it, such as `10ms`, `1.5s`, `90s` or `2m`. */
export function exactly(ms: number): string {
  if (ms === 0) return "0";
  const fits = (size: number) => ms >= size && ms % size === 0;
  const [unit, size] = SCALE.find(([, size]) => fits(size)) ?? (ms < 1000 ? ["ms", 1] : ["s", 1000]);
  return `${Number((ms / size).toFixed(3))}${unit}`;
}

const SCALE: readonly (readonly [unit: string, ms: number])[] = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000]];

/** Formats a duration in milliseconds with at most two units, such as `2h5m`, `1m30s` or `0.75s`. */
export function shortly(ms: number): string {
  const at = SCALE.findIndex(([, size]) => ms >= size);
  const [unit, size] = SCALE[at] ?? ["", 1];
  if (unit === "") return `${Number((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))}s`;
  const [nextUnit, nextSize] = SCALE[at + 1] ?? ["s", 1000];
  const rest = Math.floor((ms % size) / nextSize);
  return `${Math.floor(ms / size)}${unit}${rest > 0 ? `${rest}${nextUnit}` : ""}`;
}
