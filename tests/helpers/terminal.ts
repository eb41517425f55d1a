/**
 * A terminal with a shell, as a user has it.
 *
 * @module
 */

import pty from "@lydell/node-pty";
import { BY_DENO, environment } from "./cli.ts";

/** Limit of each wait, in milliseconds. */
const LONGEST = 20_000;

/** Runs one line of shell code on its own terminal. */
export class Terminal {
  readonly #pty: pty.IPty;
  readonly #exited: Promise<{ readonly exitCode: number; readonly signal?: number }>;
  #screen = "";
  #changed = () => {};
  #hasExited = false;

  /** Starts `line` in bash. In it, `natslock` is the command line under test. `by` is the program that runs it. */
  constructor(line: string, env: Readonly<Record<string, string>> = {}, by: readonly string[] = BY_DENO) {
    const words = by.map((word) => `'${word}'`).join(" ");
    // In the subshell, Ctrl-C has its default effect after "go" was printed.
    const shell = `natslock() { (trap - INT; echo go; exec ${words} "$@"); }; ${line}`;
    this.#pty = pty.spawn("bash", ["--norc", "-c", shell], {
      cols: 100,
      rows: 30,
      env: environment(env),
    });
    this.#pty.onData((text) => {
      this.#screen += text;
      this.#changed();
    });
    this.#exited = new Promise((resolve) => this.#pty.onExit(resolve));
    this.#exited.then(() => {
      this.#hasExited = true;
      this.#changed();
    });
  }

  /** All output, including escape sequences. */
  get screen(): string {
    return this.#screen;
  }

  /** All output as text, without escape sequences. */
  get text(): string {
    // deno-lint-ignore no-control-regex
    return this.#screen.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
  }

  /** Types `text`. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Resolves when the output matches `wanted`. */
  async shows(wanted: RegExp): Promise<string> {
    const start = performance.now();
    while (!wanted.test(this.text)) {
      const left = LONGEST - (performance.now() - start);
      if (left <= 0 || this.#hasExited) throw new Error(`The terminal never showed ${wanted}:\n${this.text}`);
      await this.#change(left);
    }
    return this.text;
  }

  /** Resolves to the exit code of the shell. */
  async ended(): Promise<number> {
    const start = performance.now();
    while (!this.#hasExited) {
      const left = LONGEST - (performance.now() - start);
      if (left <= 0) throw new Error(`The terminal does not end:\n${this.text}`);
      await this.#change(left);
    }
    return (await this.#exited).exitCode;
  }

  /** Kills the shell. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasExited) this.#pty.kill("SIGKILL");
    await this.#exited;
  }

  async #change(longest: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((done) => {
      this.#changed = done;
      timer = setTimeout(done, longest);
    });
    clearTimeout(timer);
  }
}
