/**
 * What is wrong with the text of a variable, whatever it should hold, in words that do not repeat it; null: nothing. Such texts come
 * from how a variable was set: a secret made with `echo`, an env file read without a shell, the Service links of Kubernetes.
 */
export function textProblem(name: string, text: string, isSecret: boolean): string | null {
  if (/[\r\n]$/.test(text))
    return 'expected no line break at its end; echo adds one, echo -n and printf do not';
  if (!isSecret && /^(["']).*\1$/s.test(text))
    return 'expected it without the quotes around it; docker run --env-file keeps them as part of the value';
  if (name.endsWith('_PORT') && text.startsWith('tcp://')) {
    const service = name.slice(0, -'_PORT'.length).toLowerCase().replaceAll('_', '-');
    return `expected a port, but Kubernetes has set it for the Service ${service}; set it yourself, or enableServiceLinks: false for the pod`;
  }
  return null;
}
