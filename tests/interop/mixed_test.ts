// deno-lint-ignore-file no-console
import { assertEquals } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { hindrance } from "../runtimes/attempt.ts";
import { Heard } from "../runtimes/lines.ts";
import type { Told } from "../runtimes/program.ts";
import type { Running } from "../runtimes/running.ts";
import { Kit, RUNTIMES } from "../runtimes/runtimes.ts";

const TTL = 2000;
/** Longest wait for one event, in milliseconds. Starting all runtimes at the same time takes long. */
const PATIENCE = 30_000;

type Term = { readonly name: string; readonly token: number };

const isReady = (told: Told) => told.told === "ready";

/** A candidate in each runtime, all on one key. */
class Ring {
  /** All terms that the candidates reported. */
  readonly terms: Heard<Term> = new Heard();
  /** All failures that the candidates reported. There must be none. */
  readonly failures: Told[] = [];
  readonly #candidates = new Map<string, Running>();

  async add(name: string, starting: Promise<Running>): Promise<void> {
    const running = await starting;
    this.#candidates.set(name, running);
    running.told.each((told) => {
      if (told.told === "elected") this.terms.add({ name, token: told.token });
      if (told.told === "failed") this.failures.push(told);
    });
    await running.told.find(isReady, { timeout: PATIENCE });
  }

  async kill(name: string): Promise<void> {
    await this.#candidates.get(name)?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#candidates.values()].map((running) => running.kill()));
  }
}

const reason = await hindrance(() => Promise.all(RUNTIMES.map(({ install }) => install())));
if (reason !== null) console.log(`A candidate in each runtime: skipped, ${reason}`);

Deno.test({
  name: "Candidates in all runtimes share a key: each leads after the others were killed, and a page sees every term",
  ignore: reason !== null,
  fn: async () => {
    await using kit = new Kit();
    await using server = await NatsServer.start();
    await using ring = new Ring();
    const place = { url: server.url, bucket: "mixed", ttl: TTL };
    const page = await (await kit.browser()).open({ act: "observe", ...place }, "page");
    await page.told.find(isReady, { timeout: PATIENCE });
    await Promise.all(
      RUNTIMES.map((runtime) =>
        ring.add(runtime.name, runtime.start({ act: "campaign", name: runtime.name, ...place }, kit))
      ),
    );
    const left = new Set(RUNTIMES.map(({ name }) => name));
    for (let last = 0; left.size > 0;) {
      const { name, token } = await ring.terms.find((term) => term.token > last, { timeout: PATIENCE });
      console.log(`  term ${token}: ${name} leads and is killed`);
      await ring.kill(name);
      left.delete(name);
      last = token;
    }
    const terms = ring.terms.all.toSorted((a, b) => a.token - b.token);
    const isLast = (told: Told) => told.told === "observed" && told.token === terms.at(-1)?.token;
    await page.told.find(isLast, { timeout: PATIENCE });
    const seen = page.told.all.flatMap((told) => told.told === "observed" && told.token ? [told] : []);
    assertEquals(seen.map(({ name, token }) => ({ name: name ?? "", token: token ?? 0 })), terms);
    assertEquals(ring.failures, []);
  },
});
