/**
 * Interactive shells on terminals, in which `natslock` is the command line under test.
 *
 * @module
 */

import pty from "@lydell/node-pty";
import { runs } from "../../tools/programs.ts";
import { installDebian } from "./apt.ts";
import { BY_DENO, environment } from "./cli.ts";

/** The shells that have completion of their own. */
export type ShellName = "bash" | "zsh" | "fish";

/** How to start a shell without settings of the user. */
const STARTS: Readonly<Record<ShellName, readonly string[]>> = {
  bash: ["--norc", "--noprofile", "-i"],
  zsh: ["-f", "-i"],
  fish: ["--no-config", "-i"],
};

/** How a shell loads the completion of natslock. */
const LOADS: Readonly<Record<ShellName, string>> = {
  bash: 'eval "$(natslock completion bash)"',
  zsh: 'autoload -Uz compinit && compinit -u && eval "$(natslock completion zsh)"',
  fish: "natslock completion fish | source",
};

/** Limit of each wait, in milliseconds. */
const LONGEST = 20_000;

/**
 * Installs a shell with apt if it is missing. Returns `false` and prints the reason if that is not possible; the test
 * is then skipped.
 */
export async function hasShell(name: ShellName): Promise<boolean> {
  if (await runs(name)) return true;
  const say = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  say(`${name}: trying apt-get`);
  try {
    await installDebian(name);
    if (await runs(name)) return true;
    throw new Error("it does not run");
  } catch (error) {
    say(`SKIPPED: no ${name} (${error instanceof Error ? error.message : error}); install it, such as with apt-get`);
    return false;
  }
}

/** An interactive shell that has loaded the completion. */
export class Shell {
  readonly #pty: pty.IPty;
  readonly #folder: string;
  readonly #exited: Promise<unknown>;
  #screen = "";
  #changed = () => {};

  private constructor(name: ShellName, folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    const path = `${folder}/bin:${Deno.env.get("PATH")}`;
    // A home of its own: shells write their history there.
    const all = environment({ ...env, PATH: path, HOME: folder, PS1: "> ", TERM: "xterm" });
    this.#pty = pty.spawn(name, [...STARTS[name]], { cols: 200, rows: 50, env: all, cwd: `${folder}/work` });
    this.#pty.onData((text) => {
      this.#screen += text;
      this.#changed();
    });
    this.#exited = new Promise((resolve) => this.#pty.onExit(resolve));
  }

  /** Starts a shell in a folder with the given files. Resolves when it has loaded the completion. */
  static async start(name: ShellName, files: readonly string[], env: Readonly<Record<string, string>>): Promise<Shell> {
    const folder = await Deno.makeTempDir({ prefix: "natslock-shell-" });
    for (const sub of ["bin", "work"]) await Deno.mkdir(`${folder}/${sub}`);
    for (const file of files) await Deno.writeTextFile(`${folder}/work/${file}`, "");
    const words = BY_DENO.map((word) => `'${word}'`).join(" ");
    const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
    const script = `#!/bin/sh\nDENO_DIR='${cache}' exec ${words} "$@"\n`;
    await Deno.writeTextFile(`${folder}/bin/natslock`, script, { mode: 0o755 });
    const shell = new Shell(name, folder, env);
    shell.#pty.write(`${LOADS[name]}; echo load''ed\n`);
    await shell.#until(/loaded/);
    return shell;
  }

  /** Types text and a tab. Resolves when what is on the screen since then matches `wanted`. Clears the line. */
  async completes(text: string, wanted: RegExp): Promise<string> {
    this.#screen = "";
    this.#pty.write(`${text}\t`);
    const shown = await this.#until(wanted);
    this.#pty.write("\x15");
    return shown;
  }

  /** Kills the shell. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#pty.kill("SIGKILL");
    await this.#exited;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #until(wanted: RegExp): Promise<string> {
    const start = performance.now();
    for (;;) {
      // deno-lint-ignore no-control-regex
      const text = this.#screen.replace(/\u001b(?:\[[0-9;?>]*[A-Za-z]|[()][A-Z0-9]|[=>]|\][^\u0007]*\u0007)/g, "");
      if (wanted.test(text)) return text;
      const left = LONGEST - (performance.now() - start);
      if (left <= 0) throw new Error(`The shell never showed ${wanted}:\n${text}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((done) => {
        this.#changed = done;
        timer = setTimeout(done, left);
      });
      clearTimeout(timer);
    }
  }
}
