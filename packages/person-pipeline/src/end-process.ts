/**
 * Ends this process at once, whatever its threads do. `process.exit()` waits for every thread: forever for one that is stuck
 * in native code, and where a run of ONNX Runtime ends meanwhile, the process aborts (SIGABRT, with a core dump).
 */
export function endProcess(): void {
  process.kill(process.pid, 'SIGKILL');
  process.abort(); // the first process of a container takes no SIGKILL from within
}
