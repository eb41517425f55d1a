/** Where the tiny projects are built: the packed library, installed by npm, and the tools beside it. */

import { npm } from "../../tools/npm/install.ts";
import { installed, nodePath } from "../../tools/npm/packages.ts";
import { TemporaryFolder } from "../../tools/temporary_folder.ts";
import { shell, userEnv } from "../runtimes/shell.ts";
import { pack } from "../runtimes/tarball.ts";

const PROJECTS = new URL("projects/", import.meta.url);
const INSTALL = ["install", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"] as const;

/** Time limit of one command, in milliseconds. */
const LONGEST = 120_000;

/** A line of Node.js on which a project can run. */
export type NodeLine = Parameters<typeof nodePath>[0];

/** Where a command of a project runs. */
export interface RunOptions {
  /** Default: 24. */
  readonly node?: NodeLine;
  /** Address of the server, for programs that take a lock there. */
  readonly url?: string;
}

/** A copy of one of the tiny projects. */
export class Project {
  /** Its folder. */
  readonly folder: string;
  /** Folder of the installed package. */
  readonly library: string;

  /** A project in this folder of a workshop. */
  constructor(workshop: string, name: string) {
    this.folder = `${workshop}/${name}`;
    this.library = `${workshop}/node_modules/@x/natslock`;
  }

  /** The command of a script in its `package.json`. */
  async scriptText(name: string): Promise<string> {
    const { scripts } = JSON.parse(await this.read("package.json")) as { readonly scripts: Record<string, string> };
    const command = scripts[name];
    if (command === undefined) throw new Error(`"${this.folder}/package.json" has no script "${name}"`);
    return command;
  }

  /** Runs a script of its `package.json`; resolves to what that printed, and rejects with it if it fails. */
  async script(name: string, options: RunOptions = {}): Promise<string> {
    return await this.run(await this.scriptText(name), options);
  }

  /** Runs a command in its folder, with the tools in its path. */
  async run(command: string, { node = 24, url }: RunOptions = {}): Promise<string> {
    const tools = `${await installed("toolchains")}/node_modules/.bin`;
    const path = [tools, (await nodePath(node)).replace(/\/[^/]+$/, ""), Deno.env.get("PATH")].join(":");
    const env = { ...userEnv(), NO_COLOR: "1", CI: "true", PATH: path, ...url === undefined ? {} : { NATS_URL: url } };
    return await shell(command, { cwd: this.folder, env, limit: LONGEST });
  }

  /** The text of a file. */
  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.folder}/${path}`);
  }
}

let opened: Promise<Workshop> | null = null;

/** A folder in which npm has installed the packed library. The projects are in there, and share it. */
export class Workshop {
  readonly #projects: string;

  private constructor(projects: string) {
    this.#projects = projects;
  }

  /** Installs the tools into the cache. Rejects with the reason if that is not possible. */
  static async prepare(): Promise<void> {
    if (Deno.build.os === "windows") throw new Error("the scripts of the projects are for a POSIX shell");
    await Promise.all([installed("toolchains"), installed("oldCompiler"), nodePath(22), nodePath(24)]);
  }

  /**
   * Packs the library and lets npm install it, once in a process. {@linkcode Workshop.prepare} must have run before. The
   * folder is removed when the process ends.
   */
  static open(): Promise<Workshop> {
    opened ??= Workshop.#open();
    return opened;
  }

  static async #open(): Promise<Workshop> {
    const folder = new TemporaryFolder("toolchains");
    const projects = `${folder.path}/projects`;
    await Deno.mkdir(projects);
    // Programs import the tools by name. What npm installs for the projects is nearer to them, and found first.
    await Deno.symlink(`${await installed("toolchains")}/node_modules`, `${folder.path}/node_modules`);
    const packed = await pack(folder.path);
    await npm(projects, INSTALL, { private: true, dependencies: { "@x/natslock": `file:${packed}` } });
    return new Workshop(projects);
  }

  /** Copies a project. `others` are more files of it: their names, and where they come from. */
  async project(name: string, others: Readonly<Record<string, URL>> = {}): Promise<Project> {
    const project = new Project(this.#projects, name);
    await Deno.mkdir(project.folder, { recursive: true });
    const source = new URL(`${name}/`, PROJECTS);
    const own = (await Array.fromAsync(Deno.readDir(source))).map((entry) => [entry.name, new URL(entry.name, source)]);
    for (const [target, from] of [...own, ...Object.entries(others)] as [string, URL][]) {
      await Deno.copyFile(from, `${project.folder}/${target}`);
    }
    return project;
  }
}
