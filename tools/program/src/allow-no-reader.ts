/** Lets a command that prints do its work, and end with its own exit code, where nobody reads what it prints, as `head` leaves it. */
export function allowNoReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
