import { assert } from "@std/assert";
import { FAILING, type Kind, LOOKS, TERMS, WRITES } from "./helpers/hostile_answers.ts";
import { Cell } from "./helpers/hostile_cell.ts";
import { CONTRADICTIONS, PUSHES, SWALLOWING } from "./helpers/hostile_contradictions.ts";
import { TTL } from "./helpers/hostile_store.ts";
import { type Verb, VERBS } from "./helpers/hostile_verbs.ts";

/** How often the store is sane. */
const MODES: readonly (readonly [title: string, saneEvery: number])[] = [
  ["for ever", Infinity],
  ["every second time", 2],
  ["two times of three", 3],
];

/** When the Locker is closed: after some turns of the promise queue, or some ms, or once all is done. */
const CLOSINGS = ["once done", "at once", "after 1.5 s"] as const;
type Closing = typeof CLOSINGS[number];

const SANE: Kind = ["all requests: as they should be", () => ({})];

const KINDS: readonly Kind[] = [
  SANE,
  ...FAILING,
  ...TERMS,
  ...LOOKS,
  ...WRITES,
  ...CONTRADICTIONS,
  ...SWALLOWING,
  ...PUSHES,
];

/** Rejections that nobody handled since the last look. */
const unhandled: string[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  unhandled.push(`unhandled: ${event.reason}`);
});

/** What was rejected and not handled; the runtime tells of it between two tasks. */
async function rejections(): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  return unhandled.splice(0);
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** Does one thing on one hostile store, closes, and returns what is wrong. */
async function complaints(verb: Verb, [, script]: Kind, [saneEvery, closing]: [number, Closing]): Promise<string[]> {
  const cell = new Cell();
  const { before = () => Promise.resolve() } = verb;
  let done = false;
  before(cell).then(() => done = true);
  assert(await cell.drive(() => done), `Cannot begin ${verb.title}: ${[...cell.complaints]}`);
  cell.turn(script(), saneEvery);
  done = false;
  verb.act(cell).then(() => done = true);
  if (closing === "at once") await turns(7).then(() => void cell.close());
  if (closing === "after 1.5 s") cell.after(1500, () => void cell.close());
  if (await cell.drive(() => done)) await finish(cell);
  cell.judgeRate();
  return [...cell.complaints];
}

/** Closes the Locker, and looks a lease length later at what it left behind. */
async function finish(cell: Cell): Promise<void> {
  let [closed, over] = [false, false];
  Promise.all([cell.close(), cell.other.close()]).then(() => closed = true);
  if (!await cell.drive(() => closed)) return;
  cell.after(TTL, () => over = true);
  if (await cell.drive(() => over)) cell.leftovers();
}

for (const kind of KINDS) {
  const [title, script] = kind;
  Deno.test(`Locker on a hostile store: ${title}`, async (t) => {
    const modes = kind === SANE || script().pushes ? MODES.slice(0, 1) : MODES;
    for (const verb of VERBS) {
      await t.step(verb.title, async () => {
        const red: string[] = [];
        for (const [often, saneEvery] of modes) {
          for (const closing of CLOSINGS) {
            const found = await complaints(verb, kind, [saneEvery, closing]);
            red.push(...found.map((each) => `${each} (${often}, closed ${closing})`));
          }
        }
        red.push(...await rejections());
        assert(red.length === 0, `\n  ${red.join("\n  ")}\n`);
      });
    }
  });
}
