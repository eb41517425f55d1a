import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { BadParameterError, describeTiming, timingFigures } from "@x/natslock";

Deno.test("timingFigures() returns the four figures of a 15 s lease", () => {
  assertEquals(timingFigures(15_000), {
    skewTolerated: 1500,
    outageRiddenOut: 15_000 - 1500 - 5000 - 3750 - 1000,
    crashTakeover: 15_500,
    gracefulHandover: 15_500,
  });
});

Deno.test("timingFigures() returns a longer outage for more frequent renewals", () => {
  const often = timingFigures(15_000, { renewEvery: 2000 });
  assert(often.outageRiddenOut > timingFigures(15_000).outageRiddenOut);
});

Deno.test("timingFigures() refuses times that do not fit together", () => {
  assertThrows(() => timingFigures(3000, { renewEvery: 2900 }), BadParameterError, '"renewEvery"');
});

Deno.test("describeTiming() returns the four figures in four lines", () => {
  const text = describeTiming(15_000);
  assertEquals(text.split("\n").length, 4);
  assertStringIncludes(text, "15.50 s");
});

Deno.test("docs/guarantees.md shows what describeTiming() returns", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/guarantees.md", import.meta.url));
  assertStringIncludes(page, describeTiming(15_000).split("\n").map((line) => `// ${line}`).join("\n"));
});
