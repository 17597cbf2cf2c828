/** Runs one command line: finds the command, parses, runs, and translates what was thrown, once. */
import {
  type ApplicationText,
  buildApplication,
  buildCommand,
  buildRouteMap,
  type CommandContext,
  run,
  type StricliIntegration,
  text_en as defaultText,
} from "@stricli/core";
import { MailError } from "../model/errors.ts";
import { attachValues, hasSwitch, withDecodedValues } from "./arguments.ts";
import { type CliCommand, commandNames, loadCommand } from "./command.ts";
import { reportFailure } from "./failure.ts";
import { write } from "./output.ts";
import { argumentError, unknownCommand } from "./usage_error.ts";
import { version } from "./version.ts";

/** Runs `mailctl` with these arguments and returns its exit status. Never throws. */
export async function dispatch(args: readonly string[]): Promise<number> {
  const asJson = hasSwitch(args, "--json");
  // A failure that nobody waited for ends the program as any other does, and not with status 1.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    reportFailure(event.reason, asJson).then(Deno.exit);
  });
  try {
    await route(args);
    return 0;
  } catch (error) {
    return await reportFailure(error, asJson);
  }
}

async function route(args: readonly string[]): Promise<void> {
  const [first, ...rest] = args;
  if (first === undefined) throw nothingToRun();
  if (first === "--version") return await write(`mailctl ${version}\n`);
  if (first === "--help" || first === "-h") return await showHelp(null);
  const module = await loadCommand(first);
  if (module === null) throw await notFound(first);
  await runCommand(first, module.command, rest);
}

/** Runs one command; what it throws, or what its arguments lack, comes out as it is. */
async function runCommand(name: string, command: CliCommand, args: string[]): Promise<void> {
  const thrown: unknown[] = [];
  const text: ApplicationText = {
    ...defaultText,
    exceptionWhileParsingArguments: (error) => keep(thrown, argumentError(error, name)),
    exceptionWhileRunningCommand: (error) => keep(thrown, error),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => keep(thrown, exception),
  };
  const application = buildApplication(withDecodedValues(command), {
    name,
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    localization: { text },
  }, { help: helpFlag(name) });
  await run(application, attachValues(command.parameters, args), silent);
  if (thrown.length > 0) throw thrown[0];
}

function helpFlag(name: string): StricliIntegration<CommandContext> {
  return {
    flag: { brief: "Show this help", aliases: ["h"], global: true, run: () => showHelp(name) },
  };
}

async function showHelp(command: string | null): Promise<void> {
  const { helpPage } = await import("./help_page.ts");
  await write(await helpPage(command));
}

/** Lets stricli find what may have been meant; it needs no more than the names for that. */
async function notFound(input: string): Promise<MailError> {
  const errors: MailError[] = [];
  const text: ApplicationText = {
    ...defaultText,
    noCommandRegisteredForInput: ({ corrections }) =>
      keep(errors, unknownCommand(input, corrections)),
  };
  const routes = Object.fromEntries(commandNames.map((name) => [name, placeholder]));
  const root = buildRouteMap({ routes, docs: { brief: "" } });
  await run(
    buildApplication(root, { name: "mailctl", localization: { text } }, {}),
    [input],
    silent,
  );
  return errors[0] ?? unknownCommand(input, []);
}

const placeholder = buildCommand({ func: () => {}, parameters: {}, docs: { brief: "" } });

function nothingToRun(): MailError {
  return new MailError("usage", "Cannot run without a command", {
    hint: "`mailctl help` lists the commands.",
  });
}

// stricli would print what it is told; everything is printed in one place, and not there.
const silent = { process: { stdout: { write() {} }, stderr: { write() {} } } };

function keep<T>(errors: T[], error: T): string {
  errors.push(error);
  return "";
}
