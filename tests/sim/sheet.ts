/**
 * A sheet of mutations: its table in Markdown names the seed that detects each of them.
 *
 * @module
 */

import type { Mutation } from "./mutation.ts";
import type { Tally } from "./tally.ts";

/** The result for one mutation. */
export interface Verdict {
  readonly mutation: Mutation;
  /** The first red seed; `null` if there was none. */
  readonly red: Tally["broken"][number] | null;
}

const HEAD = `# Rules turned off

Written by \`deno task mutate\`. Each row is one edit in a copy of \`src/\` that turns a rule off, and a seed that
detects it. The same seeds break no rule in the unchanged source.

| rule | off | file | seed | what is violated | events |
| --- | --- | --- | --- | --- | --- |
`;

/** Mutations that share a table of seeds. */
export class Sheet {
  readonly mutations: readonly Mutation[];
  readonly #file: URL;

  /** `file`: where the table is. */
  constructor(file: URL, mutations: readonly Mutation[]) {
    this.#file = file;
    this.mutations = mutations;
  }

  /** Returns the seeds in the table, by the description of the mutation. */
  async seeds(): Promise<Map<string, number>> {
    const seeds = new Map<string, number>();
    for (const [off, row] of await this.#rows()) {
      const seed = Number(row.split("|")[4]);
      if (seed > 0) seeds.set(off, seed);
    }
    return seeds;
  }

  /** Writes verdicts to the table. Rows of other mutations stay, so that a search can be stopped and continued. */
  async write(verdicts: readonly Verdict[]): Promise<void> {
    const rows = await this.#rows();
    for (const verdict of verdicts) rows.set(verdict.mutation.off, rowOf(verdict));
    const lines = this.mutations.map(({ off }) => rows.get(off)).filter((row) => row !== undefined);
    await Deno.writeTextFile(this.#file, `${HEAD}${lines.join("\n")}\n`);
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", this.#file.pathname] }).output();
  }

  /** Returns the rows of the table, by the description of the mutation. */
  async #rows(): Promise<Map<string, string>> {
    const text = await Deno.readTextFile(this.#file).catch(() => "");
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    return new Map(rows.map((row) => [row.split("|")[2]?.trim() ?? "", row]));
  }
}

function rowOf({ mutation: { rule, off, file }, red }: Verdict): string {
  const found = red ? `${red.seed} | ${red.rule.replaceAll("|", "/")} | ${red.steps}` : "none | not red | ";
  return `| ${rule} | ${off} | \`${file}\` | ${found} |`;
}
