/** What has to work in the tiny projects. */

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { NatsServer } from "../../tools/nats/server.ts";
import { installed } from "../../tools/npm/packages.ts";
import { textsOnlyIn } from "./leftovers.ts";
import type { NodeLine, Project } from "./workshop.ts";

/** One check of a project. The checks of a project run one after the other. */
export type Check = readonly [title: string, run: (project: Project) => Promise<unknown>];

const IN_CHARGE = /^in charge, token \d+\nreleased, leader null\n/;

/** The checks of a bundler. */
export const BUNDLE: readonly Check[] = [
  ["bundles a program", (project) => project.script("build")],
  ["the bundle takes a lock and releases it", (project) => takesLock(project, 24)],
];

/** The bundle of a program that uses a part of the library has only that part. */
export const LEAN_BUNDLE: readonly Check[] = [
  ...BUNDLE,
  ["the bundle of a Locker has nothing of LockManager", async (project) => {
    const bundle = (await project.scriptText("start")).replace("node ", "");
    assertEquals(await leftIn(project, bundle, "locks"), []);
    // Otherwise the check could pass because the bundler writes texts in another way.
    assertNotEquals(await leftIn(project, bundle, "locker"), []);
  }],
];

/** A script of a test runner passes, against a server. */
export const PASSES: Check = ["tests with a bucket in memory and with a server pass", async (project) => {
  await using server = await NatsServer.start();
  await project.script("test", { url: server.url });
}];

/** The compiler accepts the files of a script. */
export function accepts(script: string): Check {
  return [`accepts "${script}"`, (project) => project.script(script)];
}

/** The old compiler accepts the files of a script. */
export function oldAccepts(script: string): Check {
  return [`accepts "${script}"`, async (project) => project.run(await withOldCompiler(project, script))];
}

/** The compiler refuses the files of a script for this mistake, and finds mistakes only in files with this path. */
export function refuses(script: string, path: string, mistake: string): Check {
  return [`refuses "${script}" for ${path}`, async (project) => {
    const found = (await failureOf(project.script(script))).split("\n").filter((line) => /\berror TS\d+/.test(line));
    assertEquals(found.filter((line) => !line.includes(path) || !line.includes(mistake)), []);
    assertNotEquals(found, []);
  }];
}

/** The old compiler refuses the files of a script, and prints this. */
export function oldRefuses(script: string, words: string): Check {
  return [`refuses "${script}"`, async (project) => {
    assertStringIncludes(await failureOf(project.run(await withOldCompiler(project, script))), words);
  }];
}

/** A script fails, and prints this. */
export function fails(script: string, words: string): Check {
  return [`"${script}" fails`, async (project) => {
    assertStringIncludes(await failureOf(project.script(script)), words);
  }];
}

/** A program takes a lock on a server and releases it. */
export function takesLockOn(node: NodeLine): Check {
  return ["a program takes a lock and releases it", (project) => takesLock(project, node)];
}

async function takesLock(project: Project, node: NodeLine): Promise<void> {
  await using server = await NatsServer.start();
  assertMatch(await project.script("start", { node, url: server.url }), IN_CHARGE);
}

async function withOldCompiler(project: Project, script: string): Promise<string> {
  const compiler = `${await installed("oldCompiler")}/node_modules/.bin/tsc`;
  return (await project.scriptText(script)).replace(/^tsc/, compiler);
}

/** The texts of a folder of the library that a bundle contains. */
async function leftIn(project: Project, bundle: string, folder: string): Promise<string[]> {
  const text = await project.read(bundle);
  return (await textsOnlyIn(project.library, folder)).filter((part) => text.includes(part));
}

/** What a command printed that failed; nothing if it did not fail. */
async function failureOf(running: Promise<string>): Promise<string> {
  return await running.then(() => "", String);
}
