import { type ParseOptions, refuseWith } from '@trinetra/contracts';
import { z } from 'zod';
import { TelemetryError } from './errors.ts';

/** How options of this package are checked: messages begin with `prefix`. */
export const refusing = (prefix: string): ParseOptions => refuseWith(TelemetryError, prefix);

/** A whole number of milliseconds in 1..86,400,000 (a day). */
export const durationMs: z.ZodType<number> = z.int().min(1).max(86_400_000);
