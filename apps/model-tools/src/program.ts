import { errorText, parseAspectRatio } from '@trinetra/contracts';
import { ConfigError } from '@trinetra/env-settings';
import {
  companionsOf,
  gpuOfDevice,
  inspectModel,
  readGpus,
  wrapEngine,
  writeGolden,
} from '@trinetra/inference-runtime';
import { roleOfFile } from '@trinetra/person-pipeline';
import { allowNoReader, exitCodeOf, UsageError, versionOf } from '@trinetra/program';
import { Command, InvalidArgumentError } from 'commander';
import { addAccuracyCommand } from './accuracy/accuracy-command.ts';
import { addBenchCommand } from './bench/bench-command.ts';
import { planEngine } from './plan.ts';
import { providersOption } from './providers-option.ts';
import { readFaces } from './read-faces.ts';
import { loadReference } from './reference.ts';
import { addSelftestCommand } from './selftest/selftest-command.ts';
import { describeVerdict, exitCodeOfVerdicts, verifyFolder } from './verify.ts';

const version = versionOf(new URL('../package.json', import.meta.url));

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 1024) return value;
  throw new InvalidArgumentError('expected a whole number in 0..1024');
}

interface PlanValues {
  readonly gpu?: string;
  readonly compute?: string;
  readonly batch: number;
  readonly faces: number;
  readonly aspect?: number;
}

function aspectRatio(text: string): number {
  const ratio = parseAspectRatio(text);
  if (ratio !== null) return ratio;
  throw new InvalidArgumentError('expected an aspect like 16:9 or 4:3');
}

const program = new Command('trinetra-models')
  .description('Looks at, proves, measures, compares, wraps and plans the models of the worker.')
  .version(version)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .addHelpText('after', '\nExit codes: 0 done; 1 the work failed; 2 bad usage, or a file that is no model.');

program
  .command('inspect')
  .argument('<file>', 'an .onnx or .engine')
  .description(
    'what a file is: its role, inputs, outputs, metadata, hash, and what stands against each provider here',
  )
  .action(async (file: string) => {
    const { kind, ...inspection } = await inspectModel(file);
    const answer = await roleOfFile(file);
    const role = answer.role === null ? { role: null, roleReasons: answer.reasons } : answer;
    const faces = answer.role === 'embedder' ? { faces: await readFaces(file) } : {};
    print(JSON.stringify({ kind, ...role, ...faces, ...inspection }, null, 2));
  });

program
  .command('verify')
  .argument('<folder>', 'a folder of .engine and .onnx files')
  .description(
    'loads every model as the worker would, runs sample pictures, compares with its .onnx on the CPU',
  )
  .addOption(providersOption)
  .option('--require <provider>', 'as REQUIRE_PROVIDER')
  .option('--device <number>', 'as GPU_DEVICE_ID', wholeNumber, 0)
  .option('--batch <number>', 'pictures a run', wholeNumber, 4)
  .option('--json', 'print JSON')
  .action(
    async (
      folder: string,
      options: { providers: string[]; require?: string; device: number; batch: number; json?: true },
    ) => {
      const verdicts = await verifyFolder(folder, {
        runtime: {
          executionProviders: options.providers,
          requireProvider: options.require,
          deviceId: options.device,
        },
        batch: Math.max(1, options.batch),
      });
      if (verdicts.length === 0)
        throw new UsageError(`expected .engine or .onnx files in ${folder} but found none`);
      print(
        options.json === true ? JSON.stringify(verdicts, null, 2) : verdicts.map(describeVerdict).join('\n'),
      );
      process.exitCode = exitCodeOfVerdicts(verdicts);
    },
  );

program
  .command('wrap')
  .argument('<engine>', 'a TensorRT engine, with or without the header of Ultralytics')
  .requiredOption('-o, --output <file>', 'the .onnx to write')
  .option('--reference', 'write the engine beside the model, as OUTPUT.plan, and not into it')
  .description('writes an ONNX model around an engine, for ONNX Runtime with its TensorRT provider')
  .action(async (engine: string, options: { output: string; reference?: true }) => {
    const io = await wrapEngine(engine, options.output, { embed: options.reference !== true });
    print(`${options.output}: inputs and outputs from the ${io.from}`);
  });

program
  .command('golden')
  .argument('<onnx>', 'the model in full precision')
  .option('-o, --output <file>', 'default: NAME.golden.safetensors beside it, where the worker looks')
  .description('runs a sample picture on the CPU in full precision and writes what the model should give')
  .action(async (onnx: string, options: { output?: string }) => {
    await using reference = await loadReference(onnx);
    const path = options.output ?? (await companionsOf(onnx)).golden;
    await writeGolden(path, await reference.golden(1));
    print(`${path}: ${reference.kind.name} ${reference.model.info.sha256}`);
  });

program
  .command('plan')
  .argument('<file>', 'a .pt of Ultralytics or an .onnx')
  .option('--gpu <name>', 'of the machine that the engine is for; default: the GPU of this one')
  .option('--compute <capability>', 'its compute capability, such as 8.6')
  .option('--batch <number>', 'as BATCH_SIZE', wholeNumber, 4)
  .option('--faces <number>', 'as EMBED_SUB_BATCH', wholeNumber, 16)
  .option(
    '--aspect <w:h>',
    'of all cameras, such as 16:9: a detector with open sides is built for it alone, which is less work',
    aspectRatio,
  )
  .description('the exact commands that build the engine of a model on a GPU')
  .action(async (file: string, options: PlanValues) => {
    const here = gpuOfDevice(await readGpus(), 0);
    const name = options.gpu ?? here?.name;
    if (name === undefined) {
      throw new UsageError("nvidia-smi tells no GPU here: name one with --gpu 'NVIDIA GeForce RTX 3080'");
    }
    const computeCapability = options.compute ?? (name === here?.name ? here.computeCapability : undefined);
    const { batch, faces, aspect } = options;
    print(await planEngine(file, { gpu: { name, computeCapability }, batch, faces, aspect }));
  });

addAccuracyCommand(program);
addSelftestCommand(program, version);
addBenchCommand(program);

allowNoReader();
try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${errorText(error)}\n`);
  if (ConfigError.isInstance(error)) process.stderr.write('See trinetra-worker --help for every variable.\n');
  process.exitCode = exitCodeOf(error);
}
