/** `natslock bucket check`: reports whether a bucket is safe for locks, and how to fix it. */

import type { BucketProblem } from "@x/natslock";
import { bucketProblems, settingsOf } from "@x/natslock/internal";
import type { ServerInfo } from "@nats-io/nats-core";
import { streamOf } from "./bucket_stream.ts";
import { type Advice, adviceOn, fixedFor, fixesFor } from "./bucket_fixes.ts";
import { withConnection } from "./connect.ts";
import { EXIT } from "./exit.ts";
import { print } from "./print.ts";
import { holdText, problemText, type QueueTerms, queueTermsOf } from "./queue_terms.ts";
import { colours, type ShowFlags } from "./show.ts";

/** The flags of `natslock bucket check`. */
export interface CheckFlags extends ShowFlags {
  /** The bucket must be for queues, too. */
  readonly queues?: boolean;
}

interface Findings {
  readonly bucket: string;
  readonly version: string;
  readonly problems: readonly BucketProblem[];
  readonly advice: readonly Advice[];
  readonly terms: QueueTerms;
  /** True if the bucket must be for queues. */
  readonly queues: boolean;
}

/**
 * Checks a bucket by the rules of the library and prints the result. Returns exit code 0 if the bucket is fit for
 * locks, and for queues if that is asked, else 78.
 */
export async function checkBucket(name: string | undefined, flags: CheckFlags): Promise<number> {
  const bucket = name ?? flags.bucket;
  const findings = await withConnection(flags, async (nc) => {
    const stream = await streamOf(nc, flags, bucket);
    const info: Partial<ServerInfo> = nc.info ?? {};
    const { version = "" } = info;
    const problems = bucketProblems(bucket, stream.config);
    const wrong = new Set(problems.map(({ setting }) => setting));
    const advice = adviceOn(stream, info).filter(({ setting }) => !wrong.has(setting));
    const terms = queueTermsOf(settingsOf(stream.config, "", version));
    return { bucket, version, problems, advice, terms, queues: flags.queues ?? false };
  });
  await print(flags.json ? jsonOf(findings) : report(findings));
  return isFit(findings) ? EXIT.done : EXIT.config;
}

function isFit({ problems, terms, queues }: Findings): boolean {
  return problems.length === 0 && (terms.problem === null || !queues);
}

function jsonOf({ bucket, version, problems, advice, terms: { maxHold, problem } }: Findings): string {
  const shown = problems.map(fieldsOf);
  const settings = [...problems, ...advice].map(({ setting }) => setting);
  return JSON.stringify({
    bucket,
    fit: problems.length === 0,
    queues: maxHold === null ? { fit: false, ...fieldsOf(problem) } : { fit: true, maxHold },
    version,
    problems: shown,
    advice,
    fix: fixesFor(bucket, settings),
  });
}

const fieldsOf = ({ setting, value, wanted }: BucketProblem) => ({ setting, value, wanted });

function report(findings: Findings): string {
  const { bucket, problems, advice } = findings;
  const { green, red, yellow, bold } = colours();
  const fit = problems.length === 0;
  const lines = [`${bold(bucket)}  ${fit ? green("fit for locks") : red("not fit for locks")}`];
  for (const problem of problems) lines.push(`  ${red("wrong")}   ${problemText(problem)}`);
  lines.push(...queueLines(findings));
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

/** Returns what is said about queues: of a bucket for queues, and where it is asked. */
function queueLines({ terms: { maxHold, problem }, queues }: Findings): string[] {
  const { green, red } = colours();
  if (maxHold !== null) return [`  ${green("queues")}  it is for queues: ${holdText(maxHold)}`];
  if (!queues) return [];
  const next = "natslock bucket create --queues NAME";
  return [
    `  ${red("queues")}  it is not for queues, ${problemText(problem)}`,
    "          make one that is:",
    `            ${next}`,
  ];
}
