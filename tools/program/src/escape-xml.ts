const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A text for the content or an attribute of an SVG element. */
export const escapeXml = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (found) => entities[found] ?? found);
