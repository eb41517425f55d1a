import { assertEquals } from "@std/assert";
import { runs } from "../../tools/programs.ts";

for (const [program, wanted] of [[Deno.execPath(), true], ["no-such-program", false]] as const) {
  Deno.test(`runs() is ${wanted} for a program that is ${wanted ? "there" : "missing"}`, async () => {
    assertEquals(await runs(program), wanted);
  });
}
