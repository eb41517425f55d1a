/** `natslock completion`, which prints a script for a shell, and `natslock complete`, which that script calls. */

import { Argument, type Command } from "commander";
import { example } from "./flags.ts";

/** Adds both commands. */
export function addCompletion(program: Command): void {
  const shells = ["bash", "zsh", "fish", "powershell"];
  const completion = program.command("completion")
    .description(`Print shell completion (${shells.join(", ")})`)
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .action(async (shell: string) => {
      const { SCRIPTS } = await import("./completion_scripts.ts");
      const { print } = await import("./print.ts");
      if (SCRIPTS[shell] !== undefined) return await print(SCRIPTS[shell]);
      (await import("@bomb.sh/tab")).script("powershell", program.name(), program.name());
    });
  example(completion, 'eval "$(natslock completion bash)"');
  program.command("complete", { hidden: true })
    .description("Print what can follow the words after --")
    .argument("[words...]", "the words after natslock; the last one is at the cursor")
    .action(async (words: string[]) => {
      const { completionOf } = await import("./completion.ts");
      const { print } = await import("./print.ts");
      const { candidates, files } = await completionOf(program, words);
      const lines = candidates.map(({ value, meaning }) => `${value}\t${meaning}`);
      await print([...lines, files ? ":0" : ":4"].join("\n"));
    });
}
