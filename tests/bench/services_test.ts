import { assertEquals } from "@std/assert";
import { isInstalled } from "../helpers/apt.ts";

for (const [program, wanted] of [[Deno.execPath(), true], ["no-such-program", false]] as const) {
  Deno.test(`isInstalled reports ${wanted} for a program that is ${wanted ? "there" : "missing"}`, async () => {
    assertEquals(await isInstalled(program), wanted);
  });
}
