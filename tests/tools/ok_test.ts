import { assert, assertEquals } from "@std/assert";
import { countJunit, reconcile, summaryLine } from "../../tools/junit.ts";
import { testArguments } from "../../tools/ok.ts";
import { shares, testFiles } from "../../tools/shares.ts";
import { tagProblem } from "../../tools/check_tag.ts";

const REPORT = `<testsuites tests="4"><testsuite name="a">
<testcase name="good" time="0.1">
</testcase>
<testcase name="bad"><failure message="m">&lt;skipped/></failure></testcase>
<testcase name="off" time="0.000"><skipped/></testcase>
<testcase name="also good"></testcase>
</testsuite></testsuites>`;

Deno.test("countJunit counts passed, failed and skipped cases", () => {
  assertEquals(countJunit(REPORT), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("countJunit does not count cases that a filter excluded", () => {
  const report = '<testcase name="other" line="3"><skipped/></testcase>';
  assertEquals(countJunit(report), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("countJunit finds nothing in an empty report", () => {
  assertEquals(countJunit(""), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("reconcile adds a failure to a failed run without a failed test", () => {
  const green = { passed: 3, failed: 0, skipped: 0 };
  assertEquals(reconcile(green, 1), { passed: 3, failed: 1, skipped: 0 });
});

Deno.test("reconcile does not change a run that already counts a failure", () => {
  const red = { passed: 3, failed: 2, skipped: 0 };
  assertEquals(reconcile(red, 1), red);
});

Deno.test("summaryLine omits skipped tests if there are none", () => {
  const line = summaryLine({ passed: 3, failed: 0, skipped: 0 });
  assertEquals(line, "3 passed, 0 failed");
});

Deno.test("summaryLine includes skipped tests if there are some", () => {
  const line = summaryLine({ passed: 3, failed: 1, skipped: 2 });
  assertEquals(line, "3 passed, 1 failed, 2 skipped");
});

Deno.test("testArguments uses only the files that are named", () => {
  const args = ["--", "--filter", "lease", "tests/a_test.ts"];
  assertEquals(testArguments(args), args.slice(1));
});

Deno.test("testArguments adds the default paths if only a filter is given", () => {
  const args = testArguments(["--filter", "lease"]);
  assertEquals(args, ["--filter", "lease", "README.md", "mod.ts", "src", "cli", "tests"]);
});

Deno.test("tagProblem accepts the version with the prefix v", () => {
  assertEquals(tagProblem("v1.2.3", "1.2.3"), undefined);
});

Deno.test("tagProblem refuses the tag of another version", () => {
  const problem = tagProblem("v1.2.4", "1.2.3");
  assertEquals(problem, "tag v1.2.4 is not v1.2.3, the version in deno.json");
});

Deno.test("shares() gives each test file to one step, and each step has some", async () => {
  const files = await testFiles("tests");
  const { measuring, computing, waiting } = shares(files);
  assertEquals([...measuring, ...computing, ...waiting].sort(), files);
  for (const share of [measuring, computing, waiting]) assert(share.length > 1);
  assert(files.includes("tests/tools/ok_test.ts"));
});

Deno.test("shares() lets tests that measure run apart from those that compute, even of one folder", () => {
  assertEquals(shares(["tests/load/race_test.ts", "tests/load/many_test.ts", "tests/store/filter_test.ts"]), {
    measuring: ["tests/load/many_test.ts"],
    computing: ["tests/load/race_test.ts"],
    waiting: ["tests/store/filter_test.ts"],
  });
});
