/** `natslock bucket check`: reports whether a bucket is safe for locks, and how to fix it. */

import type { BucketProblem } from "@x/natslock";
import { bucketProblems, show } from "@x/natslock/internal";
import type { ServerInfo } from "@nats-io/nats-core";
import { streamOf } from "./bucket_stream.ts";
import { type Advice, adviceOn, fixedFor, fixesFor } from "./bucket_fixes.ts";
import { withConnection } from "./connect.ts";
import { exactly } from "./duration.ts";
import { EXIT } from "./exit.ts";
import { print } from "./print.ts";
import { colours, type ShowFlags } from "./show.ts";

interface Findings {
  readonly bucket: string;
  readonly version: string;
  readonly problems: readonly BucketProblem[];
  readonly advice: readonly Advice[];
}

/**
 * Checks a bucket by the rules of the library and prints the result. Returns exit code 0 if the bucket is fit for
 * locks, else 78.
 */
export async function checkBucket(name: string | undefined, flags: ShowFlags): Promise<number> {
  const bucket = name ?? flags.bucket;
  const findings = await withConnection(flags, async (nc) => {
    const stream = await streamOf(nc, flags, bucket);
    const info: Partial<ServerInfo> = nc.info ?? {};
    const { version = "" } = info;
    const problems = bucketProblems(bucket, stream.config);
    const wrong = new Set(problems.map(({ setting }) => setting));
    return { bucket, version, problems, advice: adviceOn(stream, info).filter(({ setting }) => !wrong.has(setting)) };
  });
  await print(flags.json ? jsonOf(findings) : report(findings));
  return findings.problems.length === 0 ? EXIT.done : EXIT.config;
}

function jsonOf({ bucket, version, problems, advice }: Findings): string {
  const shown = problems.map(({ setting, value, wanted }) => ({ setting, value, wanted }));
  const settings = [...problems, ...advice].map(({ setting }) => setting);
  return JSON.stringify({
    bucket,
    fit: problems.length === 0,
    version,
    problems: shown,
    advice,
    fix: fixesFor(bucket, settings),
  });
}

function report({ bucket, problems, advice }: Findings): string {
  const { green, red, yellow, bold } = colours();
  const fit = problems.length === 0;
  const lines = [`${bold(bucket)}  ${fit ? green("fit for locks") : red("not fit for locks")}`];
  for (const { setting, value, wanted } of problems) {
    lines.push(`  ${red("wrong")}   ${setting}: is ${valueOf(setting, value)}, must be ${wanted}`);
  }
  for (const { setting, why } of advice) lines.push(`  ${yellow("advice")}  ${setting}: ${why}`);
  const fixes = fixesFor(bucket, [...problems, ...advice].map(({ setting }) => setting));
  if (fixes.length > 0) {
    lines.push(
      "",
      fit ? "To improve it:" : "To fix it:",
      ...fixes.map((command) => `  ${command}`),
    );
  }
  const fixed = fixedFor(problems);
  if (fixed.length > 0) {
    lines.push(
      "",
      `An edit cannot fix ${fixed.join(", ")}; create another bucket and switch to it:`,
      "  natslock bucket create NAME",
    );
  }
  return lines.join("\n");
}

/** Settings that the server counts in nanoseconds. */
const TIMES = new Set(["max_age", "duplicate_window", "subject_delete_marker_ttl"]);

const valueOf = (setting: string, value: unknown): string =>
  TIMES.has(setting) && typeof value === "number" ? exactly(value / 1e6) : show(value);
