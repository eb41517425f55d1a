/** Numbers of tests that passed, failed and were skipped in a run. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of a run without tests. */
export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

/** Adds two counts. */
export function add(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/**
 * Counts the test cases of a JUnit report. The totals in the head of the report are not used: they do not count skipped
 * cases separately, so skipped cases would count as passed.
 */
export function countJunit(xml: string): Counts {
  return xml.split(/<testcase\b/).slice(1).map(countCase).reduce(add, NONE);
}

function countCase(text: string): Counts {
  const own = text.split("</testcase>", 1)[0] ?? "";
  if (/<(?:failure|error)\b/.test(own)) return { ...NONE, failed: 1 };
  if (/<skipped\b/.test(own)) {
    // Deno also reports tests that --filter excluded as skipped, but without a time.
    return /^[^>]*\stime="/.test(own) ? { ...NONE, skipped: 1 } : NONE;
  }
  return { ...NONE, passed: 1 };
}

/**
 * Makes the counts agree with the exit code. A run can fail outside of every test, for example if a module throws or
 * has a type error. That must count as a failure.
 */
export function reconcile(counts: Counts, code: number): Counts {
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** The last line of the output of `deno task test`. */
export function summaryLine(counts: Counts): string {
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : "";
  return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}
