/** The answer of `/ready`: each thing that the worker needs, by name. */
export interface Ready {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail?: unknown }>>;
}
