/**
 * The examples of documents: their `ts` code blocks, each a program of its own.
 *
 * @module
 */

/** The server address in examples. A run replaces it with the address of its own server. */
const SAMPLE_URL = "ws://127.0.0.1:8080";
const ROOT = new URL("../../", import.meta.url);
/** Limit of one example in milliseconds. */
const LONGEST = 30_000;

/** One example of a document. */
export interface DocExample {
  /** File, number and line of the example, for people. */
  readonly name: string;
  /** Name of its file in an {@linkcode ExampleFolder}. Messages of the type check show it. */
  readonly file: string;
  readonly code: string;
}

/** How a type check or a run ended. */
export interface Ended {
  readonly success: boolean;
  readonly output: string;
}

/** Returns the `ts` code blocks of a text, also those in doc comments. Blocks in other languages are not examples. */
export function examplesOf(path: string, text: string): DocExample[] {
  const plain = text.replaceAll(/^[ \t]*\* ?/gm, "");
  return [...plain.matchAll(/^```ts\b[^\n]*\n([^]*?)^```/gm)].map((match, index) => {
    const line = plain.slice(0, match.index).split("\n").length;
    const name = `${path}, example ${index + 1} (line ${line})`;
    return { name, file: `${path.replaceAll("/", "_")}_${index + 1}.ts`, code: match[1] ?? "" };
  });
}

/** A folder inside the repository, so that its import map applies. It is removed when its block ends. */
export class ExampleFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Writes the examples into a new folder. `url` is the server that they connect to. */
  static async of(examples: readonly DocExample[], url = SAMPLE_URL): Promise<ExampleFolder> {
    const cache = new URL(".cache/", ROOT);
    await Deno.mkdir(cache, { recursive: true });
    const path = await Deno.makeTempDir({ dir: cache.pathname, prefix: "examples-" });
    for (const { file, code } of examples) {
      await Deno.writeTextFile(`${path}/${file}`, code.replaceAll(SAMPLE_URL, url));
    }
    return new ExampleFolder(path);
  }

  /** Type-checks examples of this folder, all at once. */
  check(examples: readonly DocExample[]): Promise<Ended> {
    return ended(["check", "--no-lock", ...examples.map(({ file }) => `${this.#path}/${file}`)], 10 * LONGEST);
  }

  /** Runs an example of this folder as a process, without a type check. It is killed after `longest` milliseconds. */
  run({ file }: DocExample, longest = LONGEST): Promise<Ended> {
    return ended(["run", "-A", "--no-check", "--no-lock", `${this.#path}/${file}`], longest);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path, { recursive: true });
  }
}

async function ended(args: readonly string[], longest: number): Promise<Ended> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const process = command.spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill("SIGKILL");
  }, longest);
  const { success, stdout, stderr } = await process.output();
  clearTimeout(timer);
  const texts = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (isLate) texts.push(`Killed: it did not end within ${longest} ms`);
  return { success, output: texts.join("\n") };
}
