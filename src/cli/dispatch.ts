/** Runs one command line: finds the command, parses, runs, and translates what was thrown, once. */
import {
  type ApplicationText,
  buildApplication,
  run,
  type StricliIntegration,
  text_en as defaultText,
} from "@stricli/core";
import { MailError } from "../model/errors.ts";
import { visible, visibleLine, visibleText } from "../model/visible_text.ts";
import { attachValues, behindFlags, hasSwitch, withDecodedValues } from "./arguments.ts";
import type { CliCommand, CliContext } from "./command_module.ts";
import { commandTable, findCommand, findGroup } from "./command_table.ts";
import { type Host, processHost, withHost } from "./host.ts";
import { giveUpAll, giveUpNativeCode } from "./permissions.ts";
import { reportFailure } from "./terminal/failure.ts";
import { write, writeError } from "./terminal/output.ts";
import { isPersonReading } from "./terminal/terminal.ts";
import { argumentError, nearEnough, requireText, unknownCommand } from "./usage_error.ts";
import { version } from "./version.ts";

/** Runs `mailctl` with these arguments in a host and returns its exit status. Never throws. */
export function dispatch(args: readonly string[], whose: Host = processHost): Promise<number> {
  return withHost(whose, async () => {
    const asJson = hasSwitch(args, "--json");
    const endBy = (event: Event, reason: unknown) => {
      event.preventDefault();
      reportFailure(reason, asJson).then(whose.exit);
    };
    // A failure that nobody waited for ends the program as any other does, and not with status 1.
    const onUnawaited = (event: PromiseRejectionEvent) => endBy(event, event.reason);
    // So does a command that still waits when nothing is left to do.
    const onStuck = (event: Event) => endBy(event, new Error("nothing is left to wait for"));
    globalThis.addEventListener("unhandledrejection", onUnawaited);
    globalThis.addEventListener("beforeunload", onStuck);
    try {
      if (Deno.pid === 1) (await import("./terminal/signals.ts")).endAsFirstProcess();
      if (!whose.env.get("HOME")) (await import("./settings/home.ts")).setHome();
      await route(args);
      return 0;
    } catch (error) {
      return await reportFailure(error, asJson);
    } finally {
      globalThis.removeEventListener("unhandledrejection", onUnawaited);
      globalThis.removeEventListener("beforeunload", onStuck);
    }
  });
}

async function route(args: readonly string[]): Promise<void> {
  const [first] = args;
  giveUpNativeCode(args);
  if (first === undefined) return await showFirstScreen();
  if (first === "--version" || first === "version") {
    return await write(visible`mailctl ${visibleLine(version)}\n`);
  }
  if (first === "--help" || first === "-h") return await showHelp(null);
  if (first === "__complete") return await completeWord(args.slice(1));
  const found = findCommand(args);
  if (found === null) return await missingCommand(args);
  const module = await commandTable.load(found.name);
  if (module!.runUnparsed !== undefined) return await module!.runUnparsed(found.rest, context);
  requireText(found.rest);
  const { command, isArgument } = module!;
  const rest = isArgument === undefined ? found.rest : behindFlags(found.rest, isArgument);
  await runCommand(found.name, command, rest);
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
    scanner: {
      caseStyle: "allow-kebab-for-camel",
      allowArgumentEscapeSequence: true,
      distanceOptions: nearEnough,
    },
    localization: { text },
  }, { help: helpFlag(name) });
  await run(application, attachValues(command.parameters, args), context);
  if (thrown.length > 0) throw thrown[0];
}

function helpFlag(name: string): StricliIntegration<CliContext> {
  return {
    flag: { brief: "Show this help", aliases: ["h"], global: true, run: () => showHelp(name) },
  };
}

async function showHelp(command: string | null): Promise<void> {
  giveUpAll();
  const { helpPage } = await import("./help/help_page.ts");
  await write(visibleText(await helpPage(command, commandTable)));
}

/** A person gets help. A script that lost its arguments must fail, with nothing on stdout. @throws {MailError} `usage` */
async function showFirstScreen(): Promise<void> {
  if (isPersonReading()) return await showHelp(null);
  const { firstScreen } = await import("./help/overview.ts");
  writeError(visibleText(`${await firstScreen(commandTable)}\n`));
  throw new MailError("usage", "Cannot run mailctl: COMMAND is missing");
}

/** Answers the completions of a shell; no command, for nobody types it. */
async function completeWord(args: readonly string[]): Promise<void> {
  const { complete } = await import("./completion/complete.ts");
  await complete(args);
}

/** Shows what is in a group, where that was asked for. @throws {MailError} `usage` in every other case */
async function missingCommand(args: readonly string[]): Promise<void> {
  const { name, members } = findGroup(args);
  const input = args[wordsOf(name).length];
  if (name !== "" && (input === "--help" || input === "-h")) return await showHelp(name);
  if (input === undefined) throw needsMore(name, members);
  throw await notFound(name, input, members);
}

function wordsOf(name: string): string[] {
  return name === "" ? [] : name.split(" ");
}

async function notFound(
  group: string,
  input: string,
  members: readonly string[],
): Promise<MailError> {
  const { nearNames } = await import("./near_names.ts");
  const told = [...wordsOf(group), input].join(" ");
  return unknownCommand(told, await nearNames(input, members));
}

function needsMore(group: string, members: readonly string[]): MailError {
  return new MailError("usage", `Cannot run "${group}": it needs one of ${members.join(", ")}`, {
    hint: `Run \`mailctl help ${group}\` for more.`,
  });
}

// stricli would print what it is told; everything is printed in one place, and not there.
const context: CliContext = {
  process: { stdout: { write() {} }, stderr: { write() {} } },
  commands: commandTable,
};

function keep<T>(errors: T[], error: T): string {
  errors.push(error);
  return "";
}
