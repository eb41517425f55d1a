import { assert } from "@std/assert";
import { FAILING, type Kind, LOOKS, TERMS, WRITES } from "./answers.ts";
import { CONTRADICTIONS, DICE } from "./contradictions.ts";
import { PUSHES, SWALLOWING, WATCHES } from "./pushes.ts";
import { CLOSINGS, complaints, rejections } from "./run.ts";
import { VERBS } from "./verbs.ts";

/** How often the sane store answers. */
const MODES: readonly (readonly [title: string, saneEvery: number])[] = [
  ["never sane", Infinity],
  ["sane every second time", 2],
  ["sane every third time", 3],
];

const SANE: Kind = ["all requests: right answers", () => ({})];

const KINDS: readonly Kind[] = [
  SANE,
  ...FAILING,
  ...TERMS,
  ...LOOKS,
  ...WRITES,
  ...CONTRADICTIONS,
  ...SWALLOWING,
  ...PUSHES,
  ...WATCHES,
  ...DICE,
];

for (const kind of KINDS) {
  const [title, script] = kind;
  Deno.test(`Locker on a hostile store: ${title}`, async (t) => {
    const modes = kind === SANE || script().pushes || script().watch ? MODES.slice(0, 1) : MODES;
    for (const verb of VERBS) {
      await t.step(verb.title, async () => {
        const red: string[] = [];
        for (const [often, saneEvery] of modes) {
          for (const closing of CLOSINGS) {
            const found = await complaints(verb, kind, { saneEvery, closing });
            red.push(...found.map((each) => `${each} (${often}, closed ${closing})`));
          }
        }
        red.push(...await rejections());
        assert(red.length === 0, `\n  ${red.join("\n  ")}\n`);
      });
    }
  });
}
