import { assert, assertEquals, assertLess } from "@std/assert";
import { BY_DENO, Running } from "../helpers/cli.ts";
import { withoutComments } from "../project/import_rules.ts";

const CLI = new URL("../../cli/", import.meta.url);

/** Tries of each; the fastest counts, since the machine may be busy. */
const TRIES = 5;

/**
 * What a file needs before it runs: files of the command line, and packages, which are not looked into. Not what it
 * imports when it is used, and not types.
 */
function needed(url: URL, found: Set<string> = new Set()): Set<string> {
  const text = withoutComments(Deno.readTextFileSync(url));
  for (const [, specifier = ""] of text.matchAll(/^(?:im|ex)port (?!type\b)(?:[\w*{}\s,]*? from )?"([^"]+)";/gm)) {
    const next = specifier.startsWith(".") ? new URL(specifier, url) : null;
    const name = next?.href.slice(CLI.href.length) ?? specifier;
    if (found.has(name)) continue;
    found.add(name);
    if (next) needed(next, found);
  }
  return found;
}

Deno.test("natslock loads no command, library, client, table or prompt until it is used", () => {
  const found = needed(new URL("main.ts", CLI));
  assert(found.has("src/program.ts") && found.has("commander"), [...found].join());
  const wrong = [...found].filter((name) =>
    /natslock|@nats-io|inquirer|table|picocolors|run|list|watch|evict/.test(name)
  );
  assertEquals(wrong, []);
});

Deno.test("natslock run loads neither table nor prompt, and one transport when it connects", () => {
  const found = needed(new URL("src/run.ts", CLI));
  assert(found.has("@x/natslock"), [...found].join());
  assertEquals([...found].filter((name) => /transport|inquirer|table|tcp|websocket/.test(name)), []);
});

Deno.test("The command line has no syntax that Node 20 lacks", async () => {
  for await (const { name } of Deno.readDir(new URL("src", CLI))) {
    const text = withoutComments(await Deno.readTextFile(new URL(`src/${name}`, CLI)));
    assert(!/\busing \w+ =/.test(text), `${name} has a "using" declaration`);
  }
});

/** Milliseconds from the start of a process until it connects. */
async function untilRequest(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const began = performance.now();
  const running = new Running(["run", "-s", `127.0.0.1:${listener.addr.port}`, "job", "--", "true"]);
  const connection = await listener.accept();
  const ms = performance.now() - began;
  connection.close();
  listener.close();
  await running[Symbol.asyncDispose]();
  return ms;
}

/** Milliseconds that an empty program of the same runtime takes. */
async function emptyProgram(): Promise<number> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  const [program = "", ...args] = BY_DENO;
  const began = performance.now();
  await new Deno.Command(program, { args: [...args.slice(0, -1), file], stdin: "null" }).output();
  const ms = performance.now() - began;
  await Deno.remove(file);
  return ms;
}

Deno.test("natslock run is at its first request less than 300 ms after an empty program would have ended", async () => {
  const fastest = async (measure: () => Promise<number>) => {
    const times: number[] = [];
    for (let tries = 0; tries < TRIES; tries++) times.push(await measure());
    return Math.min(...times);
  };
  const [empty, request] = [await fastest(emptyProgram), await fastest(untilRequest)];
  assertLess(request - empty, 300, `empty program ${empty} ms, first request after ${request} ms`);
});
