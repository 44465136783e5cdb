const every = 1000;

/** Says how far the work is, once each thousand pictures. @param step Pictures since the call before. */
export function tellProgress(say: (line: string) => void, done: number, all: number, step: number): void {
  if (Math.floor(done / every) > Math.floor((done - step) / every)) say(`${done} of ${all} pictures`);
}
