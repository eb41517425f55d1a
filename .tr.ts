import { Run } from "./tests/sim/run.ts";
const lines: string[] = [];
const o = await new Run(1800057903, { trace: (l) => lines.push(l) }).outcome();
console.log(lines.slice(-150).join("\n"));
console.log(o.broken, o.faults);
